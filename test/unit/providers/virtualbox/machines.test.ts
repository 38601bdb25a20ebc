import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/io/clock.ts';
import { parseMachineInfo } from '../../../../src/providers/virtualbox/machine-info.ts';
import { observeVirtualMachines } from '../../../../src/providers/virtualbox/observe-machines.ts';
import {
  abandonedImports,
  machinesOfProject,
  removeMachines,
} from '../../../../src/providers/virtualbox/remove-machines.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import type { VirtualMachine } from '../../../../src/providers/virtualbox/virtual-machines.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import { readTranscript } from '../../../support/transcript.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-virtualbox-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

function machine(id: string, changes: Partial<VirtualMachine> = {}): VirtualMachine {
  return {
    id,
    name: id,
    state: 'powered off',
    mark: undefined,
    ...changes,
  };
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
}

const madeFile = (name: string): string => join('.vagrant', 'machines', name, 'virtualbox', 'lab_made');
const idFile = (name: string): string => join('.vagrant', 'machines', name, 'virtualbox', 'id');

/** Answers `showvminfo` as VirtualBox 7.2 did, with another state word. */
function inState(word: string): VBoxManage {
  const { stdout } = readTranscript('virtualbox/showvminfo-running.txt');
  const answer = stdout.replace('VMState="running"', `VMState="${word}"`);
  return new VBoxManage(fakeExec([{ command: /showvminfo one /, result: { stdout: answer } }]).exec);
}

