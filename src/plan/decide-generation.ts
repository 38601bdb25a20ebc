import type { Facts } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';
import type { Scenario } from '../model/scenario.ts';

export interface GenerationDecision {
  number: number;
  /** A new token is needed. */
  isNew: boolean;
  /** Members of the cluster. */
  size: number;
  /** Machines that must be given (or given again) their user-data. */
  toApply: string[];
  reasons: string[];
}

/**
 * Whether the cluster goes on with its token. A token is good for one bootstrap of one set of members: when a
 * member's machine was made again its data is gone and etcd refuses to register it a second time ("found duplicate
 * id"), so all members start over with a new token, as the book says.
 */
export function decideGeneration(
  scenario: Scenario,
  machines: readonly Machine[],
  facts: Facts,
): GenerationDecision {
  const members = machines
    .filter((machine) => machine.role === scenario.discovery?.role)
    .map(({ name }) => name);
  const current = facts.state?.generation;
  if (members.length === 0) return { number: 0, isNew: false, size: 0, toApply: [], reasons: [] };
  if (current === undefined) return fresh(1, members, []);
  // A machine that is half made is made again.
  const whole = facts.machines.filter((seen) => seen.state !== 'unknown');
  const ids = new Map(whole.map((seen) => [seen.name, seen.id]));
  const remade = Object.entries(current.applied)
    .filter(([name, { id }]) => members.includes(name) && ids.get(name) !== id)
    .map(([name]) => name);
  const next = current.number + 1;
  if (remade.length > 0) {
    return fresh(next, members, [
      `new cluster (generation ${next}): the disk of ${remade.join(', ')} is gone, and with it its etcd member`,
    ]);
  }
  if (current.members.join() !== members.join()) {
    return fresh(next, members, [
      `new cluster (generation ${next}): the number of members changes to ${members.length}`,
    ]);
  }
  const toApply = members.filter((name) => current.applied[name]?.done !== true);
  return { number: current.number, isNew: false, size: members.length, toApply, reasons: [] };
}

function fresh(number: number, members: string[], reasons: string[]): GenerationDecision {
  return { number, isNew: true, size: members.length, toApply: members, reasons };
}
