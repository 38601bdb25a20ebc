import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findUnusedBoxes } from '../../../../src/providers/virtualbox/unused-boxes.ts';
import { VBoxManage } from '../../../../src/providers/virtualbox/vbox-manage.ts';
import type { FoundLeftover } from '../../../../src/model/leftover.ts';
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

async function find(script: ScriptedCommand[] = []): Promise<{ found: FoundLeftover[]; fake: FakeExec }> {
  const fake = fakeExec(script);
  const found = await findUnusedBoxes({
    exec: fake.exec,
    vboxManage: new VBoxManage(fake.exec),
    clock: virtualClock(),
    vagrantHome: home,
    names: new Set(['flatcar-stable']),
    machines: [master],
  });
  return { found, fake };
}

const names = (found: readonly FoundLeftover[]): string[] => found.map(({ leftover }) => leftover.what);

it("names the labs' boxes that no machine is made from, and no box of the user's own", async () => {
  expect(names((await find()).found)).toEqual(['box flatcar-stable 4593.2.4', 'box flatcar-stable 4593.2.3']);
  await addMachine('4593.2.4');
  expect(names((await find()).found)).toEqual(['box flatcar-stable 4593.2.3']);
  await rm(join(home, 'project'), { recursive: true });
  expect(names((await find()).found)).toHaveLength(2);
});

it('removes a box with the master of its linked clones, through Vagrant and without force', async () => {
  const { found, fake } = await find([
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
