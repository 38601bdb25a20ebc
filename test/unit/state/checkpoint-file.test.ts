import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkpointName,
  checkpointNames,
  loadCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
  type CheckpointRecord,
} from '../../../src/state/checkpoint-file.ts';

let lab: string;
beforeEach(async () => {
  lab = await mkdtemp(join(tmpdir(), 'lab-checkpoint-'));
});
afterEach(() => rm(lab, { recursive: true }));

const record: CheckpointRecord = {
  version: 1,
  name: 'formed',
  savedAt: '2026-11-21T12:00:00.000Z',
  machines: [{ name: 'core-01', id: '91928dbd-ec05-4660-8c69-a72bf83a5115' }],
  steps: { boot: { status: 'passed', at: '2026-11-21T11:00:00.000Z' } },
  hostKeys: {},
};

describe('the record of a checkpoint', () => {
  it('gives back what was saved, readable by its owner only, until it is removed', async () => {
    await saveCheckpoint(lab, record);
    expect(await loadCheckpoint(lab, 'formed')).toEqual(record);
    expect((await stat(join(lab, 'checkpoints', 'formed.json'))).mode & 0o777).toBe(0o600);
    await removeCheckpoint(lab, 'formed');
    await removeCheckpoint(lab, 'formed');
    expect(await loadCheckpoint(lab, 'formed')).toBeUndefined();
  });

  it('is listed by name, and nothing else in the folder is', async () => {
    expect(await checkpointNames(lab)).toEqual([]);
    await saveCheckpoint(lab, { ...record, name: 'later' });
    await saveCheckpoint(lab, record);
    await writeFile(join(lab, 'checkpoints', '.formed.json.lab-1-00000000.tmp'), '');
    expect(await checkpointNames(lab)).toEqual(['formed', 'later']);
  });

  it.each(['', '{', '{"version":2}'])('is refused where the file holds %j', async (text) => {
    await mkdir(join(lab, 'checkpoints'));
    await writeFile(join(lab, 'checkpoints', 'formed.json'), text);
    await expect(loadCheckpoint(lab, 'formed')).rejects.toMatchObject({ code: 'LAB_STATE_INVALID' });
  });

  it('cannot be given a name that leaves its folder or confuses a command line', () => {
    for (const name of ['a', 'formed', 'step-2_b.1', 'a'.repeat(40)]) expect(name).toMatch(checkpointName);
    for (const name of ['', '.', '../state', '-f', 'A', 'a b', 'a/b', 'ä', 'a\n', 'a'.repeat(41)])
      expect(name).not.toMatch(checkpointName);
  });
});
