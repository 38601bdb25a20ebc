import type { JsonSchema } from './scenario-json-schema.ts';

/** Texts of every form that the format asks for. */
const texts = ['x', '/x', '1s', '0644', '192.0.2.0/24', 'https://example.org/', 'X', '0'.repeat(64)];

/** Some value that the schema allows; undefined where none is known. */
export function placeholder(schemas: readonly JsonSchema[]): unknown {
  const [first] = schemas;
  if (first === undefined) return undefined;
  const { anyOf, oneOf, enum: choices, type } = first;
  if (first.const !== undefined) return first.const;
  if (choices !== undefined) return choices[0];
  const alternative = anyOf?.[0] ?? oneOf?.[0];
  if (alternative !== undefined) return placeholder([alternative]);
  if (type === 'string') return textFor(first);
  if (type === 'integer' || type === 'number') return Math.max(first.minimum ?? 0, 0);
  if (type === 'boolean') return false;
  if (type === 'object') return objectFor(first);
  return (first.minItems ?? 0) > 0 && first.items !== undefined ? [placeholder([first.items])] : [];
}

function textFor({ pattern, format }: JsonSchema): string | undefined {
  if (format === 'uri') return 'https://example.org/';
  return texts.find((text) => pattern === undefined || new RegExp(pattern).test(text));
}

function objectFor({ required = [], properties = {} }: JsonSchema): Record<string, unknown> {
  return Object.fromEntries(
    required.map((key) => [key, placeholder(properties[key] === undefined ? [] : [properties[key]])]),
  );
}
