import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { PlainReporter } from '../../../src/report/plain-reporter.ts';
import { brokenUp, failingUp, interruptedUp, nothingToDo, passingUp } from '../../support/event-script.ts';

async function reported(
  events: RunEvent[],
  options: { verbose?: boolean; quiet?: boolean } = {},
): Promise<string> {
  let text = '';
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const reporter = new PlainReporter({ stdout, verbose: false, quiet: false, ...options });
  for (const event of events) reporter.handle(event);
  await reporter.close();
  return text;
}

describe('PlainReporter', () => {
  it('prints a line for each event of a run that passes', async () => {
    expect(await reported(passingUp())).toMatchInlineSnapshot(`
      "lab coreos: A highly available service on a CoreOS-like cluster
        - provider docker: VirtualBox is not installed
        - docker 20.10.24, machines run with --cap-add ALL --cap-drop SYS_RESOURCE
        - edition swarm (Docker Swarm, which is part of every Docker engine): not fleet because its
          archive (fleet) is neither in the cache nor in LAB_MIRROR
        - subnet 172.17.8.0/24: the scenario's, and free
      warning: This machine has 1.2 GB of free memory; 3 nodes need about 1 GB.
      run  [1/9] Make the private network 172.17.8.0/24
      ok   [1/9] Make the private network 172.17.8.0/24 (0.1 s)
      run  [2/9] Serve etcd discovery on 172.17.8.1
      ok   [2/9] Serve etcd discovery on 172.17.8.1 (0.1 s)
      run  [3/9] Fetch a discovery token for 3 members
      ok   [3/9] Fetch a discovery token for 3 members (0.1 s)
      run  [4/9] Render user-data and config.rb
      same [4/9] Render user-data and config.rb (0.1 s)
      run  [5/9] Boot core-01, core-02, core-03 (vagrant up)
           core-01  creating
           core-02  creating
           core-03  creating
           core-01  booted
           core-02  booted
           core-03  booted
      ok   [5/9] Boot core-01, core-02, core-03 (vagrant up): 3 running (8.1 s)
      run  [6/9] Write 3 names to /etc/hosts
      ok   [6/9] Write 3 names to /etc/hosts (0.1 s)
      run  [7/9] Load the lab's key into an ssh agent
      ok   [7/9] Load the lab's key into an ssh agent (0.2 s)
      run  [8/9] The nodes have found each other through the discovery token
           pass core-01: every member is healthy (12 s)
           pass core-01: the cluster has as many members as the lab has nodes (0.2 s)
      ok   [8/9] The nodes have found each other through the discovery token (13 s)
      run  [9/9] The service survives the loss of a node
      skip [9/9] The service survives the loss of a node: it needs 3 nodes or more (0.0 s)
      lab coreos: 8 passed, 0 failed, 1 skipped in 21 s
      "
    `);
  });

  it('shows all that is known about a failed check', async () => {
    const text = await reported(failingUp());
    expect(text.slice(text.indexOf('run  [8/9]'))).toMatchInlineSnapshot(`
      "run  [8/9] The nodes have found each other through the discovery token
           pass core-01: every member is healthy (2.0 s)
           FAIL core-03: every member is healthy (60 s)
                machine:    core-03
                command:    ETCDCTL_API=3 etcdctl endpoint health --cluster
                expected:   exit 0
                actual:     exit 1
                            unhealthy cluster <2 & 3>
                            (after 20 attempts in 60.0 s)
                hint:       \`sudo journalctl -u etcd\` on the unhealthy node; a token is good for one cluster only.
      FAIL [8/9] The nodes have found each other through the discovery token: 1 of 2 checks failed (62 s)
      lab coreos: 7 passed, 1 failed, 1 not run in 71 s
      log: /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      "
    `);
  });

  it('shows the error that ended a task', async () => {
    expect(await reported(brokenUp(), { quiet: true })).toMatchInlineSnapshot(`
      "FAIL [5/9] Boot core-01, core-02, core-03 (vagrant up) (8.1 s)
           LAB_VAGRANT_FAILED: 1 of 3 machines did not boot: core-02.
           machine:    core-02
           last lines: core-02: A Docker command executed by Vagrant did not complete
                       Stderr: Address already in use.
           what to do: The machines that did boot are kept. Run the same command again to boot the others.
           log:        /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      lab coreos: 4 passed, 1 failed, 4 not run in 8.5 s
      "
    `);
  });

  it('says how a run that was stopped stands', async () => {
    expect((await reported(interruptedUp())).split('\n').slice(-5).join('\n')).toMatchInlineSnapshot(`
      "stop [5/9] Boot core-01, core-02, core-03 (vagrant up) (8.1 s)
      lab coreos: stopped after 8.5 s: 4 passed, 0 failed, 5 not run
      What was made is kept. To go on: \`lab up coreos\`. To remove it: \`lab destroy coreos\`.
      log: /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      "
    `);
  });

  it('says that there was nothing to do', async () => {
    expect(await reported(nothingToDo())).toBe('lab coreos is up; nothing to do (0.3 s)\n');
  });

  it('prints failures and the summary only when it is to be quiet, and all progress when verbose', async () => {
    expect(await reported(passingUp(), { quiet: true })).toBe(
      'lab coreos: 8 passed, 0 failed, 1 skipped in 21 s\n',
    );
    expect(await reported(passingUp(), { verbose: true })).toContain('\n     Bringing up 3 machines\n');
  });

  it('shows what was left on this host although it is to be quiet', async () => {
    const events = passingUp();
    const warning = { type: 'warning', at: '2026-11-21T10:00:00.000Z', message: 'left' } as const;
    const shown = await reported([...events.slice(0, -1), warning, ...events.slice(-1)], { quiet: true });
    expect(shown).toBe('warning: left\nlab coreos: 8 passed, 0 failed, 1 skipped in 21 s\n');
  });

  it.each([passingUp(), failingUp(), brokenUp()])(
    'never writes a control character (%#)',
    async (...events) => {
      expect(await reported(events.flat(), { verbose: true })).not.toMatch(/[^\n\P{Cc}]/u);
    },
  );
});
