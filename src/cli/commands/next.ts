import type { Plan } from '../../model/plan.ts';
import type { Step } from '../../model/scenario.ts';
import { nextStep } from '../../plan/chapter-progress.ts';
import { stepTask } from '../../plan/plan-up.ts';
import { selectSteps } from '../../plan/select-steps.ts';
import { printable } from '../../report/printable.ts';
import type { CommandInput } from '../command-input.ts';
import { openLab, type OpenLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import type { ReportFlags } from '../report-flags.ts';
import { labWords, reportsToPeople } from '../report-to-people.ts';
import { assertUp, planOn, runOnLab } from '../run-on-lab.ts';
import { describeStep } from '../step-description.ts';
import { createTools } from '../tools.ts';
import { whatComesNext } from '../what-comes-next.ts';

interface NextOptions extends ReportFlags {
  dryRun?: true;
}

/** `lab next`: plays the first step that is not done, and stops. */
export async function next(
  name: string | undefined,
  options: NextOptions,
  input: CommandInput,
): Promise<void> {
  if (options.dryRun) {
    showNext(await openLab(name, createTools()), name, options);
    return;
  }
  const talks = reportsToPeople(options);
  let exitCode = 0;
  let played: Step | undefined;
  const setExitCode = (code: number): void => {
    exitCode = code;
    input.setExitCode(code);
  };
  await runOnLab(name, 'next', options, { ...input, setExitCode }, async (lab) => {
    played = stepOf(lab);
    if (played === undefined) return planNext(lab, played);
    await assertUp(lab);
    if (talks && options.quiet !== true) print(`${textOf(lab, played)}\n`);
    return planNext(lab, played);
  });
  if (!talks) return;
  const words = labWords(name);
  if (exitCode === 0) print(`\n${whatComesNext(await openLab(name, createTools()), words)}`);
  else if (exitCode !== 130 && played !== undefined)
    print(
      `\n\`lab hint${words}\` says what to try, \`lab why ${played.id}${labWords(name, '--lab ')}\` looks closer.`,
    );
}

function showNext(lab: OpenLab, name: string | undefined, options: NextOptions): void {
  const step = stepOf(lab);
  if (options.json) printJson(planNext(lab, step));
  else print(step === undefined ? whatComesNext(lab, labWords(name)) : textOf(lab, step));
}

function stepOf({ loaded, state }: OpenLab): Step | undefined {
  return nextStep(selectSteps(loaded.scenario, state.edition), state.steps);
}

function planNext(lab: OpenLab, step: Step | undefined): Plan {
  return { ...planOn(lab, 'next'), tasks: step === undefined ? [] : [stepTask(step)] };
}

function textOf(lab: OpenLab, step: Step): string {
  return printable(describeStep(lab, step).join('\n'));
}
