import type { z } from 'zod';
import type { JsonSchema } from './scenario-json-schema.ts';

type Issue = z.core.$ZodIssue;

/** Which of several shapes was meant, judged by the keys that only one of them has; or why none can be told. */
export type Choice =
  { kind: 'branch'; index: number } | { kind: 'conflict' | 'none'; keys: string[] } | { kind: 'other' };

/**
 * Chooses among the alternatives of a union. `issues` are those of each alternative, `alternatives` their schemas.
 * `conflict` gives keys that exclude each other, `none` those of which one is needed, `other` is for a value of another type.
 */
export function chooseAlternative(
  issues: readonly (readonly Issue[])[],
  alternatives: readonly JsonSchema[],
  value: unknown,
): Choice {
  const closest = closestBranch(issues);
  if (closest === undefined) return { kind: 'other' };
  if (typeof value !== 'object' || value === null) return { kind: 'branch', index: closest };
  const choice = chooseByKeys(alternatives, value);
  const isMistyped = issues[closest]?.some(({ code }) => code === 'unrecognized_keys') ?? false;
  return choice.kind === 'other' || (choice.kind === 'none' && isMistyped)
    ? { kind: 'branch', index: closest }
    : choice;
}

/** The same by nothing but the keys; `other` where the alternatives have no keys of their own to tell them by. */
export function chooseByKeys(alternatives: readonly JsonSchema[], value: object): Choice {
  const own = alternatives.map((schema, index) => distinctiveKeys(schema, alternatives, index));
  if (own.length < 2 || own.some((keys) => keys.length === 0)) return { kind: 'other' };
  const present = own.map((keys) => keys.filter((key) => Object.hasOwn(value, key)));
  const chosen = present.flatMap((keys, index) => (keys.length > 0 ? index : []));
  const [index] = chosen;
  if (chosen.length > 1) return { kind: 'conflict', keys: present.flatMap((keys) => keys.slice(0, 1)) };
  return index === undefined
    ? { kind: 'none', keys: own.flatMap((keys) => keys.slice(0, 1)) }
    : { kind: 'branch', index };
}

/** Keys that this alternative must have and no other may. */
function distinctiveKeys(
  { required = [] }: JsonSchema,
  alternatives: readonly JsonSchema[],
  own: number,
): string[] {
  const others = alternatives.filter((_, index) => index !== own);
  return required.filter((key) => others.every(({ properties = {} }) => !Object.hasOwn(properties, key)));
}

/** The alternative with the least wrong with it; undefined when the value is of another type than all of them. */
function closestBranch(branches: readonly (readonly Issue[])[]): number | undefined {
  let best: { index: number; distance: number } | undefined;
  for (const [index, issues] of branches.entries()) {
    if (issues.some(isOfAnotherType)) continue;
    const distance = issues.reduce((sum, issue) => sum + weight(issue), 0);
    if (best === undefined || distance < best.distance) best = { index, distance };
  }
  return best?.index;
}

function isOfAnotherType({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

/** Which keys are there tells alternatives apart; what is wrong deeper down says little about what was meant. */
function weight(issue: Issue): number {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys.length;
  return issue.path.length <= 1 ? 1 : 0.1;
}
