import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/model/errors.ts';
import { syncClock } from '../../../src/run/sync-clock.ts';
import { fakeRun, type FakeRun } from '../../support/fake-run-context.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

const now = Date.parse('2026-11-21T12:00:00.400Z');

/** A machine whose clock is `behindMs` behind, on which each command takes so long and setting may be refused. */
function machine(behindMs: number, commandMs: number, sets = true): FakeRun & { deviationMs: () => number } {
  const clock = virtualClock(now);
  let behind = behindMs;
  const run = (_name: string, command: string): { stdout: string } => {
    clock.advance(commandMs / 2);
    const stdout = `${Math.floor((clock.now() - behind) / 1000)}\n`;
    const to = /date -u -s @(\d+)/.exec(command)?.[1];
    if (to !== undefined && sets) behind = clock.now() - Number(to) * 1000;
    clock.advance(commandMs / 2);
    return { stdout };
  };
  const fake = fakeRun({ machines: nodes(1), state: formedState(1), run, overrides: { clock } });
  return { ...fake, deviationMs: () => Math.abs(behind) };
}

describe('syncClock', () => {
  it.each([
    { behindMs: 83_000, commandMs: 20, seconds: 83 },
    { behindMs: 3_600_000, commandMs: 1_200, seconds: 3_600 },
    { behindMs: -90_000, commandMs: 20, seconds: -90 },
  ])('sets a clock that is $behindMs ms behind, with commands that take $commandMs ms', async (given) => {
    const { context, deviationMs } = machine(given.behindMs, given.commandMs);
    const behind = await syncClock('core-01', context);
    expect(Math.abs(behind - given.seconds)).toBeLessThanOrEqual(1);
    expect(deviationMs()).toBeLessThanOrEqual(1_100);
  });

  it('tries again with what it has learned of a machine that is slow at first', async () => {
    const { context, calls, deviationMs } = machine(100_000, 2_800);
    await syncClock('core-01', context);
    expect(calls.filter((call) => call.includes('date -u -s')).length).toBeGreaterThan(1);
    expect(deviationMs()).toBeLessThanOrEqual(2_000);
  });

  it('fails where the clock does not stay set', async () => {
    const { context } = machine(100_000, 20, false);
    await expect(syncClock('core-01', context)).rejects.toMatchObject({
      code: 'LAB_COMMAND_FAILED',
      message: 'The clock of core-01 could not be set.',
    });
  });

  it('waits for a machine that does not answer yet', async () => {
    const { context, calls } = machine(100_000, 20);
    const { connect } = context;
    let tries = 0;
    context.connect = (name) => {
      tries += 1;
      if (tries > 2) return connect(name);
      return Promise.reject(new CommandError('LAB_SSH_FAILED', 'core-01 cannot be reached over ssh.'));
    };
    expect(await syncClock('core-01', context)).toBe(100);
    expect(calls.slice(0, 2)).toEqual(['disconnect core-01', 'disconnect core-01']);
    context.connect = () =>
      Promise.reject(new CommandError('LAB_SSH_FAILED', 'core-01 cannot be reached over ssh.'));
    await expect(syncClock('core-01', context)).rejects.toMatchObject({ code: 'LAB_SSH_FAILED' });
  });

  it('fails where sudo refuses', async () => {
    const { context } = fakeRun({
      machines: nodes(1),
      state: formedState(1),
      run: () => ({ exitCode: 1, stderr: 'core is not in the sudoers file\n' }),
    });
    await expect(syncClock('core-01', context)).rejects.toMatchObject({
      code: 'LAB_COMMAND_FAILED',
      details: { machine: 'core-01', output: 'core is not in the sudoers file' },
    });
  });
});
