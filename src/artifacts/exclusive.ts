import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Clock } from '../io/clock.ts';
import { temporaryName } from '../io/files.ts';
import { isRunning } from '../io/process-table.ts';
import { systemErrorCode } from '../io/system-error.ts';

const pauseMs = 25;
const deadlineMs = 10_000;

/**
 * Runs `action` while no other process does so under the same lock file, which holds the process id of its owner.
 * For short actions: throws when the owner does not end within 10 s. The lock of a process that is gone is taken over.
 */
export async function exclusively<T>(lockPath: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const deadline = clock.now() + deadlineMs;
  const own = temporaryName(lockPath);
  await writeFile(own, String(process.pid));
  try {
    while (!(await take(own, lockPath))) {
      if (await removeAbandoned(lockPath)) continue;
      if (clock.now() >= deadline) throw new Error(`${lockPath} was held for more than 10 s`);
      await clock.sleep(pauseMs);
    }
    try {
      return await action();
    } finally {
      await rm(lockPath, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** A hard link appears at once and with its content, or not at all. */
async function take(own: string, lockPath: string): Promise<boolean> {
  try {
    await link(own, lockPath);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeAbandoned(lockPath: string): Promise<boolean> {
  const aside = temporaryName(lockPath);
  try {
    if (isRunning(Number(await readFile(lockPath, 'utf8')))) return false;
    // Of several that find it abandoned, one gets it.
    await rename(lockPath, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return true;
    throw error;
  }
  const owner = Number(await readFile(aside, 'utf8'));
  // It was taken by a living process after we had looked: give it back.
  if (isRunning(owner)) await take(aside, lockPath);
  await rm(aside, { force: true });
  return true;
}
