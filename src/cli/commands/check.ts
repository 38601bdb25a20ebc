import { stepTask } from '../../plan/plan-up.ts';
import type { CommandInput } from '../command-input.ts';
import type { ReportFlags } from '../report-flags.ts';
import { assertUp, planOn, runOnLab } from '../run-on-lab.ts';
import { checksOnly, stepsToCheck } from '../steps-to-check.ts';

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
    checksOnly,
  );
}
