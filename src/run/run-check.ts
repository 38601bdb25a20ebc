import type { Clock } from '../io/clock.ts';
import { UsageError } from '../model/errors.ts';
import type { CheckResult } from '../model/event.ts';
import type { Machine } from '../model/machine.ts';
import type { Check } from '../model/scenario.ts';
import type { CheckContext } from './check-context.ts';
import { commandProbe, httpProbe } from './check-probe.ts';
import type { Attempt, Probe } from './check-probe.ts';
import { durationInMs } from './duration.ts';
import { targetMachines } from './target-machines.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Carries out a check on each machine that it is about, all at once; each is tried again on its own until it passes or
 * the check's `within` is over. One result a machine, in the machines' order; none where the target is empty (`others`
 * in a lab of one machine). A failed check is a result; only an abort, a broken scenario or a fault that trying again
 * cannot mend (such as LAB_HOST_KEY_CHANGED) throws, and then the other machines' attempts are stopped first.
 */
export async function runCheck(
  check: Check,
  context: CheckContext,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<CheckResult[]> {
  const target = 'http' in check ? check.http.machine : check.on;
  const where = targetMachines(target, context.machines, context.render);
  const machines: readonly (Machine | undefined)[] = where === 'host' ? [undefined] : where;
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const results = machines.map(async (machine) => {
    try {
      return await runOnce(check, machine, context, clock, either);
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(results);
  failure.signal.throwIfAborted();
  return Promise.all(results);
}

async function runOnce(
  check: Check,
  machine: Machine | undefined,
  context: CheckContext,
  clock: Clock,
  signal: AbortSignal,
): Promise<CheckResult> {
  const probe = probeFor(check, machine, context);
  const withinMs = check.within === undefined ? 0 : durationInMs(check.within);
  let conclusive: Attempt | undefined;
  const outcome = await waitUntil(
    async (remainingMs) => {
      const attempt = await probe(remainingMs, signal);
      if (!attempt.inconclusive) conclusive = attempt;
      return attempt;
    },
    { withinMs, clock, signal },
  );
  // Being cut off by the deadline says less than what was seen before it.
  const { command, expected, actual, hint } = conclusive ?? outcome.last;
  const values = machine === undefined ? {} : { machine };
  return {
    title: context.render(check.title, values),
    status: outcome.passed ? 'passed' : 'failed',
    ...(machine === undefined ? {} : { machine: machine.name }),
    command,
    expected,
    actual: outcome.passed ? actual : withEffort(actual, outcome, withinMs),
    hint: hint ?? context.render(check.hint, values),
    seconds: outcome.elapsedMs / 1000,
    ...(check.show === true ? { show: true } : {}),
  };
}

function probeFor(check: Check, machine: Machine | undefined, context: CheckContext): Probe {
  if (!('http' in check)) return commandProbe(check, machine, context);
  if (machine !== undefined) return httpProbe(check, machine, context);
  throw new UsageError('LAB_MACHINE_UNKNOWN', 'A request needs a machine as its server, not the host.');
}

function withEffort(
  actual: string,
  { last, attempts, elapsedMs }: { last: Attempt; attempts: number; elapsedMs: number },
  withinMs: number,
): string {
  const seconds = (elapsedMs / 1000).toFixed(1);
  if (last.passed) return `${actual}\n(only after ${seconds} s; ${withinMs / 1000} s were allowed)`;
  return attempts === 1 ? actual : `${actual}\n(after ${attempts} attempts in ${seconds} s)`;
}
