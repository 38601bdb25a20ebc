import type { Handler } from '../runner.ts';

/** Stops machines, keeping their disks. */
export const haltMachines: Handler<'halt-machines'> = async (task, context) => {
  for (const machine of task.machines) context.disconnect(machine);
  await context.driver.halt(context.paths.project(task.project), task.machines, context.signal);
  return { status: 'changed', message: `${task.machines.length} stopped` };
};
