import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrivateDirectory, writeFileAtomically } from '../../../src/io/files.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-files-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('createPrivateDirectory', () => {
  it('makes what is missing private whatever the umask, and leaves what is there as it is', async () => {
    await chmod(dir, 0o755);
    const umask = process.umask(0o377);
    try {
      expect(await createPrivateDirectory(join(dir, 'a', 'b'))).toEqual([
        join(dir, 'a'),
        join(dir, 'a', 'b'),
      ]);
    } finally {
      process.umask(umask);
    }
    expect(await createPrivateDirectory(join(dir, 'a', 'b'))).toEqual([]);
    expect(await Promise.all([dir, join(dir, 'a'), join(dir, 'a', 'b')].map(mode))).toEqual([
      0o755, 0o700, 0o700,
    ]);
  });

  it('is no race between two', async () => {
    const path = join(dir, 'a', 'b', 'c');
    await Promise.all([createPrivateDirectory(path), createPrivateDirectory(path)]);
    expect(await mode(path)).toBe(0o700);
  });
});

describe('writeFileAtomically', () => {
  it('writes content and mode, or nothing at all', async () => {
    const path = join(dir, 'file');
    await writeFileAtomically(path, 'old', { mode: 0o640 });
    const beforeRename = async (): Promise<void> => {
      expect(await readdir(dir)).toHaveLength(2);
      throw new Error('stop');
    };
    await expect(writeFileAtomically(path, 'new', { mode: 0o600, beforeRename })).rejects.toThrow('stop');
    expect([await readFile(path, 'utf8'), await mode(path), await readdir(dir)]).toEqual([
      'old',
      0o640,
      ['file'],
    ]);
    await writeFileAtomically(path, Buffer.from([0xff]), { mode: 0o606 });
    expect([[...(await readFile(path))], await mode(path)]).toEqual([[0xff], 0o606]);
  });
});
