import type { Action, Check, OutputExpectation, Scenario, Step } from '../model/scenario.ts';
import { patternProblem } from './pattern-problem.ts';
import { referenceProblem } from './reference-problem.ts';
import type { KnownFiles } from './known-files.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Steps that refer to nothing, or whose checks can never say anything. */
export function stepProblems(scenario: Scenario, known: KnownFiles): PathProblem[] {
  const artifacts = new Set(Object.keys(scenario.artifacts));
  const editions = new Set(Object.keys(scenario.editions));
  const places = { scenario, known, artifacts };
  return scenario.steps.flatMap((step, index) => {
    const path: DataPath = ['steps', index];
    return [
      ...needsProblems(step, index, scenario.steps),
      ...referenceProblem('an edition', step.edition, editions, [...path, 'edition']),
      ...step.artifacts.flatMap((name, entry) =>
        referenceProblem('an artifact', name, artifacts, [...path, 'artifacts', entry]),
      ),
      ...step.run.flatMap((action, entry) => actionProblems(action, [...path, 'run', entry], places)),
      ...step.checks.flatMap((check, entry) => checkProblems(check, [...path, 'checks', entry], scenario)),
    ];
  });
}

/** Steps are played from top to bottom, so that what a step needs stands above it; a circle cannot then come about. */
function needsProblems(step: Step, index: number, steps: readonly Step[]): PathProblem[] {
  const path: DataPath = ['steps', index];
  const first = steps.findIndex((other) => other.id === step.id);
  const twice: PathProblem[] =
    first === index
      ? []
      : [
          {
            path: [...path, 'id'],
            at: 'value',
            message: `id '${step.id}' is there twice; step ${first + 1} has it`,
          },
        ];
  const ids = new Set(steps.map((other) => other.id));
  const needs = step.needs.flatMap((name, entry): PathProblem[] => {
    const place: DataPath = [...path, 'needs', entry];
    const position = steps.findIndex((other) => other.id === name);
    if (position < 0) return referenceProblem('the id of a step', name, ids, place);
    const needed = steps[position]?.edition;
    const message =
      position === index
        ? 'a step cannot need itself'
        : position > index
          ? `'${name}' comes after this step; a step can only need steps above it`
          : needed !== undefined && step.edition !== undefined && needed !== step.edition
            ? `'${name}' belongs to edition ${needed}, this step to ${step.edition}: they are never played together`
            : undefined;
    return message === undefined ? [] : [{ path: place, at: 'value', message }];
  });
  return [...twice, ...needs];
}

function actionProblems(
  action: Action,
  path: DataPath,
  { scenario, known, artifacts }: { scenario: Scenario; known: KnownFiles; artifacts: Set<string> },
): PathProblem[] {
  if ('power' in action) return targetProblems(action.machine, [...path, 'machine'], scenario, false);
  const target = targetProblems(action.on, [...path, 'on'], scenario, 'command' in action);
  if ('file' in action) {
    const place: DataPath = [...path, 'file'];
    return [
      ...target,
      ...referenceProblem("a file in the scenario's files/", action.file, known.files, place),
    ];
  }
  if ('artifact' in action) {
    return [...target, ...referenceProblem('an artifact', action.artifact, artifacts, [...path, 'artifact'])];
  }
  return target;
}

function checkProblems(check: Check, path: DataPath, scenario: Scenario): PathProblem[] {
  const expect: DataPath = [...path, 'expect'];
  if (!('http' in check)) {
    return [
      ...targetProblems(check.on, [...path, 'on'], scenario, true),
      ...expectationProblems(check.expect, expect),
    ];
  }
  const asksForAnswer = Object.entries(check.expect).some(
    ([key, value]) => key !== 'unreachable' && value !== undefined,
  );
  const contradiction: PathProblem[] =
    check.expect.unreachable === true && asksForAnswer
      ? [{ path: expect, at: 'value', message: "'unreachable' expects no answer, the other keys expect one" }]
      : [];
  return [
    ...targetProblems(check.http.machine, [...path, 'http', 'machine'], scenario, false),
    ...contradiction,
    ...expectationProblems(check.expect, expect),
  ];
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

function targetProblems(
  target: string,
  path: DataPath,
  { machines }: Scenario,
  hostAllowed: boolean,
): PathProblem[] {
  const words = ['all', 'others', 'remaining', ...(hostAllowed ? ['host'] : [])];
  const named = machines.some((group) => namePattern(group.name).test(target));
  if (named) return [];
  const names = machines.map((group) => group.name).filter((name) => !name.includes('{{'));
  return referenceProblem('a machine, nor a word for several', target, new Set([...words, ...names]), path);
}

function namePattern(template: string): RegExp {
  const parts = template.split(/\{\{.*?\}\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}
