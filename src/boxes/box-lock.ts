import { join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import { EnvironmentError } from '../model/errors.ts';
import { acquireLock, LockHeldError } from '../state/process-lock.ts';
import type { ProcessLock } from '../state/process-lock.ts';

export interface BoxLockOptions {
  /** VAGRANT_HOME: the lock lies there, because labs of different LAB_HOMEs share it. */
  home: string;
  clock: Clock;
  onProgress: (text: string) => void;
  /** How long to wait for another; two hours without it. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Somebody else fetches some hundred megabytes. */
const waitMs = 2 * 60 * 60_000;
const pollMs = 500;

/** Runs `work` while no other `lab` of this user adds the box of that name. Throws LAB_STATE_LOCKED where it takes too long. */
export async function withBoxLock<T>(
  box: string,
  options: BoxLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await waitForLock(box, options);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitForLock(box: string, options: BoxLockOptions): Promise<ProcessLock> {
  const { home, clock, onProgress, timeoutMs = waitMs, signal } = options;
  const path = join(home, 'chapterlab-locks', `${box.replace(/[^A-Za-z0-9._-]/g, '_')}.lock`);
  const deadline = clock.elapsed() + timeoutMs;
  for (let told = false; ; told = true) {
    try {
      return await acquireLock({ path, command: `add the box ${box}`, clock });
    } catch (error) {
      if (!(error instanceof LockHeldError)) throw error;
      if (clock.elapsed() >= deadline) throw stillLocked(box, error);
      if (!told) onProgress(`waiting for process ${error.owner.pid}, which adds the box ${box}`);
    }
    await clock.sleep(pollMs, signal);
  }
}

function stillLocked(box: string, { owner }: LockHeldError): EnvironmentError {
  return new EnvironmentError(
    'LAB_STATE_LOCKED',
    `Process ${owner.pid} has been adding the box ${box} since ${owner.since}.`,
    { hint: 'Wait for it to end, or end it. Then run the same command again.' },
  );
}