describe('observeVirtualMachines', () => {
  it.each([
    ['running', { state: 'running' }],
    ['poweroff', { state: 'stopped' }],
    ['saved', { state: 'stopped', detail: 'saved' }],
    ['aborted', { state: 'stopped', detail: 'aborted' }],
    ['paused', { state: 'stopped', detail: 'paused' }],
    ['gurumeditation', { state: 'unknown', detail: 'gurumeditation' }],
    ['starting', { state: 'unknown', detail: 'starting' }],
  ])('takes VirtualBox word %s for %o', async (word, expected) => {
    await put(idFile('core-01'), 'one');
    await put(madeFile('core-01'), 'one');
    const seen = await observeVirtualMachines(inState(word), dir, ['core-01']);
    expect(seen).toEqual([{ name: 'core-01', id: 'one', ...expected }]);
  });

  it('finds one that was removed or never made nowhere, and asks only for those that were made', async () => {
    await put(idFile('core-01'), 'removed');
    const gone = readTranscript('virtualbox/showvminfo-gone.txt');
    const { exec, calls } = fakeExec([{ command: /showvminfo removed /, result: gone }]);
    const seen = await observeVirtualMachines(new VBoxManage(exec), dir, ['core-01', 'core-02']);
    expect(seen).toEqual([
      { name: 'core-01', state: 'absent' },
      { name: 'core-02', state: 'absent' },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('says nothing of a machine where VirtualBox says nothing', async () => {
    await put(idFile('core-01'), 'one');
    const { exec } = fakeExec([{ command: /^VBoxManage/, result: { exitCode: undefined, notFound: true } }]);
    const seen = await observeVirtualMachines(new VBoxManage(exec), dir, ['core-01']);
    expect(seen).toEqual([{ name: 'core-01', state: 'unknown' }]);
  });

  it('takes a machine that runs for half made until Vagrant has set it up to the end', async () => {
    await put(idFile('core-01'), 'one');
    const observed = { name: 'core-01', id: 'one', state: 'unknown', detail: 'half made' };
    expect(await observeVirtualMachines(inState('running'), dir, ['core-01'])).toEqual([observed]);
    await put(madeFile('core-01'), 'the one before it');
    expect(await observeVirtualMachines(inState('running'), dir, ['core-01'])).toEqual([observed]);
  });
});

it('reads the forwarded ports of a machine', () => {
  const { stdout } = readTranscript('virtualbox/showvminfo-running.txt');
  const ssh = { hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 };
  expect(parseMachineInfo(stdout)).toEqual({ state: 'running', forwardedPorts: [ssh] });
  expect(parseMachineInfo('name="<inaccessible>"\n')).toEqual({ state: 'inaccessible', forwardedPorts: [] });
});

describe('machinesOfProject', () => {
  it('goes by the mark where the folder is gone, and by the ids where the mark is', async () => {
    const mark = (project: string): VirtualMachine['mark'] => ({ lab: 'l', machine: 'm', project });
    const all = [machine('marked', { mark: mark(dir) }), machine('noted'), machine('foreign')];
    expect((await machinesOfProject(all, dir)).map(({ id }) => id)).toEqual(['marked']);
    await put(idFile('core-02'), 'noted');
    expect((await machinesOfProject(all, dir)).map(({ id }) => id)).toEqual(['marked', 'noted']);
  });
});

describe('abandonedImports', () => {
  const since = 1_795_262_000_000;
  const half = machine('half', { name: `tiny 1_${since + 5}_96226` });

  it('takes what Vagrant named after the run had begun and nobody knows of', async () => {
    const all = [
      half,
      machine('clone', { name: `temp_clone_${since + 9}_7` }),
      machine('earlier', { name: `tiny 1_${since - 1}_96226` }),
      machine('running', { name: `tiny 1_${since + 6}_1`, state: 'running' }),
      machine('by hand', { name: 'tiny' }),
      machine('ours', { name: `x_${since + 6}_1`, mark: { lab: 'l', machine: 'm', project: '/p' } }),
    ];
    expect((await abandonedImports(all, since, dir)).map(({ id }) => id)).toEqual(['half', 'clone']);
  });

  it('leaves the master of a box and the machines of other projects alone', async () => {
    const other = join(dir, 'other');
    await put(join('boxes', 'tinylab', '0', 'virtualbox', 'master_id'), 'half\n');
    expect(await abandonedImports([half], since, dir)).toEqual([]);
    await rm(join(dir, 'boxes'), { recursive: true });
    await put(join('other', idFile('default')), 'half');
    expect(await abandonedImports([half], since, dir)).toEqual([half]);
    const index = {
      version: 1,
      machines: { abc: { local_data_path: join(other, '.vagrant'), name: 'default' } },
    };
    await put(join('data', 'machine-index', 'index'), JSON.stringify(index));
    expect(await abandonedImports([half], since, dir)).toEqual([]);
  });
});

describe('removeMachines', () => {
  it('powers off what runs and removes all with their disks', async () => {
    const { exec, calls } = fakeExec([{ command: /^VBoxManage / }]);
    const machines = [
      machine('one', { name: 'core-01', state: 'running' }),
      machine('two', { name: 'core-02', state: 'inaccessible' }),
    ];
    const names = await removeMachines(new VBoxManage(exec), machines, systemClock);
    expect(names).toEqual(['core-01', 'core-02']);
    expect(calls).toEqual([
      'VBoxManage controlvm one poweroff',
      'VBoxManage showvminfo one --machinereadable',
      'VBoxManage unregistervm one --delete',
      'VBoxManage unregistervm two --delete',
    ]);
  });

  it('says which machine could not be removed, and how', async () => {
    const stderr = 'VBoxManage: error: Cannot unregister the machine while it is locked\n';
    const { exec } = fakeExec([
      { command: /unregistervm/, result: { exitCode: 1, stderr } },
      { command: /^VBoxManage / },
    ]);
    await expect(removeMachines(new VBoxManage(exec), [machine('one')], systemClock)).rejects.toMatchObject({
      code: 'LAB_VIRTUALBOX_FAILED',
      details: { machine: 'one', command: 'VBoxManage unregistervm one --delete', output: stderr.trim() },
    });
  });
});

describe('VBoxManage', () => {
  it('asks again when VBoxSVC ended in that moment, and only then', async () => {
    const refused = { exitCode: 1, stderr: 'VBoxManage: error: Failed to create the VirtualBox object!\n' };
    const once = fakeExec([
      { command: 'VBoxManage list vms', result: refused, times: 1 },
      { command: 'VBoxManage list vms', result: { stdout: 'all' } },
    ]);
    expect((await new VBoxManage(once.exec).run(['list', 'vms'])).stdout).toBe('all');
    const always = fakeExec([{ command: 'VBoxManage list vms', result: refused }]);
    expect((await new VBoxManage(always.exec).run(['list', 'vms'])).exitCode).toBe(1);
    expect(always.calls).toHaveLength(2);
    const failed = fakeExec([{ command: 'VBoxManage list vms', result: { exitCode: 1, stderr: 'no' } }]);
    await new VBoxManage(failed.exec).run(['list', 'vms']);
    expect(failed.calls).toHaveLength(1);
  });
});
