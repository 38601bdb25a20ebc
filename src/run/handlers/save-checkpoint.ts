import { count } from '../../model/count.ts';
import { removeCheckpoint, saveCheckpoint as saveRecord } from '../../state/checkpoint-file.ts';
import { checkpointedMachines, checkpointsOf } from '../checkpointed-machines.ts';
import type { Handler } from '../runner.ts';

/** Saves all machines, then the lab's record of them, which makes a checkpoint of it. One that is replaced is removed first. */
export const saveCheckpoint: Handler<'save-checkpoint'> = async ({ name, replace }, context, report) => {
  const { provider, paths, signal, clock } = context;
  const checkpoints = checkpointsOf(provider);
  const machines = await checkpointedMachines(context);
  if (replace) {
    await removeCheckpoint(paths.lab, name);
    await checkpoints.delete(machines, name, signal);
  }
  for (const machine of machines) report.progress('paused while it is saved', machine.name);
  const savedAt = new Date(clock.now()).toISOString();
  await checkpoints.save(machines, name, signal);
  const { steps, generation, hostKeys } = context.state();
  try {
    await saveRecord(paths.lab, {
      version: 1,
      name,
      savedAt,
      machines,
      steps,
      ...(generation === undefined ? {} : { generation }),
      hostKeys,
    });
  } catch (error) {
    await checkpoints.delete(machines, name, signal);
    throw error;
  }
  for (const machine of machines) report.progress('saved, and running again', machine.name);
  return { status: 'changed', message: `${count(machines.length, 'machine')} saved` };
};
