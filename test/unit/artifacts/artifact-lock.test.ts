import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLockEntry, recordFirstFetch } from '../../../src/artifacts/artifact-lock.ts';
import { systemClock } from '../../../src/io/clock.ts';

let directory: string;
let lockFile: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lab-lock-'));
  lockFile = path.join(directory, 'artifacts.lock.json');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const found = (digit: number) => ({ sha256: String(digit).repeat(64), size: digit });

it('loses no entry when many are recorded at once, and the first of each URL stands', async () => {
  const urls = Array.from({ length: 10 }, (_, index) => `https://example.org/${String(index)}`);
  await Promise.all(urls.map((url, index) => recordFirstFetch(lockFile, url, found(index), systemClock)));
  const standing = await recordFirstFetch(lockFile, urls[3] ?? '', found(7), systemClock);
  expect(standing.size).toBe(3);
  for (const [index, url] of urls.entries()) {
    expect((await readLockEntry(lockFile, url))?.size).toBe(index);
  }
  expect(readdirSync(directory)).toEqual(['artifacts.lock.json']);
});

it('takes over from a process that is gone', async () => {
  // Process ids end at 4194304 (proc(5), pid_max).
  writeFileSync(`${lockFile}.lock`, '4194999');
  await recordFirstFetch(lockFile, 'https://example.org/a', found(1), systemClock);
  expect(readdirSync(directory)).toEqual(['artifacts.lock.json']);
});

it('refuses a lock file that it cannot understand', async () => {
  writeFileSync(lockFile, '{"https://example.org/a": {"sha256": "x"}}');
  await expect(readLockEntry(lockFile, 'https://example.org/a')).rejects.toThrow(/cannot be read/);
});
