import { didYouMean } from './did-you-mean.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/**
 * A problem where a name refers to nothing. `what` says what it should be, e.g. `a parameter`. A name that holds a template
 * is not judged, nor is any where the existing names are not known.
 */
export function referenceProblem(
  what: string,
  name: string | undefined,
  existing: ReadonlySet<string> | undefined,
  path: DataPath,
  at: PathProblem['at'] = 'value',
): PathProblem[] {
  if (name === undefined || existing === undefined || existing.has(name) || name.includes('{{')) return [];
  const suggestion = didYouMean(name, existing);
  const question = suggestion === undefined ? '' : ` — did you mean '${suggestion}'?`;
  const hint = existing.size === 0 ? 'There are none.' : `There are: ${[...existing].join(', ')}.`;
  return [{ path, at, message: `'${name}' is not ${what}${question}`, hint }];
}
