import { beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../../src/model/errors.ts';
import { VirtualBoxCheckpoints } from '../../../../src/providers/virtualbox/checkpoints.ts';
import { parseSnapshots } from '../../../../src/providers/virtualbox/snapshots.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import { SimulatedVirtualBox } from '../../../support/simulated-virtualbox.ts';
import { readTranscript } from '../../../support/transcript.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';

const broken = { exitCode: 1, stderr: 'VBoxManage: error: Disk full' };
let virtualBox: SimulatedVirtualBox;
let checkpoints: VirtualBoxCheckpoints;
let controller: AbortController;

beforeEach(() => {
  virtualBox = new SimulatedVirtualBox(['core-01', 'core-02', 'core-03']);
  checkpoints = new VirtualBoxCheckpoints(new VBoxManage(virtualBox.exec), virtualClock());
  controller = new AbortController();
});

const save = (name: string): Promise<void> => checkpoints.save(virtualBox.machines, name, controller.signal);
const restore = (name: string): Promise<void> =>
  checkpoints.restore(virtualBox.machines, name, controller.signal);
const list = (): Promise<unknown> => checkpoints.list(virtualBox.machines, controller.signal);
const remove = (name: string): Promise<void> =>
  checkpoints.delete(virtualBox.machines, name, controller.signal);
const states = (): string[] => virtualBox.machines.map((machine) => machine.state);
const contents = (): string[] => virtualBox.machines.map((machine) => machine.content);
const names = (): string[][] =>
  virtualBox.machines.map((machine) => machine.snapshots.map((snapshot) => snapshot.name));
const change = (content: string): void => {
  for (const machine of virtualBox.machines) machine.content = content;
};
const interrupt = (): void => {
  controller.abort(new InterruptedError('LAB_INTERRUPTED', 'The run was stopped by SIGINT.'));
};

describe('save', () => {
  it('takes all snapshots while all machines stand still, then lets them run on', async () => {
    const during: string[][] = [];
    virtualBox.before = (call) => {
      if (call.includes('snapshot take')) during.push(states());
    };
    await save('formed');
    expect(during).toEqual(Array(3).fill(['paused', 'paused', 'paused']));
    expect([states(), names()]).toEqual([Array(3).fill('running'), Array(3).fill(['formed'])]);
  });

  it.each(['controlvm pause', 'snapshot take formed'])(
    'leaves all running and nothing saved where one machine fails at %s, and says which',
    async (what) => {
      await save('before');
      virtualBox.before = (call) => (call === `core-02: ${what}` ? broken : undefined);
      await expect(save('formed')).rejects.toMatchObject({
        code: 'LAB_VIRTUALBOX_FAILED',
        details: { machine: 'core-02', output: 'VBoxManage: error: Disk full' },
      });
      expect([states(), names()]).toEqual([Array(3).fill('running'), Array(3).fill(['before'])]);
    },
  );

  it('waits for the slowest before it cleans up after one that failed', async () => {
    const during: string[] = [];
    virtualBox.before = async (call) => {
      if (call === 'core-01: snapshot take formed') return broken;
      if (call !== 'core-03: snapshot take formed') return undefined;
      await new Promise((resolve) => setTimeout(resolve, 20));
      during.push(...states());
      return undefined;
    };
    await expect(save('formed')).rejects.toThrow('Saving core-01 failed');
    expect([during, states()]).toEqual([Array(3).fill('paused'), Array(3).fill('running')]);
    expect(names()).toEqual([[], [], []]);
  });

  it('saves nothing where one machine stays paused', async () => {
    virtualBox.before = (call) => (call === 'core-02: controlvm resume' ? broken : undefined);
    await expect(save('formed')).rejects.toThrow('Resuming core-02 failed');
    expect([states(), names()]).toEqual([
      ['running', 'paused', 'running'],
      [[], [], []],
    ]);
  });

  it.each(['controlvm pause', 'snapshot take formed', 'controlvm resume'])(
    'leaves all running and nothing saved when it is stopped during %s',
    async (what) => {
      virtualBox.before = (call) => {
        if (call.endsWith(what)) interrupt();
      };
      await expect(save('formed')).rejects.toThrow(InterruptedError);
      expect([states(), names()]).toEqual([Array(3).fill('running'), [[], [], []]]);
    },
  );

  it('keeps what was there under the same name when it fails', async () => {
    await save('formed');
    virtualBox.before = (call) => (call === 'core-03: snapshot take formed' ? broken : undefined);
    await expect(save('formed')).rejects.toThrow('Saving core-03 failed');
    expect(names()).toEqual(Array(3).fill(['formed']));
  });
});

describe('restore', () => {
  beforeEach(async () => {
    await save('formed');
    change('later');
  });

  it('puts all back before any runs, and waits for VirtualBox to let go of them', async () => {
    const atStart: string[][] = [];
    virtualBox.before = (call) => {
      if (call.includes('startvm')) atStart.push(contents());
    };
    await restore('formed');
    expect(atStart).toEqual(Array(3).fill(Array(3).fill('as made')));
    expect(states()).toEqual(Array(3).fill('running'));
  });

  it('restores machines that are stopped or paused too', async () => {
    virtualBox.machines.forEach((machine, index) => {
      machine.state = (['off', 'paused', 'running'] as const)[index] ?? 'off';
    });
    await restore('formed');
    expect([states(), contents()]).toEqual([Array(3).fill('running'), Array(3).fill('as made')]);
  });

  it('changes nothing where one machine has no such snapshot, or several', async () => {
    const [, , third] = virtualBox.machines;
    third?.snapshots.pop();
    virtualBox.calls.length = 0;
    await expect(restore('formed')).rejects.toMatchObject({
      code: 'LAB_CHECKPOINT_UNKNOWN',
      details: { machine: 'core-03' },
    });
    expect(virtualBox.calls.every((call) => call.includes('snapshot list'))).toBe(true);
    await expect(restore('fromed')).rejects.toThrow('core-01 has no snapshot of the name fromed');
    await save('twice');
    await save('twice');
    await expect(restore('twice')).rejects.toThrow('core-01 has several snapshots of the name twice');
    expect(states()).toEqual(Array(3).fill('running'));
  });

  it('starts none where the snapshot of one was deleted by hand meanwhile; another try can go on', async () => {
    const [, second] = virtualBox.machines;
    const own = second?.snapshots ?? [];
    virtualBox.before = (call) => {
      if (call.startsWith('core-02: snapshot restore') && second) second.snapshots = [];
    };
    await expect(restore('formed')).rejects.toMatchObject({
      code: 'LAB_CHECKPOINT_INCOMPLETE',
      message:
        'Checkpoint formed was not restored. Restoring core-02 failed. All machines are stopped: half of a cluster must not run.',
      details: { machine: 'core-02', hint: '`lab checkpoint restore formed` again, or `lab destroy`.' },
    });
    expect([states(), contents()]).toEqual([Array(3).fill('off'), ['as made', 'later', 'as made']]);
    virtualBox.before = () => undefined;
    if (second) second.snapshots = own;
    await restore('formed');
    expect([states(), contents()]).toEqual([Array(3).fill('running'), Array(3).fill('as made')]);
  });

  it('stops those that were started where one does not start', async () => {
    virtualBox.before = (call) => (call.startsWith('core-02: startvm') ? broken : undefined);
    await expect(restore('formed')).rejects.toMatchObject({ code: 'LAB_CHECKPOINT_INCOMPLETE' });
    expect(states()).toEqual(Array(3).fill('off'));
  });

  it('says so where a machine cannot even be stopped', async () => {
    virtualBox.before = (call) => (call === 'core-02: controlvm poweroff' ? broken : undefined);
    await expect(restore('formed')).rejects.toThrow(
      'Checkpoint formed was not restored. core-02 did not stop within 60 s. Not all machines could be stopped: core-02 did',
    );
    expect(states()).toEqual(['off', 'running', 'off']);
  });

  it.each(['controlvm poweroff', 'snapshot restore'])(
    'leaves all stopped when it is stopped during %s',
    async (what) => {
      virtualBox.before = (call) => {
        if (call.includes(what)) interrupt();
      };
      await expect(restore('formed')).rejects.toThrow(InterruptedError);
      expect(states()).toEqual(Array(3).fill('off'));
    },
  );
});

describe('list and delete', () => {
  it('say which machines have what, and delete it from all', async () => {
    await save('one');
    await save('two');
    virtualBox.machines[0]?.snapshots.pop();
    expect(await list()).toEqual([
      { name: 'one', machines: ['core-01', 'core-02', 'core-03'] },
      { name: 'two', machines: ['core-02', 'core-03'] },
    ]);
    await remove('two');
    await remove('never');
    expect(names()).toEqual(Array(3).fill(['one']));
  });

  it('deletes nothing where two ways part, and all else when one machine fails', async () => {
    await save('one');
    await save('two');
    await restore('one');
    await expect(remove('one')).rejects.toThrow(
      'Checkpoint one cannot be deleted while later ones hang on it',
    );
    expect(names()).toEqual(Array(3).fill(['one', 'two']));
    virtualBox.before = (call) => (call.startsWith('core-01: snapshot delete') ? broken : undefined);
    await expect(remove('two')).rejects.toThrow('Deleting the snapshot of core-01 failed');
    expect(names()).toEqual([['one', 'two'], ['one'], ['one']]);
  });

  it('does not take a machine that VirtualBox does not know for one without snapshots', async () => {
    virtualBox.before = () => ({
      exitCode: 1,
      stderr: 'VBoxManage: error: Could not find a registered machine',
    });
    await expect(list()).rejects.toMatchObject({ code: 'LAB_VIRTUALBOX_FAILED' });
  });
});

it('reads the tree that VBoxManage prints, with what people write into it', () => {
  const read = (name: string): unknown =>
    parseSnapshots(readTranscript(`virtualbox/${name}.txt`).stdout).map(({ name: own, branches }) => [
      own,
      branches,
    ]);
  expect(read('snapshot-list')).toEqual([
    ['ta', 1],
    ['one', 1],
    ['two', 2],
    ['three', 0],
  ]);
  expect(read('snapshot-list-described')).toEqual([
    ['one', 1],
    ['two', 2],
    ['three', 0],
    ['described', 1],
  ]);
});
