import type { Action, Check, Scenario } from '../model/scenario.ts';
import { textProblems } from './text-problems.ts';
import { groupValues, parameterValues, stepValues, valuesOn } from './template-values.ts';
import type { TemplateValues } from './template-values.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Templates that do not parse, or that name a value that will not be there. */
export function templateProblems(scenario: Scenario): PathProblem[] {
  return [...groupProblems(scenario), ...stepProblems(scenario)];
}

function groupProblems(scenario: Scenario): PathProblem[] {
  const ofGroup = groupValues(scenario);
  const general = parameterValues(scenario);
  return scenario.machines.flatMap((group, index) => [
    ...problemsIn(group.name, ['machines', index, 'name'], ofGroup),
    ...problemsIn(group.aliases, ['machines', index, 'aliases'], ofGroup),
    ...problemsIn(group.settings, ['machines', index, 'settings'], general),
    ...problemsIn(group.box, ['machines', index, 'box'], general),
  ]);
}

function stepProblems(scenario: Scenario): PathProblem[] {
  return scenario.steps.flatMap(({ run, undo = [], checks }, index) => [
    ...run.flatMap((action, entry) => actionProblems(action, ['steps', index, 'run', entry], scenario)),
    ...undo.flatMap((action, entry) => actionProblems(action, ['steps', index, 'undo', entry], scenario)),
    ...checks.flatMap((check, entry) => checkProblems(check, ['steps', index, 'checks', entry], scenario)),
  ]);
}

function actionProblems(action: Action, path: DataPath, scenario: Scenario): PathProblem[] {
  if ('power' in action) return problemsIn(action, path, stepValues(scenario));
  const { on, ...rest } = action;
  return [
    ...problemsIn(on, [...path, 'on'], stepValues(scenario)),
    ...problemsIn(rest, path, valuesOn(on, scenario)),
  ];
}

function checkProblems(check: Check, path: DataPath, scenario: Scenario): PathProblem[] {
  const { mutation, ...own } = check;
  const place: DataPath = [...path, 'mutation'];
  const ofMutation =
    mutation === undefined
      ? []
      : [
          ...problemsIn(mutation.on, [...place, 'on'], stepValues(scenario)),
          ...problemsIn({ ...mutation, on: '' }, place, valuesOn(mutation.on, scenario)),
        ];
  if ('http' in own) {
    const { machine, ...http } = own.http;
    return [
      ...problemsIn(machine, [...path, 'http', 'machine'], stepValues(scenario)),
      ...problemsIn({ ...own, http }, path, valuesOn(machine, scenario)),
      ...ofMutation,
    ];
  }
  const { on, ...rest } = own;
  return [
    ...problemsIn(on, [...path, 'on'], stepValues(scenario)),
    ...problemsIn(rest, path, valuesOn(on, scenario)),
    ...ofMutation,
  ];
}

/** Every text below a place, keys not included. */
function problemsIn(data: unknown, path: DataPath, values: TemplateValues): PathProblem[] {
  if (typeof data === 'string') return textProblems(data, path, values);
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data)
    ? data.map((entry: unknown, index) => [index, entry])
    : Object.entries(data);
  return entries.flatMap(([key, value]) => problemsIn(value, [...path, key], values));
}
