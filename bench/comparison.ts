import { median } from './statistics.ts';

/** One thing done in two ways, several times by turns. All times are seconds. */
export interface Comparison {
  what: string;
  /** What `lab` is measured against: by hand with Vagrant, or bare Node. */
  other: number[];
  lab: number[];
  /** Ratio of the medians, lab to other, that `lab` has to stay below; undefined: told, not judged. */
  limit?: number;
}

export function ratio({ lab, other }: Comparison): number {
  return median(lab) / median(other);
}

/**
 * Does both things `rounds` times, by turns, and each time the other one first, so that whatever else the machine
 * does meets both alike. One round more at the start warms caches and is not counted.
 */
export async function compare(
  comparison: Pick<Comparison, 'what' | 'limit'>,
  rounds: number,
  other: () => Promise<number>,
  lab: () => Promise<number>,
): Promise<Comparison> {
  const result: Comparison = { ...comparison, other: [], lab: [] };
  await other();
  await lab();
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) result.other.push(await other());
    result.lab.push(await lab());
    if (round % 2 === 1) result.other.push(await other());
  }
  return result;
}
