import type { Parameter, ParameterValue, Scenario } from '../model/scenario.ts';
import { readParameter } from './parameters.ts';
import { patternProblem } from './pattern-problem.ts';
import { referenceProblem } from './reference-problem.ts';
import { groupNames, stepNames } from './template-values.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Parameters whose own declaration makes no sense, and defaults for a provider that no parameter can have. */
export function parameterProblems(scenario: Scenario): PathProblem[] {
  return [
    ...Object.entries(scenario.parameters).flatMap(([name, parameter]) => [
      ...reservedName(name),
      ...badBounds(name, parameter),
      ...badPattern(name, parameter),
      ...badDefault(name, parameter, parameter.default, ['parameters', name, 'default']),
    ]),
    ...providerDefaults(scenario),
  ];
}

function providerDefaults({ parameters, providers }: Scenario): PathProblem[] {
  const names = new Set(Object.keys(parameters));
  return Object.entries(providers).flatMap(([provider, { defaults }]) =>
    Object.entries(defaults).flatMap(([name, value]) => {
      const path: DataPath = ['providers', provider, 'defaults', name];
      const parameter = parameters[name];
      if (parameter === undefined) return referenceProblem('a parameter', name, names, path, 'key');
      return badDefault(name, parameter, value, path);
    }),
  );
}

function reservedName(name: string): PathProblem[] {
  if (![...stepNames, ...groupNames].includes(name)) return [];
  const message = `'${name}' cannot be the name of a parameter: templates know something else by it`;
  return [{ path: ['parameters', name], at: 'key', message }];
}

function badBounds(name: string, parameter: Parameter): PathProblem[] {
  if (parameter.type !== 'integer' || parameter.min <= parameter.max) return [];
  const message = `'min' is ${parameter.min}, which is more than 'max', ${parameter.max}`;
  return [{ path: ['parameters', name, 'min'], at: 'value', message }];
}

function badPattern(name: string, parameter: Parameter): PathProblem[] {
  return parameter.type === 'string'
    ? patternProblem(parameter.pattern, ['parameters', name, 'pattern'])
    : [];
}

function badDefault(
  name: string,
  parameter: Parameter,
  value: ParameterValue,
  path: DataPath,
): PathProblem[] {
  if (badPattern(name, parameter).length > 0) return [];
  const reading = readParameter(parameter, String(value));
  const isOfType = typeof value === typeof parameter.default;
  if (isOfType && !('rule' in reading)) return [];
  const rule = 'rule' in reading ? reading.rule : `of type ${parameter.type}`;
  const message = `'${String(path.at(-1))}' is ${JSON.stringify(value)}, but the parameter must be ${rule}`;
  return [{ path, at: 'value', message }];
}
