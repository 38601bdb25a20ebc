import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../../../src/model/plan.ts';
import type { LabState } from '../../../../src/model/lab-state.ts';
import { VirtualBoxCheckpoints } from '../../../../src/providers/virtualbox/checkpoints.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import { deleteCheckpoint } from '../../../../src/run/handlers/delete-checkpoint.ts';
import { restoreCheckpoint } from '../../../../src/run/handlers/restore-checkpoint.ts';
import { saveCheckpoint } from '../../../../src/run/handlers/save-checkpoint.ts';
import type { RunContext, TaskOutcome } from '../../../../src/run/run-context.ts';
import { loadCheckpoint } from '../../../../src/state/checkpoint-file.ts';
import { fakeRun, type FakeRun } from '../../../support/fake-run-context.ts';
import { SimulatedVirtualBox } from '../../../support/simulated-virtualbox.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';
import { formedState, nodes } from '../../plan/plan-fixture.ts';

const at = '2026-11-21T12:00:00.000Z';
let lab: string;
let virtualBox: SimulatedVirtualBox;
let fake: FakeRun;
/** What a machine answers to `date`; empty: it does not answer. */
let dates: Record<string, string>;

beforeEach(async () => {
  lab = await mkdtemp(join(tmpdir(), 'lab-checkpoint-'));
  virtualBox = new SimulatedVirtualBox(['core-01', 'core-02', 'core-03']);
  dates = {};
  const clock = virtualClock(Date.parse(at));
  fake = fakeRun({
    machines: nodes(3),
    state: {
      ...formedState(3, ['boot']),
      provider: 'virtualbox',
      hostKeys: { 'core-01': 'ssh-ed25519 ONE' },
    },
    run: (machine) => {
      const stdout = dates[machine] ?? `${Math.floor(clock.now() / 1000)}\n`;
      return stdout === '' ? { exitCode: 255, stderr: 'no route' } : { stdout };
    },
    overrides: {
      clock,
      paths: { lab, project: (name) => join(lab, name), privateKey: '', discoveryRegistry: '', work: '' },
      provider: {
        name: 'virtualbox',
        checkpoints: new VirtualBoxCheckpoints(new VBoxManage(virtualBox.exec), virtualClock()),
        observe: (_dir: string, names: readonly string[]) =>
          Promise.resolve(
            names.map((name) => ({
              name,
              state: 'running',
              id: virtualBox.machines.find((m) => m.name === name)?.id,
            })),
          ),
      } as unknown as RunContext['provider'],
    },
  });
});
afterEach(() => rm(lab, { recursive: true }));

const task = <Kind extends Task['kind']>(
  kind: Kind,
  name: string,
): { kind: Kind; id: string; title: string; name: string } => ({
  ...{ kind, id: kind, title: '', name },
});
const save = (name: string, replace = false): Promise<TaskOutcome> =>
  saveCheckpoint({ ...task('save-checkpoint', name), replace }, fake.context, fake.report);
const restore = (name: string): Promise<TaskOutcome> =>
  restoreCheckpoint(task('restore-checkpoint', name), fake.context, fake.report);
const remove = (name: string): Promise<TaskOutcome> =>
  deleteCheckpoint(task('delete-checkpoint', name), fake.context, fake.report);
const played = (): LabState['steps'] => fake.context.state().steps;
const states = (): string[] => virtualBox.machines.map((machine) => machine.state);
const snapshots = (): string[][] =>
  virtualBox.machines.map((machine) => machine.snapshots.map(({ name }) => name));
const playMore = (): Promise<void> =>
  fake.context.updateState((state) => ({
    ...state,
    steps: { ...state.steps, break: { status: 'failed', at } },
    hostKeys: {},
    generation: undefined,
  }));

