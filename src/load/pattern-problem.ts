import type { DataPath, PathProblem } from './yaml-source.ts';

/** A problem where the text is no regular expression. What templates in it will put there is taken to be harmless. */
export function patternProblem(pattern: string | undefined, path: DataPath): PathProblem[] {
  if (pattern === undefined) return [];
  try {
    new RegExp(pattern.replace(/\{\{.*?\}\}+/g, 'x'));
    return [];
  } catch (error) {
    const message = `not a regular expression: ${(error as Error).message}`;
    return [{ path, at: 'value', message }];
  }
}
