import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/host/journal.ts';
import { writeSshFiles } from '../../../src/host/ssh-config.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { CommandError } from '../../../src/model/errors.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { LabState } from '../../../src/model/lab-state.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import {
  labHostsFile,
  labSshConfig,
  labSshInclude,
  type HostSetUpContext,
} from '../../../src/run/host-set-up.ts';
import { observeHost } from '../../../src/run/observe-host.ts';
import { labPaths } from '../../../src/state/lab-home.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

type Endpoint = Pick<Provider, 'endpoint'>;
const machines = nodes(2);
const hostKeys = { 'core-01': 'ssh-ed25519 A', 'core-02': 'ssh-ed25519 B' };
const state: LabState = { ...formedState(2), hostKeys };
const reachable: Endpoint = {
  endpoint: (_dir, machine, port) => Promise.resolve({ host: machine.address, port }),
};
/** As the docker provider says it of a machine that does not run, where ports are forwarded. */
const stopped: Endpoint = {
  endpoint: () =>
    Promise.reject(new CommandError('LAB_DOCKER_FAILED', 'Port 22 of core-01 is not published.')),
};

let dir: string;
let hostSetUp: HostSetUpContext;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-observe-host-'));
  const signal = new AbortController().signal;
  const confirm = (): Promise<boolean> => Promise.reject(new Error('unexpected question'));
  hostSetUp = { home: dir, lab: 'coreos', exec: fakeExec([]).exec, clock: systemClock, confirm, signal };
});
afterEach(() => rm(dir, { recursive: true }));

const hosts = (): string => join(dir, 'hosts');
const sshConfig = (): string => join(dir, 'ssh', 'config');

function look(provider: Endpoint = reachable, seen: LabState = state): Promise<HostFacts> {
  const files = { hostsFile: hosts(), sshConfigFile: sshConfig() };
  return observeHost({ state: seen, machines, provider: provider as Provider, ...files, hostSetUp });
}

/** Sets the host up as a whole `lab up` does. */
async function setUp(): Promise<void> {
  await writeFile(hosts(), '127.0.0.1 localhost\n');
  const entries = machines.map(({ address, name }) => ({ address, names: [name] }));
  await labHostsFile(hosts(), hostSetUp).write(entries);
  await labSshInclude(sshConfig(), hostSetUp).add();
  const config = await labSshConfig(state, machines, reachable as Provider, dir, hostSetUp.signal);
  await writeSshFiles(labPaths(dir, 'coreos').dir, config, hostKeys);
}

describe('observeHost', () => {
  it('finds a bare host bare and a whole one current, and changes neither', async () => {
    expect(await look()).toMatchObject({ hosts: 'absent', sshConfig: 'absent', agentAlive: false });
    await setUp();
    const before = await readFile(hosts(), 'utf8');
    expect(await look()).toMatchObject({ hosts: 'current', sshConfig: 'current' });
    expect(await readFile(hosts(), 'utf8')).toBe(before);
  });

  it('finds the ssh config stale where a host key is new or an endpoint is another', async () => {
    await setUp();
    const again = { ...state, hostKeys: { ...hostKeys, 'core-02': 'ssh-ed25519 C' } };
    expect((await look(reachable, again)).sshConfig).toBe('stale');
    const moved: Endpoint = { endpoint: () => Promise.resolve({ host: '127.0.0.1', port: 49_153 }) };
    expect((await look(moved)).sshConfig).toBe('stale');
  });

  it('finds it stale, and does not fail, while machines are stopped whose ports are forwarded', async () => {
    await setUp();
    expect((await look(stopped)).sshConfig).toBe('stale');
    const bug: Endpoint = { endpoint: () => Promise.reject(new Error('a mistake of ours')) };
    await expect(look(bug)).rejects.toThrow('a mistake of ours');
  });

  it('tells lines of somebody else in blocks that are current, and what lab itself wrote earlier', async () => {
    await setUp();
    const journal = new Journal(labPaths(dir, 'coreos').journal, systemClock);
    const lines = machines.map(({ address, name }) => `${address}\t${name}`);
    await journal.append({ kind: 'hosts-block', file: hosts(), lab: 'coreos', lines });
    expect(await look()).not.toHaveProperty('foreignLines');
    const insert = async (file: string, line: string): Promise<void> => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('# <<<', `${line}\n# <<<`));
    };
    await insert(hosts(), '10.9.9.9 db');
    await insert(sshConfig(), 'Host work');
    expect(await look()).toMatchObject({
      hosts: 'current',
      sshConfig: 'current',
      foreignLines: [
        `1 line in lab's block in ${hosts()} is not lab's; lab leaves it there: "10.9.9.9 db"`,
        `1 line in lab's block in ${sshConfig()} is not lab's; lab leaves it there: "Host work"`,
      ],
    });
    await journal.append({ kind: 'hosts-block', file: hosts(), lab: 'coreos', lines: ['10.9.9.9 db'] });
    expect((await look()).hosts).toBe('stale');
  });

  it('finds damaged blocks', async () => {
    await setUp();
    await appendFile(hosts(), '# <<< lab coreos <<<\n');
    expect((await look()).hosts).toBe('damaged');
  });
});
