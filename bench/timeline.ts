import type { RunEvent } from '../src/model/event.ts';

/** One machine's way through `lab up`, in seconds from the beginning of the run. */
export interface MachineTimeline {
  machine: string;
  begun: number;
  started: number;
  answered: number;
  ended: number;
}

/** From the events of a run with `--json`. */
export function bootTimeline(jsonLines: string): MachineTimeline[] {
  const events = jsonLines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  const zero = events[0] === undefined || !('at' in events[0]) ? 0 : Date.parse(events[0].at);
  const lines = events.flatMap((event) =>
    event.type === 'task-progress' && event.task.startsWith('boot-') && event.machine !== undefined
      ? [{ machine: event.machine, message: event.message, at: (Date.parse(event.at) - zero) / 1000 }]
      : [],
  );
  const end = events.find((event) => event.type === 'task-finished' && event.task.startsWith('boot-'));
  const endOfBoot = end?.type === 'task-finished' ? (Date.parse(end.at) - zero) / 1000 : 0;
  return [...new Set(lines.map(({ machine }) => machine))].map((machine) => {
    const own = lines.filter((line) => line.machine === machine);
    const at = (start: string): number => own.find(({ message }) => message.startsWith(start))?.at ?? 0;
    const last = own.at(-1)?.at ?? 0;
    return {
      machine,
      begun: own[0]?.at ?? 0,
      started: at('Booting VM'),
      answered: at('Machine booted and ready'),
      // Vagrant says nothing when it ends.
      ended: Math.min(Math.max(last, at('Machine booted and ready')), endOfBoot),
    };
  });
}

/** A bar for each machine, one character a second. */
export function formatTimeline(machines: readonly MachineTimeline[]): string[] {
  const bars = machines.map(({ machine, begun, started, answered, ended }) => {
    const parts = [
      ' '.repeat(Math.round(begun)),
      'i'.repeat(width(begun, started)),
      'b'.repeat(width(started, answered)),
      's'.repeat(width(answered, ended)),
    ];
    return `${machine}  ${parts.join('')}`;
  });
  const overlap = machines.reduce(
    (most, one) =>
      Math.max(
        most,
        machines.filter((other) => other.started <= one.started && one.started < other.answered).length,
      ),
    0,
  );
  return [...bars, `at most ${overlap} booting at the same time`];
}

function width(from: number, to: number): number {
  return Math.max(0, Math.round(to) - Math.round(from));
}
