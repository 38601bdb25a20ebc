import type { Plan } from '../../model/plan.ts';
import { planGoto, type Restorable } from '../../plan/plan-goto.ts';
import { formatPlan } from '../../report/plan-text.ts';
import { projectDir } from '../../state/lab-home.ts';
import { observeMachines } from '../../state/observe-machines.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { openLab } from '../open-lab.ts';
import { print, printJson } from '../print.ts';
import { readCheckpoints } from '../read-checkpoints.ts';
import type { ReportFlags } from '../report-flags.ts';
import { labWords, reportsToPeople } from '../report-to-people.ts';
import { assertUp, planOn, runOnLab, type PresentLab } from '../run-on-lab.ts';
import { createTools, type Tools } from '../tools.ts';
import { whatComesNext } from '../what-comes-next.ts';

interface GotoOptions extends ReportFlags {
  lab?: string;
  dryRun?: true;
}

/** `lab goto STEP`: back or forward to where that step is the next, and the checks that hold there. */
export async function goTo(step: string, options: GotoOptions, input: CommandInput): Promise<void> {
  const tools = createTools();
  if (options.dryRun) {
    const plan = await planOf(await unheldLab(options.lab, tools, input), step, tools, input);
    if (options.json) printJson(plan);
    else print(formatPlan(plan));
    return;
  }
  let exitCode = 0;
  const setExitCode = (code: number): void => {
    exitCode = code;
    input.setExitCode(code);
  };
  await runOnLab(options.lab, 'goto', options, { ...input, setExitCode }, async (lab) => {
    const plan = await planOf(lab, step, tools, input);
    // Restoring starts the machines, also those of a lab whose restoring was cut off.
    if (!plan.tasks.some((task) => task.kind === 'restore-checkpoint')) await assertUp(lab);
    return plan;
  });
  if (!reportsToPeople(options)) return;
  const words = labWords(options.lab);
  if (exitCode === 0) print(`\n${whatComesNext(await openLab(options.lab, tools), words)}`);
  else if (exitCode === 1)
    print(`\n\`lab hint${words}\` says what to try; \`lab goto ${step}\` again goes on.`);
}

async function planOf(lab: PresentLab, target: string, tools: Tools, input: CommandInput): Promise<Plan> {
  const { state, loaded } = lab;
  const { tasks, reasons, warnings } = planGoto({
    scenario: loaded.scenario,
    edition: state.edition,
    target,
    records: state.steps,
    machines: state.machines,
    checkpoints: await restorable(lab, tools, input),
  });
  return { ...planOn(lab, 'goto'), reasons, warnings, tasks };
}

/** The lab's checkpoints that can be restored; none where the provider has none. */
async function restorable(lab: PresentLab, tools: Tools, { signal }: CommandInput): Promise<Restorable[]> {
  const { provider } = chooseProvider('auto', lab.state.provider, tools);
  if (provider.checkpoints === undefined) return [];
  const found = await readCheckpoints(lab.state, await lab.observed(), provider, tools, signal);
  return found.flatMap(({ name, savedAt, steps, problem }) =>
    problem === undefined && savedAt !== undefined && steps !== undefined ? [{ name, savedAt, steps }] : [],
  );
}

/** A lab that is only looked at. */
async function unheldLab(
  name: string | undefined,
  tools: Tools,
  { signal }: CommandInput,
): Promise<PresentLab> {
  const lab = await openLab(name, tools);
  const { provider } = chooseProvider('auto', lab.state.provider, tools);
  const folder = (project: string): string => projectDir(tools.home, lab.state.lab, project);
  return { ...lab, observed: () => observeMachines(lab.state.machines, provider, folder, signal) };
}
