import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../src/host/journal.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { recordChange } from '../../../src/run/record-change.ts';

let dir: string;
let journal: Journal;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-record-'));
  journal = new Journal(join(dir, 'journal.jsonl'), systemClock);
});
afterEach(() => rm(dir, { recursive: true }));

const network = { kind: 'network', provider: 'docker', name: 'chapterlab-coreos' } as const;

it('writes a change down before it makes it, and that it is made afterwards', async () => {
  const seen = await recordChange(journal, network, () => journal.open());
  expect(seen).toMatchObject([{ id: 1, change: network, done: false }]);
  expect(await journal.open()).toMatchObject([{ id: 1, change: network, done: true }]);
});

it('keeps the entry of a change that failed, and does not write it twice', async () => {
  await expect(recordChange(journal, network, () => Promise.reject(new Error('half made')))).rejects.toThrow(
    'half',
  );
  expect(await journal.open()).toMatchObject([{ id: 1, change: network, done: false }]);
  await recordChange(journal, { ...network }, () => Promise.resolve());
  await recordChange(journal, { ...network, name: 'another' }, () => Promise.resolve());
  await recordChange(journal, network, () => Promise.resolve());
  expect((await journal.open()).map(({ id, done }) => [id, done])).toEqual([
    [2, true],
    [1, true],
  ]);
});
