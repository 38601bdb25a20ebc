import type { Clock } from '../io/clock.ts';

export interface WaitOptions {
  /** Time that attempts may take in all. 0: one attempt, however long it takes. */
  withinMs: number;
  /** Pause between the end of one attempt and the start of the next. Default 250. */
  intervalMs?: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** How a wait ended. */
export interface WaitResult<T> {
  /** The last attempt passed, and before the deadline. */
  passed: boolean;
  last: T;
  attempts: number;
  elapsedMs: number;
}

/**
 * Tries at once and then again and again until an attempt passes or the time is over. An attempt that passes after the
 * deadline does not count. `attempt` is told how many milliseconds remain (Infinity when there is no deadline) and must end on its own.
 * Rejects with the signal's reason when that aborts, and with whatever an attempt throws.
 */
export async function waitUntil<T extends { passed: boolean }>(
  attempt: (remainingMs: number) => Promise<T>,
  { withinMs, intervalMs = 250, clock, signal }: WaitOptions,
): Promise<WaitResult<T>> {
  const start = clock.elapsed();
  const deadline = withinMs > 0 ? start + withinMs : Infinity;
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted();
    const last = await attempt(deadline - clock.elapsed());
    signal?.throwIfAborted();
    const now = clock.elapsed();
    const noTimeLeft = withinMs === 0 || now + intervalMs >= deadline;
    if (last.passed || noTimeLeft) {
      return { passed: last.passed && now <= deadline, last, attempts, elapsedMs: now - start };
    }
    await clock.sleep(intervalMs, signal);
  }
}
