import type { Step } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/**
 * Ids that are there twice, and needs that cannot be met. Steps are played from top to bottom, those of included scenarios
 * (`includedSteps`) before all others, so that what a step needs stands above it; a
 * circle cannot then come about.
 */
export function orderProblems(
  step: Step,
  index: number,
  steps: readonly Step[],
  includedSteps: ReadonlySet<string>,
): PathProblem[] {
  const path: DataPath = ['steps', index];
  return [
    ...idProblems(step, index, steps, includedSteps).map((message): PathProblem => ({
      path: [...path, 'id'],
      at: 'value',
      message,
    })),
    ...step.needs.flatMap((name, entry) =>
      needProblems(name, step, index, steps, includedSteps, [...path, 'needs', entry]),
    ),
  ];
}

function idProblems(
  { id }: Step,
  index: number,
  steps: readonly Step[],
  includedSteps: ReadonlySet<string>,
): string[] {
  const first = steps.findIndex((other) => other.id === id);
  if (first !== index) return [`id '${id}' is there twice; step ${first + 1} has it`];
  return includedSteps.has(id) ? [`id '${id}' is that of an included step`] : [];
}

function needProblems(
  name: string,
  step: Step,
  index: number,
  steps: readonly Step[],
  includedSteps: ReadonlySet<string>,
  path: DataPath,
): PathProblem[] {
  const position = steps.findIndex((other) => other.id === name);
  if (position < 0) {
    const ids = new Set([...includedSteps, ...steps.map((other) => other.id)]);
    return referenceProblem('the id of a step', name, ids, path);
  }
  const message = reasonAgainst(name, position, step, index, steps);
  return message === undefined ? [] : [{ path, at: 'value', message }];
}

function reasonAgainst(
  name: string,
  position: number,
  { edition }: Step,
  index: number,
  steps: readonly Step[],
): string | undefined {
  if (position === index) return 'a step cannot need itself';
  if (position > index) return `'${name}' comes after this step; a step can only need steps above it`;
  const needed = steps[position]?.edition;
  if (needed === undefined || edition === undefined || needed === edition) return undefined;
  return `'${name}' belongs to edition ${needed}, this step to ${edition}: they are never played together`;
}
