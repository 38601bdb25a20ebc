import { UsageError } from '../model/errors.ts';
import type { Parameter, ParameterValue, ProviderName, Scenario } from '../model/scenario.ts';
import { didYouMean } from './did-you-mean.ts';

/**
 * The value of every parameter: what was given (`--nodes 3`, `--set domain=x`), else its environment variable where that is
 * set and not empty, else its default: that for the provider where there is one. Throws LAB_PARAMETER_INVALID with all that
 * is wrong at once.
 */
export function resolveParameters(
  scenario: Scenario,
  given: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = {},
  provider?: ProviderName,
): Record<string, ParameterValue> {
  const known = Object.keys(scenario.parameters);
  const defaults = provider === undefined ? undefined : scenario.providers[provider]?.defaults;
  const problems = Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => unknownParameter(name, known));
  const values = Object.entries(scenario.parameters).map(([name, parameter]) => {
    const { text, origin } = sourceOf(name, parameter, given, environment);
    if (text === undefined) return [name, defaults?.[name] ?? parameter.default] as const;
    const reading = readParameter(parameter, text);
    if ('value' in reading) return [name, reading.value] as const;
    const isSecret = parameter.type === 'string' && parameter.secret === true;
    problems.push(`${origin} must be ${reading.rule}${isSecret ? '' : `, not ${shown(text)}`}`);
    return [name, parameter.default] as const;
  });
  if (problems.length > 0) throw invalid(problems, scenario.name);
  return Object.fromEntries(values);
}

/** A parameter's value from its text, or the rule that the text breaks, to be read after "must be". */
export function readParameter(
  parameter: Parameter,
  text: string,
): { value: ParameterValue } | { rule: string } {
  switch (parameter.type) {
    case 'integer':
      return readInteger(parameter, text);
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : { rule: 'true or false' };
    case 'string':
      return readText(parameter, text);
  }
}

function readInteger({ min, max }: { min: number; max: number }, text: string) {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? { value } : { rule: `a whole number from ${min} to ${max}` };
}

function readText(
  parameter: Extract<Parameter, { type: 'string' }>,
  text: string,
): { value: string } | { rule: string } {
  if (/\0|\p{Surrogate}/u.test(text)) return { rule: 'a text of Unicode characters without NUL' };
  if (parameter.secret === true && text !== '' && text.length < 8)
    return { rule: 'a text of at least 8 characters: a shorter one cannot be told from other texts' };
  if (parameter.enum !== undefined && !parameter.enum.includes(text)) {
    const suggestion = didYouMean(text, parameter.enum);
    const question = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`;
    return { rule: `one of ${parameter.enum.join(', ')}${question}` };
  }
  if (parameter.pattern !== undefined && !new RegExp(`^(?:${parameter.pattern})$`).test(text)) {
    return { rule: `a text that matches ${parameter.pattern}` };
  }
  return { value: text };
}

function sourceOf(
  name: string,
  parameter: Parameter,
  given: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): { text: string | undefined; origin: string } {
  if (Object.hasOwn(given, name)) return { text: given[name], origin: name };
  const variable = parameter.env;
  const text = variable === undefined ? undefined : environment[variable];
  return { text: text === '' ? undefined : text, origin: `${name} (from ${variable ?? ''})` };
}

function unknownParameter(name: string, known: readonly string[]): string {
  const suggestion = didYouMean(name, known);
  if (suggestion !== undefined) return `there is no parameter ${name} (did you mean ${suggestion}?)`;
  return known.length === 0
    ? `there is no parameter ${name}; the scenario has none`
    : `there is no parameter ${name}; there are ${known.join(', ')}`;
}

function shown(text: string): string {
  return text === '' ? 'empty' : JSON.stringify(text);
}

function invalid(problems: readonly string[], scenario: string): UsageError {
  const hint = `Run \`lab list ${scenario}\` to see the parameters and their bounds.`;
  const message =
    problems.length === 1
      ? `Parameter: ${problems.join('')}.`
      : `${problems.length} parameters are wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`;
  return new UsageError('LAB_PARAMETER_INVALID', message, { hint });
}
