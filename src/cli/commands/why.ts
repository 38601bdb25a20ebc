import type { MachineObservation } from '../../model/machine.ts';
import type { Step } from '../../model/scenario.ts';
import { stepTask } from '../../plan/plan-up.ts';
import { selectSteps } from '../../plan/select-steps.ts';
import { diagnoseStep, type StepDiagnosis } from '../../run/diagnose-step.ts';
import type { Handlers } from '../../run/runner.ts';
import { labPaths } from '../../state/lab-home.ts';
import type { CommandInput } from '../command-input.ts';
import { adviceOn, diagnosisText } from '../diagnosis-text.ts';
import { openLab, type OpenLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import { planOn, runOnLab } from '../run-on-lab.ts';
import { stepInQuestion } from '../step-in-question.ts';
import { createTools, type Tools } from '../tools.ts';

interface WhyOptions {
  lab?: string;
  json?: true;
}

/** `lab why`: tries the checks of a step and shows all that is to be seen of those that fail. */
export async function why(id: string | undefined, options: WhyOptions, input: CommandInput): Promise<void> {
  const tools = createTools();
  const lab = await openLab(options.lab, tools);
  const step = await stepAskedFor(id, lab, tools);
  if (step === undefined) {
    if (options.json) printJson({ lab: lab.state.lab });
    else print(`No step of lab ${lab.state.lab} has failed. \`lab why STEP\` looks at any of them.`);
    return;
  }
  const { diagnosis, machines } = await diagnose(lab, step, input);
  const advice = adviceOn({ lab, step, diagnosis, machines });
  if (options.json) {
    const status = diagnosis.checks.some((check) => check.status === 'failed') ? 'failed' : 'passed';
    printJson({ lab: lab.state.lab, step: step.id, status, ...diagnosis, advice });
  } else print(diagnosisText({ lab, step, diagnosis, advice }));
}

/** Throws LAB_STEP_UNKNOWN. */
async function stepAskedFor(
  id: string | undefined,
  lab: OpenLab,
  { home }: Tools,
): Promise<Step | undefined> {
  if (id !== undefined) return selectSteps(lab.loaded.scenario, lab.state.edition, { only: [id] })[0];
  const question = await stepInQuestion(lab, labPaths(home, lab.state.lab).logs);
  return question?.failed === true ? question.step : undefined;
}

/** A run like any other, with its lock, its log and its Ctrl-C, of which the reporters say nothing. */
async function diagnose(
  { state: { lab } }: OpenLab,
  step: Step,
  input: CommandInput,
): Promise<{ diagnosis: StepDiagnosis; machines: MachineObservation[] }> {
  let machines: MachineObservation[] = [];
  let diagnosis: StepDiagnosis = { unreachable: [], checks: [], units: [] };
  const instead: Pick<Handlers, 'step'> = {
    step: async (task, context, report) => {
      diagnosis = await diagnoseStep(task.step, machines, context, report);
      const failed = diagnosis.checks.some((check) => check.status === 'failed');
      return { status: failed ? 'failed' : 'passed' };
    },
  };
  await runOnLab(
    lab,
    'why',
    { silent: true },
    input,
    async (present) => {
      machines = await present.observed();
      return { ...planOn(present, 'why'), tasks: [stepTask(step)] };
    },
    instead,
  );
  return { diagnosis, machines };
}
