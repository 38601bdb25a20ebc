import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { suggestIdentifier } from './suggest-identifier.ts';
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
      return `${label} is no valid name: ${issue.issues.map(ruleOf).join('; ')}${issue.issues.map((inner) => nameQuestion(inner, issue.path.at(-1))).join('')}`;
    case 'invalid_format':
      return `${label} must be ${ruleOf(issue)}, found ${describe(value)}${nameQuestion(issue, value)}`;
    case 'unrecognized_keys':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      return `${label}: ${issue.message}`;
  }
}

/**
 * What YAML made of a value that was meant otherwise: `0644` is a number, `yes` a text and `{{x}}` a mapping. `example` is
 * what the schema has as one.
 */
export function typeHint(issue: Issue, value: unknown, example: string | undefined): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.expected === 'boolean' && typeof value === 'string') {
    return /^(yes|no|on|off)$/i.test(value)
      ? 'Write true or false; yes, no, on and off are texts.'
      : undefined;
  }
  if (issue.expected !== 'string') return undefined;
  if (typeof value === 'number' || typeof value === 'boolean') {
    return example === undefined ? 'Put the value in quotes.' : `For example ${example}.`;
  }
  const isTemplate = typeof value === 'object' && Object.keys(value ?? {}).some((key) => key.startsWith('{'));
  return isTemplate ? 'Put a text that holds {{ }} in quotes.' : undefined;
}

/** A name with capitals, blanks or underscores is nearly right. */
function nameQuestion(issue: Issue, value: unknown): string {
  if (issue.code !== 'invalid_format' || typeof value !== 'string') return '';
  const pattern = /^\/(.*)\/$/.exec(issue.pattern ?? '')?.[1];
  const suggestion = suggestIdentifier(value);
  if (pattern === undefined || suggestion === undefined || !new RegExp(pattern).test(suggestion)) return '';
  return ` — did you mean '${suggestion}'?`;
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
    branch.flatMap((inner) => {
      if (inner.code === 'invalid_value') return inner.values.map(String);
      return inner.code === 'invalid_type' ? typeName(inner.expected) : [];
    }),
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
