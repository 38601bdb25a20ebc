import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { DataPath } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** How a place is called in a message: `'count'`, or `entry 2 of 'steps'`. */
export function labelOf(path: DataPath): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'string' ? `'${last}'` : `entry ${last + 1} of ${labelOf(path.slice(0, -1))}`;
}

/** One issue of zod in plain words. `value` is what the file holds there. */
export function issueMessage(issue: Issue, label: string, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${label} must be ${typeName(issue.expected)}, found ${describe(value)}`;
    case 'too_small':
      return `${label} must ${sizeRule(issue.origin, 'least', issue.minimum, value)}`;
    case 'too_big':
      return `${label} must ${sizeRule(issue.origin, 'most', issue.maximum, value)}`;
    case 'invalid_value':
      return choiceMessage(label, issue.values.map(String), value);
    case 'invalid_union':
      return unionMessage(issue, label, value);
    case 'invalid_key':
      return `${label} is no valid name: ${issue.issues.map(ruleOf).join('; ')}`;
    case 'invalid_format':
      return `${label} must be ${ruleOf(issue)}, found ${describe(value)}`;
    case 'unrecognized_keys':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      return `${label}: ${issue.message}`;
  }
}

/** `0644` and `yes: no` surprise people: where a text is wanted and something else was read, quotes are the answer. */
export function typeHint(issue: Issue, value: unknown): string | undefined {
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string';
  return wantsText && (typeof value === 'number' || typeof value === 'boolean')
    ? 'Put the value in quotes.'
    : undefined;
}

function sizeRule(origin: string, bound: 'least' | 'most', limit: number | bigint, value: unknown): string {
  if (origin === 'string') {
    return bound === 'least' && Number(limit) === 1
      ? 'not be empty'
      : `have at ${bound} ${limit.toString()} characters`;
  }
  if (origin === 'array')
    return `have at ${bound} ${limit.toString()} ${Number(limit) === 1 ? 'entry' : 'entries'}`;
  return `be at ${bound} ${limit.toString()}, found ${describe(value)}`;
}

function choiceMessage(label: string, choices: string[], value: unknown): string {
  const suggestion = typeof value === 'string' ? didYouMean(value, choices) : undefined;
  const question = suggestion === undefined ? '' : ` — did you mean '${suggestion}'?`;
  const wanted = choices.length === 1 ? (choices[0] ?? '') : `one of ${choices.join(', ')}`;
  return `${label} must be ${wanted}, found ${describe(value)}${question}`;
}

function unionMessage(issue: z.core.$ZodIssueInvalidUnion, label: string, value: unknown): string {
  if ('options' in issue) return choiceMessage(label, (issue.options ?? []).map(String), value);
  const expected = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) => (inner.code === 'invalid_type' ? typeName(inner.expected) : [])),
  );
  return `${label} must be ${[...new Set(expected)].join(' or ')}, found ${describe(value)}`;
}

/** What a text has to look like: the schema's own words where it has some. */
function ruleOf(issue: Issue): string {
  if (issue.code !== 'invalid_format') return issue.message;
  if (issue.format === 'url') return 'a URL such as https://example.org/file.tar.gz';
  if (issue.format === 'starts_with') return "a text that begins with '/'";
  const generic = issue.message.startsWith('Invalid');
  return generic ? `a text that matches ${issue.pattern ?? 'the pattern'}` : issue.message;
}

const typeNames: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return 'a mapping';
  return value.length > 60 ? `the text '${value.slice(0, 60)}…'` : `the text '${value}'`;
}
