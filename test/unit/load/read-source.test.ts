import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSource } from '../../../src/load/read-source.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-source-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(bytes: Uint8Array | string): Promise<string> {
  const file = join(dir, 'scenario.yaml');
  await writeFile(file, bytes);
  return readSource(file);
}

it('gives the text of a file, without a byte order mark', async () => {
  expect(await read('\ufeffname: größe\r\n')).toBe('name: größe\r\n');
  expect(await read('')).toBe('');
});

it('says which lines are not UTF-8', async () => {
  const latin1 = Buffer.from('name: a\r\ntitle: Café \ndescription: d\nchapter: né\r\n', 'latin1');
  await expect(read(latin1)).rejects.toMatchObject({
    code: 'LAB_SCENARIO_INVALID',
    problems: [
      { position: { line: 2, column: 11 }, lineText: 'title: Caf\ufffd ', hint: 'Save the file as UTF-8.' },
      { position: { line: 4, column: 11 }, lineText: 'chapter: n\ufffd' },
    ],
  });
  // One that is there on purpose is a text as any other.
  expect(await read('a: \ufffd')).toBe('a: \ufffd');
});

it('knows UTF-16, and does not list all of a file that is no text', async () => {
  await expect(read(Buffer.from('\ufeffname: a', 'utf16le'))).rejects.toMatchObject({
    problems: [{ message: 'the file is UTF-16, not UTF-8' }],
  });
  const bytes = Buffer.from('\xff\n'.repeat(500), 'latin1');
  await expect(read(bytes)).rejects.toHaveProperty('problems.length', 10);
});

it('does not read what no person wrote', async () => {
  await expect(read('x'.repeat(3_000_000))).rejects.toMatchObject({
    problems: [{ message: 'it has 3 MB; a scenario has less than 1 MB' }],
  });
});

it('rejects as node:fs does where there is nothing to read', async () => {
  await expect(readSource(join(dir, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(readSource(dir)).rejects.toMatchObject({ code: 'EISDIR' });
});
