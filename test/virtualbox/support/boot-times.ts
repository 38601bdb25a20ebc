import type { LabRun } from '../../e2e/support/lab-run.ts';

/** When Vagrant was at work on a machine, in seconds since the beginning of the run. */
export interface BootTime {
  machine: string;
  from: number;
  to: number;
}

/** From what a run of `lab up` said of each machine while it booted them, in the order in which they were begun. */
export function bootTimes(run: LabRun): BootTime[] {
  const [start] = run.events;
  const zero = start === undefined || !('at' in start) ? 0 : Date.parse(start.at);
  const times = new Map<string, BootTime>();
  for (const event of run.events) {
    if (event.type !== 'task-progress' || event.task !== 'boot-coreos' || event.machine === undefined)
      continue;
    const { machine } = event;
    const to = (Date.parse(event.at) - zero) / 1000;
    times.set(machine, { machine, from: times.get(machine)?.from ?? to, to });
  }
  return [...times.values()];
}
