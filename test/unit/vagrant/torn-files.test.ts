import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeTornFiles } from '../../../src/vagrant/torn-files.ts';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'lab-torn-'));
});
afterEach(() => rm(project, { recursive: true }));

it('removes what is no JSON of the machines named, and nothing else', async () => {
  const folder = (machine: string): string => join(project, '.vagrant', 'machines', machine, 'virtualbox');
  const put = async (machine: string, files: Record<string, string>): Promise<void> => {
    await mkdir(folder(machine), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder(machine), name), text);
  };
  await put('core-01', { box_meta: '', synced_folders: '{"virtualbox":{', id: 'not json' });
  await put('core-02', { box_meta: '{"name":"tinylab"}', synced_folders: '{}' });
  await put('core-03', { box_meta: '' });
  await removeTornFiles(project, ['core-01', 'core-02', 'core-09'], 'virtualbox');
  expect(await readdir(folder('core-01'))).toEqual(['id']);
  expect(await readdir(folder('core-02'))).toEqual(['box_meta', 'synced_folders']);
  // Another Vagrant may be writing it.
  expect(await readdir(folder('core-03'))).toEqual(['box_meta']);
});
