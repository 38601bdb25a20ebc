import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { ListReporter } from '../../../src/report/list-reporter.ts';
import { failingUp, interruptedUp, nothingToDo, passingUp } from '../../support/event-script.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** A terminal that keeps what it is sent. */
function fakeTerminal(): { stdout: NodeJS.WriteStream; sent: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const stdout = Object.assign(stream, {
    isTTY: true,
    columns: 100,
    rows: 50,
  }) as unknown as NodeJS.WriteStream;
  return { stdout, sent: () => text };
}

async function shown(events: readonly RunEvent[], color = false): Promise<{ sent: string; final: string }> {
  const { stdout, sent } = fakeTerminal();
  const reporter = new ListReporter({ stdout, color });
  for (const event of events) {
    reporter.handle(event);
    if (event.type === 'task-started') await expect.poll(sent, { interval: 1 }).toContain(hideCursor);
    // listr2 takes several turns to go from one task to the next.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  }
  await reporter.close();
  const text = sent();
  // The last frame is written once, after the ones that were redrawn.
  const frame = text.slice(text.lastIndexOf('✔ Make the private network'));
  return { sent: text, final: stripVTControlCharacters(frame).replaceAll('\r', '') };
}

describe('ListReporter', () => {
  it('leaves the list and a summary, and redraws progress of each machine before', async () => {
    const { sent, final } = await shown(passingUp());
    expect(final).toMatchInlineSnapshot(`
      "✔ Make the private network 172.17.8.0/24 (0.1 s)
      ✔ Serve etcd discovery on 172.17.8.1 (0.1 s)
      ✔ Fetch a discovery token for 3 members (0.1 s)
      ✔ Render user-data and config.rb
      ✔ Boot core-01, core-02, core-03 (vagrant up): 3 running (8.1 s)
      ✔ Write 3 names to /etc/hosts (0.1 s)
      ✔ Load the lab's key into an ssh agent (0.2 s)
      ✔ The nodes have found each other through the discovery token (13 s)
      ↓ The service survives the loss of a node: it needs 3 nodes or more
      lab coreos: 8 passed, 0 failed, 1 skipped in 21 s
      "
    `);
    expect(stripVTControlCharacters(sent)).toMatch(/core-01 {2}booted\n\s+core-02 {2}creating/);
  });

  it('shows what failed below its step', async () => {
    const { final } = await shown(failingUp());
    expect(final.slice(final.indexOf('✖'))).toMatchInlineSnapshot(`
      "✖ The nodes have found each other through the discovery token: 1 of 2 checks
        failed (62 s)
        › core-03: every member is healthy
            machine:    core-03
            command:    ETCDCTL_API=3 etcdctl endpoint health --cluster
            expected:   exit 0
            actual:     exit 1
                        unhealthy cluster <2 & 3>
                        (after 20 attempts in 60.0 s)
            hint:       \`sudo journalctl -u etcd\` on the unhealthy node; a token is
          good for one cluster only.
      ↓ The service survives the loss of a node: not run
      lab coreos: 7 passed, 1 failed, 1 not run in 71 s
      log: /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      "
    `);
  });

  it('shows where a run was stopped', async () => {
    const { final } = await shown(interruptedUp());
    expect(final.slice(final.indexOf('↓'))).toMatchInlineSnapshot(`
      "↓ Boot core-01, core-02, core-03 (vagrant up): stopped
      ↓ Write 3 names to /etc/hosts: not run
      ↓ Load the lab's key into an ssh agent: not run
      ↓ The nodes have found each other through the discovery token: not run
      ↓ The service survives the loss of a node: not run
      lab coreos: stopped after 8.5 s: 4 passed, 0 failed, 5 not run
      What was made is kept. To go on: \`lab up coreos\`. To remove it: \`lab destroy coreos\`.
      log: /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      "
    `);
  });

  it.each([
    ['that ended well', passingUp()],
    ['that was stopped', interruptedUp()],
    ['that threw in the middle', interruptedUp().slice(0, -2)],
  ])('gives the cursor back after a run %s', async (_how, events) => {
    const { sent } = await shown(events);
    expect(sent).toContain(hideCursor);
    expect(sent.lastIndexOf(showCursor)).toBeGreaterThan(sent.lastIndexOf(hideCursor));
  });

  it('gives the cursor back when the process ends under it', async () => {
    const { stdout, sent } = fakeTerminal();
    const before = process.listeners('exit');
    const reporter = new ListReporter({ stdout, color: false });
    for (const event of interruptedUp().slice(0, 5)) reporter.handle(event);
    await expect.poll(sent).toContain(hideCursor);
    const added = process.listeners('exit').filter((listener) => !before.includes(listener));
    for (const listener of added) listener.call(process, 130);
    expect(sent().lastIndexOf(showCursor)).toBeGreaterThan(sent().lastIndexOf(hideCursor));
    await reporter.close();
    expect(process.listeners('exit').length).toBeLessThanOrEqual(before.length + 1);
  });

  it('uses colours only when it may', async () => {
    const colored = /\u001b\[\d+m/;
    expect((await shown(failingUp(), false)).sent).not.toMatch(colored);
  });

  it('draws no list when there is nothing to do', async () => {
    const { sent } = await shown(nothingToDo());
    expect(sent).toBe('lab coreos is up; nothing to do (0.3 s)\n');
  });
});
