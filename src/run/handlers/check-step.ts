import type { Handler } from '../runner.ts';
import { stepContext } from '../step-context.ts';
import { checkStep as runChecks } from './play-step.ts';

/** The checks of a step without its actions; nothing is recorded. A step that was skipped has nothing to prove. */
export const checkStep: Handler<'check-step'> = async ({ step }, context, report) => {
  if (context.state().steps[step.id]?.status === 'skipped')
    return { status: 'skipped', message: 'the step was skipped' };
  return runChecks(step, context, stepContext(context, step.scope), report);
};