describe('checkpoints of a lab', () => {
  it('put back the machines, the record of the steps and what belongs to it, and the clocks', async () => {
    expect(await save('formed')).toEqual({ status: 'changed', message: '3 machines saved' });
    const before = fake.context.state();
    await playMore();
    fake.calls.length = 0;
    expect(await restore('formed')).toEqual({ status: 'changed', message: `3 machines as of ${at}` });
    expect(fake.context.state()).toEqual(before);
    expect(fake.calls.slice(0, 3)).toEqual([
      'disconnect core-01',
      'disconnect core-02',
      'disconnect core-03',
    ]);
    expect(fake.calls.filter((call) => call.includes('sudo date -u -s')).length).toBe(3);
    expect(fake.progress).toContain('core-02: answers over ssh; its clock was 0 s behind and is set');
  });

  it('are saved to their end or not at all: the record comes last', async () => {
    virtualBox.before = (call) => (call === 'core-03: snapshot take formed' ? { exitCode: 1 } : undefined);
    await expect(save('formed')).rejects.toThrow('Saving core-03 failed');
    expect([snapshots(), await loadCheckpoint(lab, 'formed')]).toEqual([[[], [], []], undefined]);
  });

  it('leave no snapshots where a file is in the way of the record', async () => {
    await writeFile(join(lab, 'checkpoints'), '');
    await expect(save('formed')).rejects.toMatchObject({ code: 'LAB_STATE_UNWRITABLE' });
    expect(snapshots()).toEqual([[], [], []]);
  });

  it('can be replaced', async () => {
    await save('formed');
    await playMore();
    await save('formed', true);
    expect(snapshots()).toEqual(Array(3).fill(['formed']));
    expect((await loadCheckpoint(lab, 'formed'))?.steps).toEqual(played());
  });

  it('say in the state that they are being restored, from before the first machine is touched until all is done', async () => {
    await save('formed');
    const seen: Record<string, string | undefined> = {};
    virtualBox.before = (call) => {
      seen[call.replace(/ [0-9a-f-]{36}/, '')] = fake.context.state().restoring;
    };
    await restore('formed');
    expect([seen['core-01: controlvm poweroff'], seen['core-03: startvm --type headless']]).toEqual([
      'formed',
      'formed',
    ]);
    expect(fake.context.state().restoring).toBeUndefined();
  });

  it('stay marked where a machine fails, and are restored by another try', async () => {
    await save('formed');
    await playMore();
    virtualBox.before = (call) => (call.startsWith('core-02: startvm') ? { exitCode: 1 } : undefined);
    await expect(restore('formed')).rejects.toMatchObject({ code: 'LAB_CHECKPOINT_INCOMPLETE' });
    expect([fake.context.state().restoring, Object.keys(played()), states()]).toEqual([
      'formed',
      ['boot', 'break'],
      ['off', 'off', 'off'],
    ]);
    virtualBox.before = () => undefined;
    await restore('formed');
    expect([fake.context.state().restoring, Object.keys(played())]).toEqual([undefined, ['boot']]);
  });

  it('stop all machines where one does not answer afterwards', async () => {
    await save('formed');
    dates['core-02'] = '';
    await expect(restore('formed')).rejects.toMatchObject({
      code: 'LAB_CHECKPOINT_INCOMPLETE',
      message: expect.stringContaining('The clock of core-02 could not be set.') as string,
      details: { machine: 'core-02' },
    });
    expect(fake.calls).toContain('stop core-01 core-02 core-03');
    expect(fake.context.state().restoring).toBe('formed');
  });

  it('are not marked where nothing was touched', async () => {
    await expect(restore('formed')).rejects.toMatchObject({ code: 'LAB_CHECKPOINT_UNKNOWN' });
    await save('formed');
    virtualBox.machines[1]?.snapshots.pop();
    await expect(restore('formed')).rejects.toMatchObject({ code: 'LAB_CHECKPOINT_UNKNOWN' });
    expect([fake.context.state().restoring, states()]).toEqual([undefined, Array(3).fill('running')]);
  });

  it('are deleted from all machines; one that cannot be stays what it was', async () => {
    await save('one');
    await save('two');
    await restore('one');
    await expect(remove('one')).rejects.toThrow('later ones hang on it');
    expect(await loadCheckpoint(lab, 'one')).toMatchObject({ name: 'one' });
    virtualBox.before = (call) => (call.startsWith('core-01: snapshot delete') ? { exitCode: 1 } : undefined);
    await expect(remove('two')).rejects.toThrow('Deleting the snapshot of core-01 failed');
    expect(await readdir(join(lab, 'checkpoints'))).toEqual(['one.json']);
    virtualBox.before = () => undefined;
    await remove('two');
    await remove('one');
    expect([snapshots(), await readdir(join(lab, 'checkpoints'))]).toEqual([[[], [], []], []]);
  });

  it('do not exist where the provider has none', async () => {
    fake.context.provider = { ...fake.context.provider, name: 'docker', checkpoints: undefined };
    await expect(save('formed')).rejects.toMatchObject({ code: 'LAB_CHECKPOINT_UNSUPPORTED', exitCode: 4 });
  });
});
