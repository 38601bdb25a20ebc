import type { RunReport } from '../../../src/model/event.ts';
import type { LabResult } from './lab-user.ts';

type ReportedTask = RunReport['tasks'][number];

/** Ids of the tasks that a run has begun, steps without their `step-`. */
export function tasksOf({ run }: LabResult): string[] {
  return run.report.tasks.filter((task) => task.status !== 'pending').map((task) => task.id);
}

/** A task of a run by its id. */
export function taskOf({ run }: LabResult, id: string): ReportedTask {
  const task = run.report.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`no task ${id} in: ${run.describe()}`);
  return task;
}
