import type { z } from 'zod';
import { chooseAlternative, chooseByKeys } from './choose-alternative.ts';
import { didYouMean } from './did-you-mean.ts';
import { branchOf, descend, keysOf } from './json-schema-walk.ts';
import type { JsonSchema } from './scenario-json-schema.ts';
import { issueMessage, labelOf, typeHint } from './schema-message.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** What zod found wrong at one place of the data. */
export type Finding =
  /** `meant` is what the key is a mistyped form of. */
  | { kind: 'unknown-key'; path: DataPath; key: string; allowed: string[]; meant: string | undefined }
  | { kind: 'missing-key'; path: DataPath; key: string; schemas: JsonSchema[] }
  /** The value at `path` is not what the schemas want. */
  | { kind: 'value'; path: DataPath; schemas: JsonSchema[]; problem: PathProblem };

/**
 * What zod found wrong with the data. A choice of several shapes is explained by the one that was meant; a mistyped key and
 * the missing key that it stands for are one finding.
 */
export function schemaFindings(issues: readonly Issue[], data: unknown, schema: JsonSchema): Finding[] {
  return withMeanings(issues.flatMap((issue) => findings(issue, [], data, [schema])));
}

/** `base` leads to the data and the schemas that the issue's own path starts from. */
function findings(issue: Issue, base: DataPath, data: unknown, schemas: JsonSchema[]): Finding[] {
  const relative = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  const path = [...base, ...relative];
  const value = valueAt(data, relative);
  const here = relative.reduce<JsonSchema[]>(descend, schemas);
  const finding = (problem: PathProblem): Finding[] => [{ kind: 'value', path, schemas: here, problem }];
  const alternatives = here.flatMap((schema) => schema.anyOf ?? []);
  if (issue.code === 'unrecognized_keys') {
    // Where nothing else is wrong with one alternative, zod takes that one and says nothing of the others.
    const choice = chooseByKeys(alternatives, Object(value) as object);
    if (choice.kind === 'conflict') return finding(choiceProblem(choice, path));
    const allowed = keysOf(choice.kind === 'branch' ? branchOf(here, choice.index) : here);
    return issue.keys.map((key) => ({ kind: 'unknown-key', path, key, allowed, meant: undefined }));
  }
  const key = path.at(-1);
  if (value === undefined && typeof key === 'string') {
    return [{ kind: 'missing-key', path: path.slice(0, -1), key, schemas: here }];
  }
  if (issue.code === 'invalid_union') {
    const choice = chooseAlternative(issue.errors, alternatives, value);
    if (choice.kind === 'branch') {
      const ofBranch = branchOf(here, choice.index);
      return (issue.errors[choice.index] ?? []).flatMap((inner) => findings(inner, path, value, ofBranch));
    }
    if (choice.kind !== 'other') return finding(choiceProblem(choice, path));
  }
  const example = here.flatMap((schema) => schema.examples ?? [])[0];
  const hint = typeHint(issue, value, example);
  const message = issueMessage(issue, labelOf(path), value);
  const at = issue.code === 'invalid_key' ? 'key' : 'value';
  return finding({ path, at, message, ...(hint === undefined ? {} : { hint }) });
}

function choiceProblem(
  { kind, keys }: { kind: 'conflict' | 'none'; keys: string[] },
  path: DataPath,
): PathProblem {
  const list = keys.map((key) => `'${key}'`).join(', ');
  if (kind === 'none')
    return { path, at: 'value', message: `${labelOf(path)} needs one of the keys ${list}` };
  const message = `${labelOf(path)} has ${list}, which exclude each other`;
  return { path: [...path, keys[1] ?? ''], at: 'key', message, hint: 'Make two entries of it.' };
}

function withMeanings(all: readonly Finding[]): Finding[] {
  const missing = all.filter((finding) => finding.kind === 'missing-key');
  const explained = new Set<Finding>();
  const named = all.map((finding): Finding => {
    if (finding.kind !== 'unknown-key') return finding;
    const absent = missing.filter(
      (candidate) => samePath(candidate.path, finding.path) && !explained.has(candidate),
    );
    const names = absent.map((candidate) => candidate.key);
    const meant = didYouMean(finding.key, names) ?? didYouMean(finding.key, finding.allowed);
    for (const candidate of absent) if (candidate.key === meant) explained.add(candidate);
    return { ...finding, meant };
  });
  return named.filter((finding) => !explained.has(finding));
}

function samePath(one: DataPath, other: DataPath): boolean {
  return one.length === other.length && one.every((segment, index) => segment === other[index]);
}

function valueAt(data: unknown, path: DataPath): unknown {
  return path.reduce<unknown>(
    (value, segment) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
        ? (value as Record<string | number, unknown>)[segment]
        : undefined,
    data,
  );
}
