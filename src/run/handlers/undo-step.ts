import { count } from '../../model/count.ts';
import { runAction } from '../run-action.ts';
import type { Handler } from '../runner.ts';
import { stepContext } from '../step-context.ts';

/**
 * Takes a step back. It is forgotten before the first action: a run that is killed from then on leaves a state in which
 * the step has not passed, so that every command goes on from there. That holds for an undo that fails, too.
 */
export const undoStep: Handler<'undo-step'> = async ({ step, actions }, context, report) => {
  await context.updateState((state) => ({
    ...state,
    steps: Object.fromEntries(Object.entries(state.steps).filter(([id]) => id !== step.id)),
  }));
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
};
