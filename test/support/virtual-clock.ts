import type { Clock } from '../../src/io/clock.ts';

/** A clock whose sleeps end at once and move its time. Work that takes time calls `advance`. */
export interface VirtualClock extends Clock {
  advance(ms: number): void;
}

export function virtualClock(start = 0): VirtualClock {
  let now = start;
  return {
    now: () => now,
    elapsed: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: (ms, signal) => {
      signal?.throwIfAborted();
      now += ms;
      return Promise.resolve();
    },
  };
}
