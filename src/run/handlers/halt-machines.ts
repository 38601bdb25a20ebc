import type { Handler } from '../runner.ts';

/** Stops machines, keeping their disks. */
export const haltMachines: Handler<'halt-machines'> = async (task, context) => {
  for (const machine of task.machines) context.disconnect(machine);
  const projectDir = context.paths.project(task.project);
  await context.driver.halt(projectDir, task.machines, context.signal);
  await context.provider.settle(projectDir, task.machines, context.signal);
  return { status: 'changed', message: `${task.machines.length} stopped` };
};
