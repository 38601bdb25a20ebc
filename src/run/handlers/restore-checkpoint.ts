import { count } from '../../model/count.ts';
import { CommandError, LabError, UsageError } from '../../model/errors.ts';
import type { LabState } from '../../model/lab-state.ts';
import type { CheckpointedMachine } from '../../providers/provider.ts';
import { loadCheckpoint, type CheckpointRecord } from '../../state/checkpoint-file.ts';
import { checkpointedMachines, checkpointsOf } from '../checkpointed-machines.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';
import { syncClock } from '../sync-clock.ts';

/**
 * Puts all machines back, then the lab's record of them, then their clocks. From its beginning to its end the state
 * says that it is under way: nothing else may start the machines meanwhile, and the same command begins anew.
 */
export const restoreCheckpoint: Handler<'restore-checkpoint'> = async ({ name }, context, report) => {
  const record = await loadCheckpoint(context.paths.lab, name);
  if (record === undefined) {
    throw new UsageError('LAB_CHECKPOINT_UNKNOWN', `There is no checkpoint ${name}.`, {
      hint: '`lab checkpoint list` shows what there is.',
    });
  }
  const machines = await checkpointedMachines(context);
  await restoreMachines(name, machines, context, report);
  await context.updateState((state) => putBack(state, record));
  await setClocks(name, machines, context, report);
  await context.updateState((state) => ({ ...state, restoring: undefined }));
  return { status: 'changed', message: `${count(machines.length, 'machine')} as of ${record.savedAt}` };
};

async function restoreMachines(
  name: string,
  machines: readonly CheckpointedMachine[],
  context: RunContext,
  report: TaskReport,
): Promise<void> {
  const { restoring } = context.state();
  await context.updateState((state) => ({ ...state, restoring: name }));
  for (const machine of machines) {
    context.disconnect(machine.name);
    report.progress('stopped and put back', machine.name);
  }
  try {
    await checkpointsOf(context.provider).restore(machines, name, context.signal);
  } catch (error) {
    const isUntouched = error instanceof LabError && error.code === 'LAB_CHECKPOINT_UNKNOWN';
    if (isUntouched) await context.updateState((state) => ({ ...state, restoring }));
    throw error;
  }
}

function putBack(state: LabState, { steps, generation, hostKeys }: CheckpointRecord): LabState {
  return { ...state, steps, generation, hostKeys };
}

/** All at the same time. Where one does not answer, all are stopped. */
async function setClocks(
  name: string,
  machines: readonly CheckpointedMachine[],
  context: RunContext,
  report: TaskReport,
): Promise<void> {
  const working = machines.map(async (machine) => {
    const behind = await syncClock(machine.name, context);
    report.progress(`answers over ssh; its clock was ${behind} s behind and is set`, machine.name);
  });
  await Promise.allSettled(working);
  try {
    await Promise.all(working);
  } catch (error) {
    context.signal.throwIfAborted();
    await haltAll(context);
    throw unanswered(name, error);
  }
}

async function haltAll({ machines, driver, paths, disconnect, signal }: RunContext): Promise<void> {
  for (const project of new Set(machines.map((machine) => machine.project))) {
    const names = machines.filter((machine) => machine.project === project).map((machine) => machine.name);
    for (const machine of names) disconnect(machine);
    await driver.halt(paths.project(project), names, signal);
  }
}

function unanswered(name: string, error: unknown): CommandError {
  const what = error instanceof Error ? error.message : String(error);
  return new CommandError(
    'LAB_CHECKPOINT_INCOMPLETE',
    `Checkpoint ${name} was not restored. ${what} All machines are stopped: half of a cluster must not run.`,
    {
      ...(error instanceof LabError ? error.details : {}),
      hint: `\`lab checkpoint restore ${name}\` again, or \`lab destroy\`.`,
      cause: error,
    },
  );
}
