import type { Action, Scenario } from '../model/scenario.ts';
import type { KnownFiles } from './known-files.ts';
import { referenceProblem } from './reference-problem.ts';
import { targetProblems } from './target-problems.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** An action of `run` or `undo` that refers to nothing, or puts a file where it cannot be. */
export function actionProblems(
  action: Action,
  path: DataPath,
  scenario: Scenario,
  known: KnownFiles,
): PathProblem[] {
  if ('power' in action)
    return targetProblems(action.machine, [...path, 'machine'], scenario, { host: false });
  const target = targetProblems(action.on, [...path, 'on'], scenario, { host: !('artifact' in action) });
  if ('file' in action) {
    return [
      ...target,
      ...destinationProblems(action, [...path, 'to']),
      ...referenceProblem("a file in the scenario's files/", action.file, known.files, [...path, 'file']),
    ];
  }
  if ('artifact' in action) {
    const artifacts = new Set(Object.keys(scenario.artifacts));
    return [...target, ...referenceProblem('an artifact', action.artifact, artifacts, [...path, 'artifact'])];
  }
  return target;
}

/** Files for machines have a place there; files for this host are put below the lab's own folder `work`. */
function destinationProblems({ on, to }: { on: string; to: string }, path: DataPath): PathProblem[] {
  const inside = !to.startsWith('/') && !to.split('/').includes('..');
  const message =
    on === 'host' && !inside
      ? 'a file for the host is put into the lab\'s own folder: a relative path without ".."'
      : on !== 'host' && !to.startsWith('/') && !to.startsWith('{{')
        ? 'a path on a machine starts with "/"'
        : undefined;
  return message === undefined ? [] : [{ path, at: 'value', message }];
}
