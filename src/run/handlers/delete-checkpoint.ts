import { count } from '../../model/count.ts';
import { loadCheckpoint, removeCheckpoint, saveCheckpoint } from '../../state/checkpoint-file.ts';
import type { CheckpointRecord } from '../../state/checkpoint-file.ts';
import type { CheckpointedMachine } from '../../providers/provider.ts';
import { observeMachines } from '../../state/observe-machines.ts';
import { checkpointsOf } from '../checkpointed-machines.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler } from '../runner.ts';

/** Removes the lab's record of a checkpoint, then what the machines have of it. A machine that is gone has none. */
export const deleteCheckpoint: Handler<'delete-checkpoint'> = async ({ name }, context, report) => {
  const { provider, machines, paths, signal } = context;
  const seen = await observeMachines(machines, provider, (project) => paths.project(project), signal);
  const present = seen.flatMap((machine) =>
    machine.id === undefined ? [] : [{ name: machine.name, id: machine.id }],
  );
  for (const machine of present) report.progress('removing its snapshot', machine.name);
  // One that cannot be read is to go all the same.
  const record = await loadCheckpoint(paths.lab, name).catch(() => undefined);
  await removeCheckpoint(paths.lab, name);
  try {
    await checkpointsOf(provider).delete(present, name, signal);
  } catch (error) {
    if (record !== undefined && (await isWhole(record, present, context)))
      await saveCheckpoint(paths.lab, record);
    throw error;
  }
  return { status: 'changed', message: `removed from ${count(present.length, 'machine')}` };
};

/** Nothing of it was removed: then it can still be restored. */
async function isWhole(
  { name, machines }: CheckpointRecord,
  present: readonly CheckpointedMachine[],
  { provider, signal }: RunContext,
): Promise<boolean> {
  if (signal.aborted) return false;
  const listed = await checkpointsOf(provider).list(present, signal);
  const having = listed.find((checkpoint) => checkpoint.name === name)?.machines ?? [];
  return machines.every((machine) => having.includes(machine.name));
}
