import { UsageError } from '../model/errors.ts';

/**
 * Reads the options that commander does not know as parameters of the scenario (`--nodes 3`, `--nodes=3`), together
 * with the explicit `--set name=value`. Whether they exist and fit is decided where the scenario is known.
 */
export function scenarioFlags(words: readonly string[], set: readonly string[] = []): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of set) {
    const [name, ...value] = pair.split('=');
    if (name === undefined || value.length === 0) throw malformed(`--set ${pair}`, 'Write --set NAME=VALUE.');
    values[name] = value.join('=');
  }
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name, , inline] = /^--([a-z][a-z0-9-]*)(=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      throw malformed(word, 'The scenario comes first, then its parameters: `lab up coreos --nodes 3`.');
    }
    const value = inline ?? words[(index += 1)];
    if (value === undefined) throw malformed(word, `Give --${name} a value.`);
    values[name] = value;
  }
  return values;
}

function malformed(word: string, hint: string): UsageError {
  return new UsageError('LAB_USAGE', `"${word}" cannot be understood.`, { hint });
}
