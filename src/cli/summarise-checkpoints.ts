import type { LabState } from '../model/lab-state.ts';
import type { MachineObservation } from '../model/machine.ts';
import type { CheckpointRecord } from '../state/checkpoint-file.ts';

/** What is known of a checkpoint from the lab's record and from the machines. */
export interface CheckpointSummary {
  name: string;
  /** ISO 8601; missing where the lab has no record of it. */
  savedAt?: string;
  /** Machines that have a snapshot of that name. */
  machines: string[];
  /** The record of the steps played. */
  steps?: LabState['steps'];
  /** Why it cannot be restored; missing where it can. */
  problem?: string;
}

/**
 * All checkpoints, oldest first, then what is none: snapshots that were made by `vagrant snapshot save` or left by a
 * run that was killed. `present` is what the provider lists, `machines` what the lab's machines are now.
 */
export function summariseCheckpoints(
  records: readonly CheckpointRecord[],
  present: readonly { name: string; machines: string[] }[],
  machines: readonly MachineObservation[],
): CheckpointSummary[] {
  const having = new Map(present.map((listed) => [listed.name, listed.machines]));
  const recorded = [...records]
    .sort((one, other) => one.savedAt.localeCompare(other.savedAt))
    .map((record): CheckpointSummary => {
      const names = having.get(record.name) ?? [];
      const problem = problemOf(record, names, machines);
      return {
        name: record.name,
        savedAt: record.savedAt,
        machines: names,
        steps: record.steps,
        ...(problem === undefined ? {} : { problem }),
      };
    });
  const known = new Set(records.map((record) => record.name));
  const others = present
    .filter(({ name }) => !known.has(name))
    .map((listed): CheckpointSummary => ({
      ...listed,
      problem: 'not saved to its end by `lab checkpoint save`',
    }));
  return [...recorded, ...others];
}

/** A cluster is restored as a whole or not at all. */
function problemOf(
  record: CheckpointRecord,
  having: readonly string[],
  machines: readonly MachineObservation[],
): string | undefined {
  const ids = new Map(machines.map((machine) => [machine.name, machine.id]));
  const saved = new Set(record.machines.map((machine) => machine.name));
  const problems = [
    ...record.machines.flatMap(({ name, id }) => {
      if (ids.get(name) === undefined) return [`${name} is not there any more`];
      if (ids.get(name) !== id) return [`${name} was made again since`];
      return having.includes(name) ? [] : [`the snapshot of ${name} is gone`];
    }),
    ...machines.filter(({ name }) => !saved.has(name)).map(({ name }) => `${name} was added since`),
  ];
  return problems.length === 0 ? undefined : problems.join(', ');
}
