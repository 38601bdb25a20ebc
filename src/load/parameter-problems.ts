import type { Parameter, Scenario } from '../model/scenario.ts';
import { readParameter } from './parameters.ts';
import { patternProblem } from './pattern-problem.ts';
import { stepNames, groupNames } from './template-problems.ts';
import type { PathProblem } from './yaml-source.ts';

/** Parameters whose own declaration makes no sense. */
export function parameterProblems({ parameters }: Scenario): PathProblem[] {
  return Object.entries(parameters).flatMap(([name, parameter]) => [
    ...reservedName(name),
    ...badBounds(name, parameter),
    ...badPattern(name, parameter),
    ...badDefault(name, parameter),
  ]);
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

function badDefault(name: string, parameter: Parameter): PathProblem[] {
  if (badPattern(name, parameter).length > 0) return [];
  const reading = readParameter(parameter, String(parameter.default));
  if (!('rule' in reading)) return [];
  const message = `'default' is ${JSON.stringify(parameter.default)}, but the parameter must be ${reading.rule}`;
  return [{ path: ['parameters', name, 'default'], at: 'value', message }];
}
