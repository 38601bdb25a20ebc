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
const logged: string[] = [];
let folder: string;
let hostKeys: LabState['hostKeys'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-boot-'));
  calls.length = 0;
  logged.length = 0;
  hostKeys = Object.fromEntries(names.map((name) => [name, `ssh-ed25519 ${name}`]));
});
afterEach(() => rm(folder, { recursive: true }));

/** What booting uses of a run. */
function fakeContext(journal: Journal, broken: readonly string[] = []): RunContext {
  const context: Partial<RunContext> = {
    journal,
    machines: names.map((name) => ({ name, project: 'coreos' }) as Machine),
    paths: {
      lab: folder,
      project: (name) => join(folder, name),
      privateKey: '',
      discoveryRegistry: '',
      work: '',
    },
    signal: new AbortController().signal,
    provider: {
      name: 'docker',
      observe: () => Promise.resolve(names.map((name) => ({ name, state: states[name] ?? 'absent' }))),
      discard: (_projectDir: string, machines: readonly string[]) => {
        calls.push(`discard ${machines.join()}`);
        return Promise.resolve([...machines]);
      },
      machineLog: (_projectDir: string, name: string) => Promise.resolve(`the end of ${name}'s log`),
    } as unknown as RunContext['provider'],
    log: (line) => logged.push(line),
    driver: {
      up: async (_projectDir: string, { machines }: { machines: readonly string[] }) => {
        calls.push(`up ${machines.join()}, ${String((await journal.open()).length)} change written down`);
        return machines.map((name) => ({ name, ok: !broken.includes(name), message: 'it did not stay up' }));
      },
    } as unknown as RunContext['driver'],
    updateState: (change) => {
      ({ hostKeys } = change({ hostKeys } as LabState));
      return Promise.resolve();
    },
  };
  return context as RunContext;
}

const task = {
  kind: 'boot-machines' as const,
  id: 'boot-coreos',
  title: '',
  project: 'coreos',
  machines: [...names],
};
const quiet = { progress: () => undefined, check: () => undefined };

it('names the machines that did not boot, and keeps what the provider wrote of them', async () => {
  const context = fakeContext(new Journal(join(folder, 'journal.jsonl'), systemClock), ['core-03']);
  await expect(bootMachines(task, context, quiet)).rejects.toMatchObject({
    code: 'LAB_VAGRANT_FAILED',
    message: '1 of 3 machines did not boot: core-03.',
  });
  expect(logged).toEqual(["core-03: what docker wrote last\nthe end of core-03's log"]);
});

it('makes half-made machines anew and keeps those that were merely stopped, host keys and all', async () => {
  const journal = new Journal(join(folder, 'journal.jsonl'), systemClock);
  await bootMachines(task, fakeContext(journal), quiet);
  expect(calls).toEqual(['discard core-02', 'up core-01,core-02,core-03, 1 change written down']);
  expect(hostKeys).toEqual({ 'core-01': 'ssh-ed25519 core-01' });
});
