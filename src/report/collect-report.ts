import type { RunEvent, RunReport } from '../model/event.ts';

type ReportedTask = RunReport['tasks'][number];

/**
 * The whole run in one piece, from its events so far. Tasks that did not start, and the one that an interruption
 * stopped, are `pending`. Counts are of tasks: whatever was done, or was found done, counts as passed.
 */
export function collectReport(events: readonly RunEvent[]): RunReport {
  const tasks = events.reduce<ReportedTask[]>(foldEvent, []);
  const count = (...statuses: ReportedTask['status'][]): number =>
    tasks.filter((task) => statuses.includes(task.status)).length;
  return {
    status: overallStatus(tasks),
    seconds: elapsedSeconds(events),
    tasks,
    counts: {
      passed: count('changed', 'unchanged', 'passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      blocked: count('blocked'),
    },
  };
}

function foldEvent(tasks: ReportedTask[], event: RunEvent): ReportedTask[] {
  if (event.type === 'run-started') {
    return event.plan.tasks.map(({ id, title, kind }) => ({
      id,
      title,
      kind,
      status: 'pending',
      seconds: 0,
      checks: [],
    }));
  }
  if (event.type !== 'check-finished' && event.type !== 'task-finished') return tasks;
  return tasks.map((task) => (task.id === event.task ? foldIntoTask(task, event) : task));
}

function foldIntoTask(
  task: ReportedTask,
  event: Extract<RunEvent, { type: 'check-finished' | 'task-finished' }>,
): ReportedTask {
  if (event.type === 'check-finished') return { ...task, checks: [...task.checks, event.check] };
  const { status, seconds, message, error } = event;
  return {
    ...task,
    status: error?.code === 'LAB_INTERRUPTED' ? 'pending' : status,
    seconds,
    ...(message === undefined ? {} : { message }),
    ...(error === undefined ? {} : { error }),
  };
}

function overallStatus(tasks: readonly ReportedTask[]): RunReport['status'] {
  const some = (...statuses: ReportedTask['status'][]): boolean =>
    tasks.some((task) => statuses.includes(task.status));
  if (tasks.some((task) => task.error?.code === 'LAB_INTERRUPTED')) return 'interrupted';
  if (some('failed')) return 'failed';
  if (some('blocked')) return 'blocked';
  // Without a verdict on all tasks the run was cut off.
  if (some('pending')) return 'interrupted';
  return some('changed', 'passed', 'skipped') ? 'passed' : 'unchanged';
}

function elapsedSeconds(events: readonly RunEvent[]): number {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return (Date.parse(last.at) - Date.parse(first.at)) / 1000;
}
