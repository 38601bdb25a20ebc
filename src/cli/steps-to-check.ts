import type { Step } from '../model/scenario.ts';
import { selectSteps } from '../plan/select-steps.ts';
import { checkStep } from '../run/handlers/play-step.ts';
import type { Handlers } from '../run/runner.ts';
import { stepContext } from '../run/step-context.ts';
import type { OpenLab } from './open-lab.ts';

/** In place of playing steps: their checks only, without their actions, and nothing is recorded. */
export const checksOnly: Pick<Handlers, 'step'> = {
  step: (task, context, report) =>
    checkStep(task.step, context, stepContext(context, task.step.scope), report),
};

/**
 * The steps asked for; else those that passed and are said to hold from then on, and the one that passed last: in time,
 * for `lab play --from` may have gone back to a step that a later one of the chapter had undone.
 */
export function stepsToCheck({ loaded, state }: OpenLab, only?: readonly string[]): Step[] {
  if (only !== undefined) return selectSteps(loaded.scenario, state.edition, { only });
  const passed = selectSteps(loaded.scenario, state.edition).filter(
    (step) => state.steps[step.id]?.status === 'passed',
  );
  const playedAt = (step: Step): string => state.steps[step.id]?.at ?? '';
  const latest = passed.reduce((last, step) => (playedAt(step) >= last ? playedAt(step) : last), '');
  return passed.filter((step) => step.lasting || playedAt(step) === latest);
}
