import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeNewFolder } from '../../../src/cli/write-new-folder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-new-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const files = new Map([
  ['a.yaml', 'a'],
  ['files/b', 'b'],
]);

it('makes a folder with all files, or fills one that is empty', async () => {
  await mkdir(join(dir, 'empty'));
  for (const name of ['fresh', 'empty']) {
    await writeNewFolder(join(dir, name), files);
    expect(await readFile(join(dir, name, 'a.yaml'), 'utf8')).toBe('a');
    expect(await readFile(join(dir, name, 'files', 'b'), 'utf8')).toBe('b');
  }
  expect((await readdir(dir)).sort()).toEqual(['empty', 'fresh']);
});

it('leaves what is there as it is, and nothing beside it', async () => {
  await mkdir(join(dir, 'full'));
  await writeFile(join(dir, 'full', 'mine'), 'mine');
  await writeFile(join(dir, 'file'), 'mine');
  await symlink(join(dir, 'nowhere'), join(dir, 'link'));
  for (const name of ['full', 'file', 'link']) {
    await expect(writeNewFolder(join(dir, name), files)).rejects.toMatchObject({ code: 'LAB_FOLDER_TAKEN' });
  }
  expect((await readdir(dir)).sort()).toEqual(['file', 'full', 'link']);
  expect(await readdir(join(dir, 'full'))).toEqual(['mine']);
});

it('leaves nothing half written', async () => {
  const impossible = new Map([...files, ['a.yaml/below-a-file', 'c']]);
  await expect(writeNewFolder(join(dir, 'new'), impossible)).rejects.toThrow();
  expect(await readdir(dir)).toEqual([]);
});

it('wants the folder around it to be there', async () => {
  await expect(writeNewFolder(join(dir, 'no', 'new'), files)).rejects.toMatchObject({
    code: 'LAB_USAGE',
    message: `There is no folder ${join(dir, 'no')}.`,
  });
  expect(await readdir(dir)).toEqual([]);
});
