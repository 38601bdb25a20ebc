import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findDownloadLeftovers } from '../../../src/artifacts/download-leftovers.ts';
import { findBoxLeftovers } from '../../../src/boxes/box-leftovers.ts';
import { systemClock } from '../../../src/io/clock.ts';

const { signal } = new AbortController();
/** No process has such an id. */
const dead = String(2 ** 30);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-downloads-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('finds broken downloads, which are shared, and what killed runs were writing', async () => {
  const artifacts = join(dir, 'artifacts');
  for (const part of ['a.box.part', `b.box.part-${dead}-0123abcd`, `c.box.part-${process.pid}-0123abcd`]) {
    await mkdir(join(artifacts, part), { recursive: true });
    await writeFile(join(artifacts, part, 'data'), 'x'.repeat(10));
  }
  await writeFile(join(artifacts, 'd.box'), 'whole');
  await writeFile(join(artifacts, 'd.box.rejected'), 'wrong');
  await writeFile(join(dir, `.rootfs-0.tar.lab-${dead}-0123abcd.tmp`), 'half');
  const found = await findDownloadLeftovers(dir);
  expect(found.map(({ leftover: { standing, what, bytes } }) => [standing, what, bytes])).toEqual([
    ['left', 'temporary file', 4],
    ...[0, 1].map(() => ['shared', 'part of a download', expect.any(Number) as number]),
    ['left', 'rejected download', 5],
  ]);
  for (const { remove } of found) await remove?.(signal);
  expect(await readdir(artifacts)).toEqual([`c.box.part-${process.pid}-0123abcd`, 'd.box']);
  expect(await findDownloadLeftovers(join(dir, 'none'))).toEqual([]);
});

it('finds folders that killed runs used to add boxes', async () => {
  const vagrantHome = join(dir, 'vagrant');
  const half = join(vagrantHome, 'tmp', `vagrant-box-add-temp-20261121-${dead}-1abc`);
  const old = join(dir, 'lab-box-AbCd12');
  const young = join(dir, 'lab-box-AbCd34');
  for (const folder of [half, old, young]) await mkdir(folder, { recursive: true });
  await utimes(old, 0, 0);
  const found = await findBoxLeftovers({ vagrantHome, temporaryDir: dir, clock: systemClock });
  expect(found.map(({ leftover }) => leftover.where)).toEqual([half, old]);
  for (const { remove } of found) await remove?.(signal);
  expect([half, old, young].map((folder) => existsSync(folder))).toEqual([false, false, true]);
});
