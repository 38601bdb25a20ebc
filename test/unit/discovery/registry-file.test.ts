import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RegistryFile } from '../../../src/discovery/registry-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-registry-'));
  path = join(folder, 'registry.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('goes on with tokens and members after a restart, for its owner only', async () => {
  const before = await RegistryFile.open(path);
  const token = before.registry.createToken(3);
  before.registry.putMember(token, 'a', 'core-01=http://x', { mustBeNew: true });
  await before.settled();
  const after = await RegistryFile.open(path);
  expect(after.registry.snapshot()).toEqual(before.registry.snapshot());
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('settles each change only when it is on disk, and writes changes that come together in few writes', async () => {
  const store = await RegistryFile.open(path);
  const writes = new Set<bigint>();
  const changes = Array.from({ length: 200 }, async () => {
    const token = store.registry.createToken(3);
    await store.settled();
    expect(await readFile(path, 'utf8')).toContain(token);
    writes.add((await stat(path, { bigint: true })).mtimeNs);
  });
  await Promise.all(changes);
  expect(writes.size).toBeLessThan(10);
});

it('takes back what it could not write, and goes on when it can again', async () => {
  const store = await RegistryFile.open(path);
  const kept = store.registry.createToken(3);
  await store.settled();
  await rm(folder, { recursive: true });
  const lost = store.registry.createToken(3);
  const first = store.settled();
  const alsoLost = store.registry.createToken(3);
  const second = store.settled();
  await expect(first).rejects.toMatchObject({ code: 'LAB_STATE_UNWRITABLE' });
  await expect(second).rejects.toThrow(path);
  expect(() => store.registry.getSize(lost)).toThrow('Key not found');
  expect(() => store.registry.getSize(alsoLost)).toThrow('Key not found');
  expect(store.registry.describe(kept).size).toBe(3);

  await mkdir(folder);
  const next = store.registry.createToken(3);
  await store.settled();
  expect((await RegistryFile.open(path)).registry.describe(next).size).toBe(3);
});

it.each([
  ['half a file', '{"version":1,"ind'],
  ['a newer version', '{"version":2,"index":1,"tokens":[]}'],
  [
    'an index that goes backwards',
    '{"version":1,"index":2,"tokens":[{"token":"t","createdIndex":2,"clearedIndex":0,"events":[],' +
      '"size":{"value":"3","modifiedIndex":2,"createdIndex":2},' +
      '"members":[{"id":"a","value":"v","modifiedIndex":9,"createdIndex":9}]}]}',
  ],
])('refuses %s', async (_name, text) => {
  await writeFile(path, text);
  await expect(RegistryFile.open(path)).rejects.toMatchObject({ code: 'LAB_STATE_INVALID' });
});
