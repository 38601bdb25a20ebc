import type { Machine } from './machine.ts';

/**
 * Whether what the steps did is lost with these machines, which are about to be made: one of them was there before, or
 * is one of those that steps mean by `all`. An optional machine that is added is neither.
 */
export function stepsAreLost(
  machines: readonly Machine[],
  toMake: readonly string[],
  hostKeys: Readonly<Record<string, string>>,
): boolean {
  const role = machines[0]?.role;
  return machines.some(
    (machine) =>
      toMake.includes(machine.name) && (hostKeys[machine.name] !== undefined || machine.role === role),
  );
}
