import { UsageError } from '../../model/errors.ts';
import type { MachineObservation } from '../../model/machine.ts';
import type { Plan, Task } from '../../model/plan.ts';
import { stepTask } from '../../plan/plan-up.ts';
import { checkpointsOf } from '../../run/checkpointed-machines.ts';
import { assertWhole } from '../assert-whole.ts';
import { chooseProvider } from '../choose-provider.ts';
import type { CommandInput } from '../command-input.ts';
import { assertCheckpointName, findCheckpoint, findWholeCheckpoint } from '../find-checkpoint.ts';
import { openState } from '../open-lab.ts';
import { readCheckpoints } from '../read-checkpoints.ts';
import type { ReportFlags } from '../report-flags.ts';
import { planOn, runOnLab, type PresentLab } from '../run-on-lab.ts';
import { checksOnly, stepsToCheck } from '../steps-to-check.ts';
import type { CheckpointSummary } from '../summarise-checkpoints.ts';
import { createTools } from '../tools.ts';

export interface CheckpointOptions extends ReportFlags {
  lab?: string;
}

/** `lab checkpoint save`: all machines as they are at one moment, and which steps have passed. */
export async function saveCheckpoint(
  name: string,
  options: CheckpointOptions & { force?: true },
  input: CommandInput,
): Promise<void> {
  await runOnCheckpoints('save', name, options, input, (lab, checkpoints, seen) => {
    assertWhole(lab.state);
    assertAllRun(seen);
    const replace = checkpoints.some((checkpoint) => checkpoint.name === name);
    if (replace && options.force !== true) throw exists(name, checkpoints);
    return [
      { kind: 'save-checkpoint', id: 'save-checkpoint', title: `Save checkpoint ${name}`, name, replace },
    ];
  });
}

/** `lab checkpoint restore`: all machines and the record of the steps as they were, and the checks that then held. */
export async function restoreCheckpoint(
  name: string,
  options: CheckpointOptions,
  input: CommandInput,
): Promise<void> {
  await runOnCheckpoints('restore', name, options, input, (lab, checkpoints) => {
    const { steps = {} } = findWholeCheckpoint(name, checkpoints);
    const state = { ...lab.state, steps };
    return [
      { kind: 'restore-checkpoint', id: 'restore-checkpoint', title: `Restore checkpoint ${name}`, name },
      ...stepsToCheck({ ...lab, state }).map(stepTask),
    ];
  });
}

/** `lab checkpoint delete`: also what is none, or is not whole. */
export async function deleteCheckpoint(
  name: string,
  options: CheckpointOptions,
  input: CommandInput,
): Promise<void> {
  await runOnCheckpoints('delete', name, options, input, ({ state }, checkpoints) => {
    // Without it the lab could only be destroyed.
    if (state.restoring === name) assertWhole(state);
    findCheckpoint(name, checkpoints);
    return [{ kind: 'delete-checkpoint', id: 'delete-checkpoint', title: `Delete checkpoint ${name}`, name }];
  });
}

/** Throws LAB_CHECKPOINT_UNSUPPORTED before anything else is looked at. */
async function runOnCheckpoints(
  verb: string,
  name: string,
  options: CheckpointOptions,
  input: CommandInput,
  makeTasks: (
    lab: PresentLab,
    checkpoints: readonly CheckpointSummary[],
    seen: readonly MachineObservation[],
  ) => Task[],
): Promise<void> {
  assertCheckpointName(name);
  const tools = createTools();
  const state = await openState(options.lab, tools);
  const { provider } = chooseProvider('auto', state.provider, tools);
  checkpointsOf(provider);
  const command = `checkpoint ${verb}`;
  const makePlan = async (lab: PresentLab): Promise<Plan> => {
    const seen = await lab.observed();
    const checkpoints = await readCheckpoints(lab.state, seen, provider, tools, input.signal);
    return { ...planOn(lab, `checkpoint-${verb}`), tasks: makeTasks(lab, checkpoints, seen) };
  };
  await runOnLab(state.lab, command, options, input, makePlan, checksOnly);
}

function assertAllRun(seen: readonly MachineObservation[]): void {
  const others = seen.filter((machine) => machine.state !== 'running');
  if (others.length === 0) return;
  const states = others.map(({ name, state, detail }) => `${name} is ${detail ?? state}`).join(', ');
  throw new UsageError('LAB_NOT_UP', `All machines must run to be saved as one: ${states}.`, {
    hint: '`lab up` starts them.',
  });
}

function exists(name: string, checkpoints: readonly CheckpointSummary[]): UsageError {
  const { savedAt, problem } = findCheckpoint(name, checkpoints);
  const what = savedAt === undefined ? `snapshots of that name (${problem ?? ''})` : `one of ${savedAt}`;
  return new UsageError('LAB_CHECKPOINT_EXISTS', `There is a checkpoint ${name} already: ${what}.`, {
    hint: 'Choose another name, or add --force to replace it.',
  });
}
