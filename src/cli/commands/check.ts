import { stepTask } from '../../plan/plan-up.ts';
import { selectSteps } from '../../plan/select-steps.ts';
import type { Step } from '../../model/scenario.ts';
import { checkStep } from '../../run/handlers/play-step.ts';
import { stepContext } from '../../run/step-context.ts';
import type { CommandInput } from '../command-input.ts';
import type { OpenLab } from '../open-lab.ts';
import type { ReportFlags } from '../report-flags.ts';
import { assertUp, planOn, runOnLab } from '../run-on-lab.ts';

interface CheckOptions extends ReportFlags {
  only?: string[];
}

/** `lab check`: the checks that must hold now, without the actions of their steps. */
export async function check(
  name: string | undefined,
  options: CheckOptions,
  input: CommandInput,
): Promise<void> {
  await runOnLab(
    name,
    'check',
    options,
    input,
    async (lab) => {
      const tasks = stepsToCheck(lab, options.only).map(stepTask);
      await assertUp(lab);
      return { ...planOn(lab, 'check'), tasks };
    },
    { step: (task, context, report) => checkStep(task.step, context, stepContext(context), report) },
  );
}

/**
 * The steps asked for; else those that passed and are said to hold from then on, and the one that passed last: in time,
 * for `lab play --from` may have gone back to a step that a later one of the chapter had undone.
 */
function stepsToCheck({ loaded, state }: OpenLab, only: string[] | undefined): Step[] {
  if (only !== undefined) return selectSteps(loaded.scenario, state.edition, { only });
  const passed = selectSteps(loaded.scenario, state.edition).filter(
    (step) => state.steps[step.id]?.status === 'passed',
  );
  const playedAt = (step: Step): string => state.steps[step.id]?.at ?? '';
  const latest = passed.reduce((last, step) => (playedAt(step) >= last ? playedAt(step) : last), '');
  return passed.filter((step) => step.lasting || playedAt(step) === latest);
}
