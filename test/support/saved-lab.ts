import { mkdir, writeFile } from 'node:fs/promises';
import type { LabState } from '../../src/model/lab-state.ts';
import type { LabSandbox } from './lab-process.ts';

/** State of a lab of three nodes whose chapter was begun. Its machines exist nowhere. */
export const savedState: LabState = {
  version: 1,
  lab: 'coreos',
  scenario: 'coreos',
  provider: 'docker',
  edition: 'swarm',
  parameters: {
    ...{ nodes: 3, memory: 512, cpus: 1, channel: 'stable', domain: 'dokku.me' },
    ...{ 'dokku-address': '', 'dokku-memory': 1024, 'dokku-cpus': 1, 'dokku-box': 'bento/ubuntu-24.04' },
  },
  with: [],
  subnet: '10.119.3.0/24',
  machines: [1, 2, 3].map((number) => ({
    name: `core-0${number}`,
    role: 'node',
    project: 'coreos',
    address: `10.119.3.10${number}`,
    memoryMb: 512,
    cpus: 1,
    aliases: [],
  })),
  generation: {
    number: 1,
    members: ['core-01', 'core-02', 'core-03'],
    discoveryUrl: 'http://10.119.3.1:8087/0123456789abcdef0123456789abcdef',
    applied: Object.fromEntries(
      ['core-01', 'core-02', 'core-03'].map((name) => [name, { id: `id of ${name}`, done: true }]),
    ),
  },
  hostKeys: {},
  agent: { socket: '/tmp/it is not there/agent', own: false },
  steps: { 'etcd-members': { status: 'passed', at: '2026-01-01T00:00:00.000Z' } },
};

/** Puts a lab into the sandbox as an earlier `lab up` would have left it. A text is written as it is. */
export async function saveLab(sandbox: LabSandbox, state: LabState | string = savedState): Promise<void> {
  const { dir, state: path } = sandbox.paths('coreos');
  await mkdir(dir, { recursive: true });
  await writeFile(path, typeof state === 'string' ? state : JSON.stringify(state));
}
