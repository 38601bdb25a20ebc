import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../src/run/wait-until.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

/** Attempts that take `costMs` each and pass from number `passesAt` on. */
function attempts(clock: ReturnType<typeof virtualClock>, passesAt: number, costMs = 0) {
  let count = 0;
  const remaining: number[] = [];
  const attempt = (remainingMs: number) => {
    count += 1;
    remaining.push(remainingMs);
    clock.advance(costMs);
    return Promise.resolve({ passed: count >= passesAt, count });
  };
  return { attempt, remaining };
}

describe('waitUntil', () => {
  it('tries at once and takes no time when the first attempt passes', async () => {
    const clock = virtualClock();
    const result = await waitUntil(attempts(clock, 1).attempt, { withinMs: 30_000, clock });
    expect(result).toEqual({ passed: true, last: { passed: true, count: 1 }, attempts: 1, elapsedMs: 0 });
  });

  it('tries again at a fixed interval and tells each attempt how much time remains', async () => {
    const clock = virtualClock();
    const { attempt, remaining } = attempts(clock, 3, 100);
    const result = await waitUntil(attempt, { withinMs: 2_000, clock });
    expect(result).toMatchObject({ passed: true, attempts: 3, elapsedMs: 800 });
    expect(remaining).toEqual([2_000, 1_650, 1_300]);
  });

  it('gives up at the deadline with the last result', async () => {
    const clock = virtualClock();
    const result = await waitUntil(attempts(clock, Infinity).attempt, { withinMs: 1_000, clock });
    expect(result).toMatchObject({ passed: false, last: { count: 4 }, attempts: 4 });
    expect(clock.now()).toBeLessThanOrEqual(1_000);
  });

  it('does not take an attempt for success that passes after the deadline', async () => {
    const clock = virtualClock();
    const result = await waitUntil(attempts(clock, 1, 1_001).attempt, { withinMs: 1_000, clock });
    expect(result).toMatchObject({ passed: false, last: { passed: true } });
  });

  it('makes one attempt without a deadline when no time is given', async () => {
    const clock = virtualClock();
    const { attempt, remaining } = attempts(clock, 2, 60_000);
    expect(await waitUntil(attempt, { withinMs: 0, clock })).toMatchObject({ passed: false, attempts: 1 });
    expect(remaining).toEqual([Infinity]);
  });

  it("rejects with the signal's reason, also when an attempt does not heed the signal", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const attempt = () => {
      controller.abort(new Error('stopped by hand'));
      return Promise.resolve({ passed: true });
    };
    const waiting = waitUntil(attempt, { withinMs: 1_000, clock, signal: controller.signal });
    await expect(waiting).rejects.toThrow('stopped by hand');
  });
});
