import { count } from '../../model/count.ts';
import type { CheckResult } from '../../model/event.ts';
import { EnvironmentError } from '../../model/errors.ts';
import type { Step } from '../../model/scenario.ts';
import type { CheckContext } from '../check-context.ts';
import { runAction } from '../run-action.ts';
import { runCheck } from '../run-check.ts';
import type { RunContext, TaskOutcome } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';
import { stepContext } from '../step-context.ts';

/** Plays one step of the chapter: its actions in order, then its checks in order. The first failure ends the step. */
export const playStep: Handler<'step'> = async ({ step }, context, report) => {
  const skipped = reasonToSkip(step, context);
  if (skipped !== undefined)
    return recorded(step, 'skipped', { status: 'skipped', message: skipped }, context);
  const unmet = unmetNeeds(step, context);
  if (unmet !== undefined) return recorded(step, 'failed', { status: 'failed', message: unmet }, context);
  const missing = await missingArtifact(step, context, report);
  if (missing !== undefined) return { status: 'blocked', message: missing };
  await forgetVerdict(step, context);
  const stepValues = stepContext(context);
  for (const action of step.run) {
    const failure = await runAction(action, context, stepValues, report);
    if (failure !== undefined) {
      report.check(failure);
      return recorded(step, 'failed', { status: 'failed', message: failure.title }, context);
    }
  }
  return recorded(step, 'passed', await checkStep(step, context, stepValues, report), context);
};

/** Runs the checks of a step without its actions. */
export async function checkStep(
  step: Step,
  context: RunContext,
  checkContext: CheckContext,
  report: TaskReport,
): Promise<TaskOutcome> {
  let passed = 0;
  for (const check of step.checks) {
    const results = await runCheck(check, checkContext, { clock: context.clock, signal: context.signal });
    for (const result of results) report.check(result);
    const failed = results.find((result) => result.status === 'failed');
    if (failed !== undefined) return { status: 'failed', message: failedMessage(failed) };
    passed += results.length;
  }
  return { status: 'passed', message: count(passed, 'check') };
}

function failedMessage(result: CheckResult): string {
  return result.machine === undefined ? result.title : `${result.title} (${result.machine})`;
}

function reasonToSkip(step: Step, context: RunContext): string | undefined {
  const role = context.machines[0]?.role;
  const count = context.machines.filter((machine) => machine.role === role).length;
  if (step.minNodes === undefined || count >= step.minNodes.count) return undefined;
  return `needs ${step.minNodes.count} nodes: ${step.minNodes.reason}`;
}

/** With --from or --only a step can be reached whose ground was never laid. */
function unmetNeeds(step: Step, context: RunContext): string | undefined {
  const { edition, steps } = context.state();
  const unmet = context.scenario.steps.find(
    (needed) =>
      step.needs.includes(needed.id) &&
      (needed.edition === undefined || needed.edition === edition) &&
      steps[needed.id]?.status !== 'passed',
  );
  return unmet === undefined
    ? undefined
    : `needs the step ${unmet.id}, which has not passed: play --from ${unmet.id}`;
}

/** Fetches what the step declares; says what cannot be had here, which is no failure of the step. */
async function missingArtifact(
  step: Step,
  context: RunContext,
  report: TaskReport,
): Promise<string | undefined> {
  for (const name of step.artifacts) {
    const definition = context.scenario.artifacts[name];
    if (definition === undefined) continue;
    try {
      await context.fetchArtifact(definition, name, (text) => {
        report.progress(text);
      });
    } catch (error) {
      if (error instanceof EnvironmentError && error.code === 'LAB_ARTIFACT_UNAVAILABLE') {
        return `not obtainable here: ${error.message}${error.details.hint === undefined ? '' : ` ${error.details.hint}`}`;
      }
      throw error;
    }
  }
  return undefined;
}

/** What is known from an earlier time holds no longer: a run that is killed from now on leaves the step to be played again. */
async function forgetVerdict({ id }: Step, context: RunContext): Promise<void> {
  if (context.state().steps[id] === undefined) return;
  await context.updateState((state) => ({
    ...state,
    steps: Object.fromEntries(Object.entries(state.steps).filter(([other]) => other !== id)),
  }));
}

/** Keeps the verdict, so that the next `lab up` goes on after the last step that passed. */
async function recorded(
  step: Step,
  onSuccess: 'passed' | 'skipped' | 'failed',
  outcome: TaskOutcome,
  context: RunContext,
): Promise<TaskOutcome> {
  const status = outcome.status === 'failed' ? 'failed' : onSuccess;
  const at = new Date(context.clock.now()).toISOString();
  await context.updateState((state) => ({ ...state, steps: { ...state.steps, [step.id]: { status, at } } }));
  return outcome;
}
