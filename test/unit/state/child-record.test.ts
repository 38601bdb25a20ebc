import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { identify, isRunning } from '../../../src/io/process-table.ts';
import { ChildRecord, livingChildren } from '../../../src/state/child-record.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-children-'));
  path = join(dir, 'coreos.children');
});
afterEach(() => rm(dir, { recursive: true }));

/** A process that leads a group, as the commands of a run do; as it was written down. */
async function startCommand(): Promise<{ pid: number; written: string; ended: Promise<unknown> }> {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  (await ChildRecord.takeOver(path, systemClock)).add(pid);
  return { pid, written: await readFile(path, 'utf8'), ended: once(child, 'exit') };
}

it('ends what a killed run has left', async () => {
  const { pid, ended } = await startCommand();
  expect(livingChildren(path)).toEqual([pid]);
  await ChildRecord.takeOver(path, systemClock);
  await ended;
  expect(livingChildren(path)).toEqual([]);
});

it.runIf(process.platform === 'linux')(
  'ends no process that a later one has become: after a reboot, or by another start time',
  async () => {
    const { pid, written, ended } = await startCommand();
    const { startTime = '' } = identify(pid);
    const others = [
      written.replace(/"bootId":"[^"]+"/, '"bootId":"of an earlier boot"'),
      written.replace(/"startTime":"\d+"/, '"startTime":"1"'),
      `[{"pid":${String(pid)}}]`,
      'garbage',
      '',
    ];
    for (const text of others) {
      await writeFile(path, text);
      await ChildRecord.takeOver(path, systemClock);
      expect(isRunning(pid), text).toBe(true);
    }
    // As versions without the boot's id have written it.
    await writeFile(path, JSON.stringify([{ pid, startTime }]));
    await ChildRecord.takeOver(path, systemClock);
    await ended;
  },
);
