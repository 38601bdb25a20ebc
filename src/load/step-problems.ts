import type { Scenario, Step } from '../model/scenario.ts';
import { actionProblems } from './action-problems.ts';
import { checkProblems } from './check-problems.ts';
import { orderProblems } from './order-problems.ts';
import { referenceProblem } from './reference-problem.ts';
import type { KnownFiles } from './known-files.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Steps that refer to nothing, or whose checks can never say anything. */
export function stepProblems(
  scenario: Scenario,
  known: KnownFiles,
  includedSteps: ReadonlySet<string>,
): PathProblem[] {
  const artifacts = new Set(Object.keys(scenario.artifacts));
  const editions = new Set(Object.keys(scenario.editions));
  return scenario.steps.flatMap((step, index) => {
    const path: DataPath = ['steps', index];
    return [
      ...orderProblems(step, index, scenario.steps, includedSteps),
      ...referenceProblem('an edition', step.edition, editions, [...path, 'edition']),
      ...step.artifacts.flatMap((name, entry) =>
        referenceProblem('an artifact', name, artifacts, [...path, 'artifacts', entry]),
      ),
      ...(['run', 'undo'] as const).flatMap((key) =>
        (step[key] ?? []).flatMap((action, entry) =>
          actionProblems(action, [...path, key, entry], scenario, known),
        ),
      ),
      ...nothingDone(step, path),
      ...step.checks.flatMap((check, entry) => checkProblems(check, [...path, 'checks', entry], scenario)),
    ];
  });
}

/** Where nothing is done, there is nothing to take back and nothing to do again. */
function nothingDone({ run, undo = [], idempotent }: Step, path: DataPath): PathProblem[] {
  if (run.length > 0) return [];
  const because = "but this step has no 'run': it only looks";
  const taken: PathProblem = {
    path: [...path, 'undo'],
    at: 'key',
    message: `'undo' takes back what 'run' did, ${because}`,
  };
  const again: PathProblem = {
    path: [...path, 'idempotent'],
    at: 'key',
    message: `'idempotent' says that 'run' can be done again, ${because}`,
  };
  return [...(undo.length > 0 ? [taken] : []), ...(idempotent === true ? [again] : [])];
}
