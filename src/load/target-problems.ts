import type { MachineGroup, Scenario } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** A target that is neither a word for machines, nor the name of one, nor a template. `host` is this computer. */
export function targetProblems(
  target: string,
  path: DataPath,
  { machines }: Scenario,
  { host }: { host: boolean },
): PathProblem[] {
  if (machines.some((group) => namePattern(group).test(target))) return [];
  const words = ['all', 'others', 'remaining', ...(host ? ['host'] : [])];
  const fixed = machines.map(({ name }) => name).filter((name) => !name.includes('{{'));
  const problems = referenceProblem(
    'a machine, nor a word for several',
    target,
    new Set([...words, ...fixed]),
    path,
  );
  const numbered = machines.flatMap((group) => (group.name.includes('{{') ? firstName(group) : []));
  if (numbered.length === 0) return problems;
  return problems.map((problem) => ({
    ...problem,
    hint: `There are: ${[...words, ...fixed, ...numbered].join(', ')}.`,
  }));
}

/** As it stands in the file: what a template makes of a number is not known here. */
function firstName({ name, count }: MachineGroup): string[] {
  return [count === 1 ? name : `${name} and so on`];
}

function namePattern({ name }: MachineGroup): RegExp {
  const parts = name.split(/\{\{.*?\}\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}
