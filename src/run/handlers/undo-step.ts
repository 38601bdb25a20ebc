import { count } from '../../model/count.ts';
import { runAction } from '../run-action.ts';
import type { Action, Step } from '../../model/scenario.ts';
import type { RunContext, TaskOutcome } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';
import { stepContext } from '../step-context.ts';
import { noteBeginning } from './play-step.ts';

/**
 * Takes a step back. From the first action on it counts as begun: a run that is killed then leaves a state in which the
 * step has not passed, and in which it is to be taken back again. It is forgotten at the end, also where an undo fails:
 * the same command must be able to go on.
 */
export const undoStep: Handler<'undo-step'> = async ({ step, actions }, context, report) => {
  if (context.state().steps[step.id] !== undefined) await noteBeginning(step, context);
  const outcome = await takeBack(step, actions, context, report);
  await context.updateState((state) => ({
    ...state,
    steps: Object.fromEntries(Object.entries(state.steps).filter(([id]) => id !== step.id)),
  }));
  return outcome;
};

async function takeBack(
  step: Step,
  actions: readonly Action[],
  context: RunContext,
  report: TaskReport,
): Promise<TaskOutcome> {
  const values = stepContext(context, step.scope);
  for (const action of actions) {
    const failure = await runAction(action, context, values, report);
    if (failure === undefined) continue;
    report.check({ ...failure, title: 'the command that undoes the step ends well' });
    return {
      status: 'failed',
      message: `step ${step.id} was not undone to its end: what is left of it stays`,
    };
  }
  return actions.length === 0
    ? { status: 'unchanged' }
    : { status: 'changed', message: count(actions.length, 'action') };
}
