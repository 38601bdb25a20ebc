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
import { stepRecorder, type StepRecorder } from '../step-recorder.ts';

/** Plays one step of the chapter: its actions in order, then its checks in order. The first failure ends the step. */
export const playStep: Handler<'step'> = async ({ step }, context, report) => {
  const obstacle = await obstacleTo(step, context, report);
  if (obstacle === undefined) return carryOut(step, context, report);
  const { status, message } = obstacle;
  return status === 'blocked' ? { status, message } : recorded(step, status, { status, message }, context);
};

/** Why a step cannot be played. `need`: the step whose passing it needs, where that is the reason. */
export interface Obstacle {
  status: 'skipped' | 'failed' | 'blocked';
  message: string;
  need?: string;
}

/** What stands in the way of playing a step: too few nodes, a step that has not passed, an artifact that cannot be had. */
export async function obstacleTo(
  step: Step,
  context: RunContext,
  report: TaskReport,
): Promise<Obstacle | undefined> {
  const tooFew = reasonToSkip(step, context);
  if (tooFew !== undefined) return { status: 'skipped', message: tooFew };
  const need = unmetNeed(step, context);
  if (need !== undefined) {
    const message = `needs the step ${need}, which has not passed: play --from ${need}`;
    return { status: 'failed', message, need };
  }
  const missing = await missingArtifact(step, context, report);
  return missing === undefined ? undefined : { status: 'blocked', message: missing };
}

/** Does the actions of a step, then runs its checks, and keeps the verdict. */
export async function carryOut(step: Step, context: RunContext, report: TaskReport): Promise<TaskOutcome> {
  await noteBeginning(step, context);
  const stepValues = stepContext(context, step.scope);
  const recorder = stepRecorder(context.paths.lab);
  for (const [index, action] of step.run.entries()) {
    const values = recorder.listen({ run: index + 1 }, stepValues);
    const failure = await runAction(action, context, values, report);
    if (failure !== undefined) {
      report.check(failure);
      return recorded(step, 'failed', { status: 'failed', message: failure.title }, context);
    }
  }
  const outcome = await checkStep(step, context, stepValues, report, recorder);
  if (outcome.status === 'passed') await context.keepOutputs(step.id, recorder.outputs());
  return recorded(step, 'passed', outcome, context);
}

/** Runs the checks of a step without its actions. What they print is only kept where there is a recorder. */
export async function checkStep(
  step: Step,
  context: RunContext,
  checkContext: CheckContext,
  report: TaskReport,
  recorder?: StepRecorder,
): Promise<TaskOutcome> {
  let passed = 0;
  for (const check of step.checks) {
    const values = recorder?.listen({ check: check.title }, checkContext) ?? checkContext;
    const results = await runCheck(check, values, { clock: context.clock, signal: context.signal });
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
  const role = step.scope?.role ?? context.machines[0]?.role;
  const count = context.machines.filter((machine) => machine.role === role).length;
  if (step.minNodes === undefined || count >= step.minNodes.count) return undefined;
  return `needs ${step.minNodes.count} nodes: ${step.minNodes.reason}`;
}

/** With --from or --only a step can be reached whose ground was never laid. */
function unmetNeed(step: Step, context: RunContext): string | undefined {
  const { edition, steps } = context.state();
  const unmet = context.scenario.steps.find(
    (needed) =>
      step.needs.includes(needed.id) &&
      (needed.edition === undefined || needed.edition === edition) &&
      steps[needed.id]?.status !== 'passed',
  );
  return unmet?.id;
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

/**
 * What is known from an earlier time holds no longer: a run that is killed from now on leaves the step to be played again,
 * or to be undone.
 */
export async function noteBeginning({ id }: Step, context: RunContext): Promise<void> {
  const at = new Date(context.clock.now()).toISOString();
  await context.updateState((state) => ({
    ...state,
    steps: { ...state.steps, [id]: { status: 'begun', at } },
  }));
}

/** Keeps the verdict, so that the next `lab up` goes on after the last step that passed. */
export async function recorded(
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
