import type { Check, OutputExpectation, Scenario } from '../model/scenario.ts';
import { patternProblem } from './pattern-problem.ts';
import { targetProblems } from './target-problems.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** A check that refers to nothing, or that can never say anything. */
export function checkProblems(check: Check, path: DataPath, scenario: Scenario): PathProblem[] {
  const expect: DataPath = [...path, 'expect'];
  return [
    ...('http' in check
      ? [
          ...targetProblems(check.http.machine, [...path, 'http', 'machine'], scenario, { host: false }),
          ...contradictions(check.expect, expect),
        ]
      : targetProblems(check.on, [...path, 'on'], scenario, { host: true })),
    ...expectationProblems(check.expect, expect),
    ...unitProblems(check, path),
    ...mutationProblems(check, path, scenario),
  ];
}

function contradictions(
  expectation: object & { unreachable?: true | undefined },
  path: DataPath,
): PathProblem[] {
  const asksForAnswer = Object.entries(expectation).some(
    ([key, value]) => key !== 'unreachable' && value !== undefined,
  );
  if (expectation.unreachable !== true || !asksForAnswer) return [];
  return [{ path, at: 'value', message: "'unreachable' expects no answer, the other keys expect one" }];
}

function expectationProblems({ matches, table, json }: OutputExpectation, path: DataPath): PathProblem[] {
  const cells = (row: Record<string, string> | undefined, place: DataPath): PathProblem[] =>
    Object.entries(row ?? {}).flatMap(([column, pattern]) => patternProblem(pattern, [...place, column]));
  return [
    ...patternProblem(matches, [...path, 'matches']),
    ...cells(table?.every, [...path, 'table', 'every']),
    ...(table?.some ?? []).flatMap((row, entry) => cells(row, [...path, 'table', 'some', entry])),
    ...(json ?? []).flatMap((one, entry) => patternProblem(one.matches, [...path, 'json', entry, 'matches'])),
  ];
}

/** `lab why` asks the check's machine for its units; this computer is none. */
function unitProblems(check: Check, path: DataPath): PathProblem[] {
  if (check.units === undefined || 'http' in check || check.on !== 'host') return [];
  const message = "'units' are looked at on the check's machine, and this check runs on the host";
  return [{ path: [...path, 'units'], at: 'key', message }];
}

function mutationProblems({ mutation }: Check, path: DataPath, scenario: Scenario): PathProblem[] {
  return mutation === undefined
    ? []
    : targetProblems(mutation.on, [...path, 'mutation', 'on'], scenario, { host: true });
}
