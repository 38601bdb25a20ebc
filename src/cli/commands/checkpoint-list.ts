import { checkpointsOf } from '../../run/checkpointed-machines.ts';
import { projectDir } from '../../state/lab-home.ts';
import { observeMachines, silenceProblems } from '../../state/observe-machines.ts';
import { assertReady } from '../assert-ready.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { openState } from '../open-lab.ts';
import { formatColumns, print, printJson } from '../print.ts';
import { readCheckpoints } from '../read-checkpoints.ts';
import type { CheckpointSummary } from '../summarise-checkpoints.ts';
import { createTools } from '../tools.ts';

/** `lab checkpoint list`: the checkpoints of a lab, and snapshots of its machines that are none. */
export async function listCheckpoints(
  options: { lab?: string; json?: true },
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const state = await openState(options.lab, tools);
  const { provider } = chooseProvider('auto', state.provider, tools);
  checkpointsOf(provider);
  const folder = (project: string): string => projectDir(tools.home, state.lab, project);
  const seen = await observeMachines(state.machines, provider, folder, input.signal);
  assertReady(silenceProblems(seen, provider.name));
  const summaries = await readCheckpoints(state, seen, provider, tools, input.signal);
  if (options.json) printJson(summaries);
  else if (summaries.length === 0)
    print(`Lab ${state.lab} has no checkpoints. \`lab checkpoint save NAME\` makes one.`);
  else print(formatColumns([['NAME', 'SAVED', 'MACHINES', 'STEPS PASSED', ''], ...summaries.map(row)]));
}

function row({ name, savedAt, machines, steps, problem }: CheckpointSummary): string[] {
  const passed = Object.values(steps ?? {}).filter((step) => step.status === 'passed').length;
  return [
    name,
    savedAt === undefined ? '-' : new Date(savedAt).toLocaleString('sv'),
    machines.join(' '),
    steps === undefined ? '-' : String(passed),
    problem === undefined ? '' : `incomplete: ${problem}`,
  ];
}
