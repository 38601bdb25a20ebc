import { stepTask } from '../../plan/plan-up.ts';
import { selectSteps, type StepSelection } from '../../plan/select-steps.ts';
import { formatPlan } from '../../report/plan-text.ts';
import type { Plan } from '../../model/plan.ts';
import type { CommandInput } from '../command-input.ts';
import { openLab, type OpenLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import type { ReportFlags } from '../report-flags.ts';
import { assertUp, planOn, runOnLab } from '../run-on-lab.ts';
import { createTools } from '../tools.ts';

interface PlayOptions extends ReportFlags, StepSelection {
  dryRun?: true;
}

/** `lab play`: the steps of the chapter, or some of them, on a lab that is up. */
export async function play(
  name: string | undefined,
  options: PlayOptions,
  input: CommandInput,
): Promise<void> {
  const { from, until, only } = options;
  const selection: StepSelection = {
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(only === undefined ? {} : { only }),
  };
  if (options.dryRun) {
    const plan = planPlay(await openLab(name, createTools()), selection);
    if (options.json) printJson(plan);
    else print(formatPlan(plan));
    return;
  }
  await runOnLab(name, 'play', options, input, async (lab) => {
    const plan = planPlay(lab, selection);
    await assertUp(lab);
    return plan;
  });
}

function planPlay(lab: OpenLab, selection: StepSelection): Plan {
  const steps = selectSteps(lab.loaded.scenario, lab.state.edition, selection);
  return { ...planOn(lab, 'play'), tasks: steps.map(stepTask) };
}
