import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  findUnusedBoxes,
  type BoxEntry,
  type UnusedBoxes,
  type UnusedBoxQuestion,
} from '../../../../src/providers/virtualbox/unused-boxes.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import { acquireLock } from '../../../../src/state/process-lock.ts';
import { boxIdentity } from '../../../../src/vagrant/boxes.ts';
import { fakeExec, type FakeExec, type ScriptedCommand } from '../../../support/fake-exec.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';

const master = {
  id: 'e07a05ff-2930-43dd-8228-10be7fe6fe2c',
  name: 'flatcar_1795261991270_96226',
  state: 'inaccessible',
  mark: undefined,
};
const { signal } = new AbortController();

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-vagrant-'));
  await addBox('flatcar-stable', '4593.2.4', master.id);
  await addBox('flatcar-stable', '4593.2.3');
  await addBox('mine', '1');
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function addBox(name: string, version: string, masterId?: string): Promise<void> {
  const folder = join(home, 'boxes', name, version, 'virtualbox');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'metadata.json'), '{"provider":"virtualbox"}');
  await writeFile(join(folder, 'box.ovf'), '<Envelope/>');
  if (masterId !== undefined) await writeFile(join(folder, 'master_id'), `${masterId}\n`);
}

/** As Vagrant 2.3.4 notes a machine. */
async function addMachine(version: string): Promise<void> {
  const data = join(home, 'project', '.vagrant');
  await mkdir(join(data, 'machines', 'core-01', 'virtualbox'), { recursive: true });
  await writeFile(join(data, 'machines', 'core-01', 'virtualbox', 'id'), 'an id');
  const box = { name: 'flatcar-stable', provider: 'virtualbox', version };
  const machine = { local_data_path: data, name: 'core-01', provider: 'virtualbox', extra_data: { box } };
  await mkdir(join(home, 'data', 'machine-index'), { recursive: true });
  const index = { version: 1, machines: { '0123': machine } };
  await writeFile(join(home, 'data', 'machine-index', 'index'), JSON.stringify(index));
}

const entry = (id: number, name: string, version: string, more: Partial<BoxEntry> = {}): BoxEntry => ({
  ...{ id, at: '', done: true },
  change: { kind: 'box', vagrantHome: home, name, version, provider: 'virtualbox' },
  ...more,
});
const both = (): BoxEntry[] => [
  entry(2, 'flatcar-stable', '4593.2.4'),
  entry(1, 'flatcar-stable', '4593.2.3'),
];

async function find(
  entries: BoxEntry[],
  script: ScriptedCommand[] = [],
  { machines }: Pick<UnusedBoxQuestion, 'machines'> = { machines: [master] },
): Promise<UnusedBoxes & { fake: FakeExec; told: string[] }> {
  const fake = fakeExec(script);
  const vboxManage = new VBoxManage(fake.exec);
  const search = await findUnusedBoxes({
    ...{ exec: fake.exec, vboxManage, clock: virtualClock(), entries, machines },
  });
  const told = search.found.map(({ leftover: { standing, what } }) => `${standing} ${what}`);
  return { ...search, fake, told };
}

const folder = (name: string, version: string): string => join(home, 'boxes', name, version, 'virtualbox');

it("names boxes of the journal that no machine is made from, and no box of the user's own", async () => {
  expect((await find(both())).told).toEqual([
    'shared box flatcar-stable 4593.2.4',
    'shared box flatcar-stable 4593.2.3',
  ]);
  await addMachine('4593.2.4');
  expect(await find(both())).toMatchObject({ told: ['shared box flatcar-stable 4593.2.3'], gone: [] });
  await rm(join(home, 'project'), { recursive: true });
  expect((await find(both())).told).toHaveLength(2);
});

it('takes one for gone that is not there, or that somebody has added again', async () => {
  const made = await boxIdentity(folder('flatcar-stable', '4593.2.4'));
  const entries = [
    entry(3, 'flatcar-stable', '1.0.0'),
    entry(2, 'flatcar-stable', '4593.2.4', made === undefined ? {} : { made }),
  ];
  expect(await find(entries)).toMatchObject({ told: ['shared box flatcar-stable 4593.2.4'], gone: [3] });
  await rm(folder('flatcar-stable', '4593.2.4'), { recursive: true });
  await addBox('flatcar-stable', '4593.2.4');
  expect(await find(entries)).toMatchObject({ told: [], gone: [3, 2] });
});

it('is not certain where a run was killed, and removes the half that it left', async () => {
  await rm(join(folder('flatcar-stable', '4593.2.3'), 'metadata.json'));
  const killed = both().map((each) => ({ ...each, done: false }));
  const { told, found, fake } = await find(killed);
  expect(told).toEqual([
    'uncertain box flatcar-stable 4593.2.4',
    'uncertain half of box flatcar-stable 4593.2.3',
  ]);
  await found[1]?.remove?.(signal);
  expect(existsSync(folder('flatcar-stable', '4593.2.3'))).toBe(false);
  expect(existsSync(folder('flatcar-stable', '4593.2.4'))).toBe(true);
  expect(fake.calls).toEqual([]);
});

it('removes a box with the master of its linked clones, through Vagrant and without force', async () => {
  const { found, fake } = await find(both(), [
    { command: /^VBoxManage unregistervm/ },
    { command: /^vagrant box remove/, times: 1 },
    { command: /^vagrant box remove/, result: { exitCode: 1, stderr: 'Box is in use' } },
  ]);
  expect(found[0]?.leftover).toMatchObject({
    standing: 'shared',
    why: expect.stringContaining(master.name) as string,
  });
  await found[0]?.remove?.(signal);
  expect(fake.calls).toEqual([
    `VBoxManage unregistervm ${master.id} --delete`,
    'vagrant box remove flatcar-stable --provider virtualbox --box-version 4593.2.4',
  ]);
  await expect(found[1]?.remove?.(signal)).rejects.toMatchObject({
    code: 'LAB_VAGRANT_FAILED',
    details: { output: 'Box is in use' },
  });
});

it('leaves a box alone whose master nobody can remove, that is being added, or that is another by now', async () => {
  const withMaster = (await find(both(), [], { machines: undefined })).found[0];
  await expect(withMaster?.remove?.(signal)).rejects.toThrow('there is no VBoxManage on PATH');
  const { found } = await find(both());
  const path = join(home, 'chapterlab-locks', 'flatcar-stable.lock');
  const adding = await acquireLock({ path, command: 'add the box', clock: virtualClock() });
  await expect(found[1]?.remove?.(signal)).rejects.toMatchObject({ code: 'LAB_STATE_LOCKED' });
  adding.release();
  await rm(folder('flatcar-stable', '4593.2.3'), { recursive: true });
  await found[1]?.remove?.(signal);
  await addBox('flatcar-stable', '4593.2.3');
  await expect(found[1]?.remove?.(signal)).rejects.toThrow('another box has come in its place');
});
