import type { CheckResult } from '../model/event.ts';
import type { Check } from '../model/scenario.ts';
import type { CheckContext } from './check-context.ts';
import { durationInMs } from './duration.ts';
import { runCheck } from './run-check.ts';
import type { RunContext } from './run-context.ts';
import type { TaskReport } from './runner.ts';
import { waitUntil } from './wait-until.ts';

/** What a proof of one step works with. Each claim about the step is reported as one check result. */
export interface StepProof {
  context: RunContext;
  values: CheckContext;
  report: TaskReport;
}

/** How a claim that a check fails is told. */
export interface FailureClaim {
  /** What comes before the check's title: `before`. */
  when: string;
  /** What is wrong with a check that does not fail. */
  hint: string;
  /** How long it may take until the check fails, in milliseconds. 0: it is tried once. */
  withinMs: number;
}

/** Damage may take this long to show where a check has no `within` of its own. */
const defaultWithinMs = 15_000;

/** How long a check is waited for, to pass or to fail. */
export function withinMsOf({ within }: Check): number {
  return within === undefined ? defaultWithinMs : durationInMs(within);
}

/** Reports for each machine of a check whether it passes, with `when` before its title. True: it does on each. */
export async function claimPasses(
  when: string,
  check: Check,
  { context, values, report }: StepProof,
): Promise<boolean> {
  const results = await runCheck(check, values, context);
  for (const result of results) report.check({ ...result, title: `${when}: ${result.title}` });
  return results.every(passes);
}

/**
 * Reports whether a check fails, on one of its machines at least: it is tried until it does or the time is over. True:
 * it does. A check that is about no machine of this lab claims nothing.
 */
export async function claimFails(
  claim: FailureClaim,
  check: Check,
  { context, values, report }: StepProof,
): Promise<boolean> {
  const { clock, signal } = context;
  const single: Check = { ...check };
  // A check with `within` waits until it passes; here it must not.
  delete single.within;
  const { last, attempts, elapsedMs } = await waitUntil(
    async () => {
      const results = await runCheck(single, values, { clock, signal });
      // What counts as passed here is that the check fails.
      return { passed: results.length === 0 || !results.every(passes), results };
    },
    { withinMs: claim.withinMs, clock, signal },
  );
  if (last.results.length === 0) return true;
  const result = failureClaim(claim, last.results, attempts, elapsedMs / 1000);
  report.check(result);
  return result.status === 'passed';
}

function failureClaim(
  { when, hint, withinMs }: FailureClaim,
  results: readonly CheckResult[],
  attempts: number,
  seconds: number,
): CheckResult {
  const failures = results.filter((result) => !passes(result));
  const status = failures.length > 0 ? 'passed' : 'failed';
  const told = failures.length > 0 ? failures : results;
  const { title = '', command = '', machine } = told[0] ?? {};
  const tries = attempts === 1 ? '' : `\n(in each of ${attempts} attempts in ${seconds.toFixed(1)} s)`;
  const actual = told.map((result) => actualOn(result, told.length)).join('\n');
  return {
    title: `${when}: ${title} -- fails`,
    status,
    ...(told.length > 1 || machine === undefined ? {} : { machine }),
    command,
    expected: withinMs === 0 ? 'the check fails' : `the check fails within ${withinMs / 1000} s`,
    actual: status === 'passed' ? actual : `it passes: ${actual}${tries}`,
    ...(status === 'passed' ? {} : { hint }),
    seconds,
  };
}

function actualOn({ machine, actual }: CheckResult, results: number): string {
  return results > 1 && machine !== undefined ? `${machine}: ${actual}` : actual;
}

function passes({ status }: CheckResult): boolean {
  return status === 'passed';
}
