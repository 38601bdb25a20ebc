import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../../src/host/journal.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import type { LabState } from '../../../../src/model/lab-state.ts';
import type { Machine, MachineState } from '../../../../src/model/machine.ts';
import { bootMachines } from '../../../../src/run/handlers/boot-machines.ts';
import type { RunContext } from '../../../../src/run/run-context.ts';

const states: Record<string, MachineState> = {
  'core-01': 'stopped',
  'core-02': 'unknown',
  'core-03': 'absent',
};
const names = Object.keys(states);
const calls: string[] = [];
let folder: string;
let hostKeys: LabState['hostKeys'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-boot-'));
  calls.length = 0;
  hostKeys = Object.fromEntries(names.map((name) => [name, `ssh-ed25519 ${name}`]));
});
afterEach(() => rm(folder, { recursive: true }));

/** What booting uses of a run. */
function fakeContext(journal: Journal): RunContext {
  const context: Partial<RunContext> = {
    journal,
    machines: names.map((name) => ({ name, project: 'coreos' }) as Machine),
    paths: { lab: folder, project: (name) => join(folder, name), privateKey: '', discoveryRegistry: '' },
    signal: new AbortController().signal,
    provider: {
      name: 'docker',
      observe: () => Promise.resolve(names.map((name) => ({ name, state: states[name] ?? 'absent' }))),
      discard: (_projectDir: string, machines: readonly string[]) => {
        calls.push(`discard ${machines.join()}`);
        return Promise.resolve([...machines]);
      },
    } as unknown as RunContext['provider'],
    driver: {
      up: async (_projectDir: string, { machines }: { machines: readonly string[] }) => {
        calls.push(`up ${machines.join()}, ${String((await journal.open()).length)} change written down`);
        return machines.map((name) => ({ name, ok: true }));
      },
    } as unknown as RunContext['driver'],
    updateState: (change) => {
      ({ hostKeys } = change({ hostKeys } as LabState));
      return Promise.resolve();
    },
  };
  return context as RunContext;
}

it('makes half-made machines anew and keeps those that were merely stopped, host keys and all', async () => {
  const journal = new Journal(join(folder, 'journal.jsonl'), systemClock);
  const task = {
    kind: 'boot-machines',
    id: 'boot-coreos',
    title: '',
    project: 'coreos',
    machines: names,
  } as const;
  const quiet = { progress: () => undefined, check: () => undefined };
  await bootMachines({ ...task, machines: [...names] }, fakeContext(journal), quiet);
  expect(calls).toEqual(['discard core-02', 'up core-01,core-02,core-03, 1 change written down']);
  expect(hostKeys).toEqual({ 'core-01': 'ssh-ed25519 core-01' });
});
