import type { CheckResult } from '../model/event.ts';
import type { Machine, MachineObservation } from '../model/machine.ts';
import type { Check, Step } from '../model/scenario.ts';
import type { CheckContext } from './check-context.ts';
import { excerpt } from './check-finding.ts';
import { diffLines, plainLines } from './diff-lines.ts';
import { findUnreachable, withoutMachines, type UnreachableMachine } from './find-unreachable.ts';
import { lastLines } from './last-lines.ts';
import { readUnit, type UnitReport } from './read-unit.ts';
import { recordAnswers, type Answer } from './record-answers.ts';
import type { RunContext } from './run-context.ts';
import { runCheck } from './run-check.ts';
import type { TaskReport } from './runner.ts';
import { stepContext } from './step-context.ts';
import { targetMachines } from './target-machines.ts';

/** One check on one machine, looked at closely. */
export interface CheckDiagnosis extends CheckResult {
  /** What a run would give it, e.g. `30s`; here it was tried once. */
  within?: string;
  /** The last lines of all that was answered. */
  answer?: Answer;
  /** The text of several lines that is expected against the one that came, as `diff -u` has it. */
  difference?: string;
  /** Its machine cannot be reached, so that it was not tried. */
  untried?: true;
}

/** What was found out about a step by trying its checks again. */
export interface StepDiagnosis {
  unreachable: UnreachableMachine[];
  checks: CheckDiagnosis[];
  /** Of failed checks that name units, on the machines where they failed. */
  units: UnitReport[];
}

const linesShown = 40;

/**
 * Tries every check of a step once, whatever `within` says, also those after one that fails, and looks at the units of
 * those that fail. Nothing is changed. Throws as `runCheck` does.
 */
export async function diagnoseStep(
  step: Step,
  observed: readonly MachineObservation[],
  context: RunContext,
  report: Pick<TaskReport, 'check'>,
): Promise<StepDiagnosis> {
  const plain = stepContext(context, step.scope);
  const unreachable = await findUnreachable(machinesOf(step, plain), observed, context);
  const values = withoutMachines(plain, unreachable);
  const checks: CheckDiagnosis[] = [];
  const units: UnitReport[] = [];
  for (const check of step.checks) {
    const found = await tryOnce(check, values, unreachable, context);
    for (const result of found) report.check(result);
    checks.push(...found);
    for (const { machine, unit } of unitsOf(check, found, values)) {
      const isKnown = units.some((one) => one.machine === machine && one.unit === unit);
      if (!isKnown) units.push(await readUnit(unit, machine, values, context.signal));
    }
  }
  return { unreachable, checks, units };
}

function machinesOf(step: Step, { machines, render }: CheckContext): Machine[] {
  const targets = step.checks.map((check) => targetMachines(targetOf(check), machines, render));
  const named = new Set(targets.flatMap((target) => (target === 'host' ? [] : target)));
  return machines.filter((machine) => named.has(machine));
}

function targetOf(check: Check): string {
  return 'http' in check ? check.http.machine : check.on;
}

async function tryOnce(
  check: Check,
  values: CheckContext,
  unreachable: readonly UnreachableMachine[],
  { clock, signal }: RunContext,
): Promise<CheckDiagnosis[]> {
  const { within, ...once } = check;
  const recorder = recordAnswers(values);
  const results = await runCheck(once, recorder.context, { clock, signal });
  return results.map((result): CheckDiagnosis => {
    const timed = { ...result, ...(within === undefined ? {} : { within }) };
    if (result.status === 'passed') return timed;
    const lost = unreachable.find((one) => one.machine === result.machine);
    // A server may answer although ssh does not.
    if (lost !== undefined && (!('http' in check) || lost.state !== 'running'))
      return { ...timed, untried: true };
    const answer = recorder.of(result.machine);
    if (answer === undefined) return timed;
    const machine = values.machines.find(({ name }) => name === result.machine);
    const difference = differenceOf(check, answer, (text) => values.render(text, { machine }));
    return {
      ...timed,
      actual: withoutExcerpt(result.actual, textsOf(answer)),
      answer: shortened(answer),
      ...(difference === undefined ? {} : { difference }),
    };
  });
}

/** A text of several lines that is not there, against a text of several lines that is. */
function differenceOf(check: Check, answer: Answer, render: (text: string) => string): string | undefined {
  const [text = ''] = textsOf(answer);
  const actual = text.replaceAll('\r\n', '\n').trimEnd();
  const wanted = [check.expect.contains ?? []].flat().map((one) => render(one).trimEnd());
  const missing = wanted.find((one) => one.includes('\n') && !actual.includes(one));
  if (missing === undefined || !actual.includes('\n')) return undefined;
  const rows = diffLines(plainLines(missing), plainLines(actual));
  const lines = rows.map(({ sign, text: line }) => (sign === '@' ? line : `${sign}${line}`));
  return ['--- expected', '+++ actual', ...lines].join('\n');
}

/** The answer itself is shown as a whole: its first lines need not be there twice. */
function withoutExcerpt(actual: string, texts: readonly string[]): string {
  const repeated = texts.map((text) => `\n${excerpt(text)}`).find((text) => actual.endsWith(text));
  return repeated === undefined ? actual : actual.slice(0, -repeated.length);
}

function textsOf(answer: Answer): string[] {
  const texts = answer.kind === 'command' ? [answer.stdout, answer.stderr] : [answer.body];
  return texts.filter((text) => text.trim() !== '');
}

function shortened(answer: Answer): Answer {
  if (answer.kind === 'http') return { ...answer, body: lastLines(answer.body, linesShown) };
  const { stdout, stderr } = answer;
  return { ...answer, stdout: lastLines(stdout, linesShown), stderr: lastLines(stderr, linesShown) };
}

function unitsOf(
  check: Check,
  found: readonly CheckDiagnosis[],
  { machines, render }: CheckContext,
): { machine: string; unit: string }[] {
  const failed = found.filter((one) => one.status === 'failed' && one.untried !== true);
  return failed.flatMap(({ machine: name }) => {
    const machine = machines.find((one) => one.name === name);
    if (machine === undefined) return [];
    return (check.units ?? []).map((unit) => ({ machine: machine.name, unit: render(unit, { machine }) }));
  });
}
