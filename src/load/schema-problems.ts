import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { branchOf, descend, keysOf } from './json-schema-walk.ts';
import type { JsonSchema } from './scenario-json-schema.ts';
import { issueMessage, labelOf, typeHint } from './schema-message.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** A problem on its way to the reader; keys are kept apart so that a mistyped key and the key it stands for become one problem. */
type Finding =
  | { kind: 'unknown-key'; path: DataPath; key: string; allowed: string[] }
  | { kind: 'missing-key'; path: DataPath; key: string }
  | { kind: 'value'; problem: PathProblem };

/** What zod found wrong with the data, in plain words; a choice of several shapes is explained by the one that comes closest. */
export function schemaProblems(issues: readonly Issue[], data: unknown, schema: JsonSchema): PathProblem[] {
  return inWords(issues.flatMap((issue) => findings(issue, [], data, [schema])));
}

/** `base` leads to the data and the schemas that the issue's own path starts from. */
function findings(issue: Issue, base: DataPath, data: unknown, schemas: JsonSchema[]): Finding[] {
  const relative = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  const path = [...base, ...relative];
  const value = valueAt(data, relative);
  const here = relative.reduce<JsonSchema[]>(descend, schemas);
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysOf(here);
    return issue.keys.map((key) => ({ kind: 'unknown-key', path, key, allowed }));
  }
  const key = path.at(-1);
  if (value === undefined && typeof key === 'string') {
    return [{ kind: 'missing-key', path: path.slice(0, -1), key }];
  }
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors);
    if (branch !== undefined) {
      const schemasOfBranch = branchOf(here, branch);
      return (issue.errors[branch] ?? []).flatMap((inner) => findings(inner, path, value, schemasOfBranch));
    }
  }
  const hint = typeHint(issue, value);
  const message = issueMessage(issue, labelOf(path), value);
  const at = issue.code === 'invalid_key' ? 'key' : 'value';
  return [{ kind: 'value', problem: { path, at, message, ...(hint === undefined ? {} : { hint }) } }];
}

/** The alternative with the least wrong with it; undefined when the value is of another type than all of them. */
function closestBranch(branches: readonly (readonly Issue[])[]): number | undefined {
  let best: { index: number; distance: number } | undefined;
  for (const [index, issues] of branches.entries()) {
    if (issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0)) continue;
    const distance = issues.reduce((sum, issue) => sum + weight(issue), 0);
    if (best === undefined || distance < best.distance) best = { index, distance };
  }
  return best?.index;
}

/** Which keys are there tells alternatives apart; what is wrong deeper down says little about what was meant. */
function weight(issue: Issue): number {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys.length;
  return issue.path.length <= 1 ? 1 : 0.1;
}

function inWords(all: readonly Finding[]): PathProblem[] {
  const missing = all.filter((finding) => finding.kind === 'missing-key');
  const explained = new Set<Finding>();
  const problems = all.flatMap((finding): PathProblem[] => {
    if (finding.kind === 'value') return [finding.problem];
    if (finding.kind === 'missing-key') return [];
    const { path, key, allowed } = finding;
    const absent = missing.filter((candidate) => samePath(candidate.path, path));
    const names = absent.map((candidate) => candidate.key);
    const suggestion = didYouMean(key, names) ?? didYouMean(key, allowed);
    for (const candidate of absent) if (candidate.key === suggestion) explained.add(candidate);
    const question = suggestion === undefined ? '' : ` — did you mean '${suggestion}'?`;
    const hint = suggestion === undefined ? { hint: `Keys allowed here: ${allowed.join(', ')}.` } : {};
    return [{ path: [...path, key], at: 'key', message: `unrecognised key '${key}'${question}`, ...hint }];
  });
  const absences = missing
    .filter((finding) => !explained.has(finding))
    .map(({ path, key }): PathProblem => {
      const where = path.length === 0 ? 'the scenario' : labelOf(path);
      return { path, at: 'key', message: `${where} lacks the key '${key}'` };
    });
  return [...problems, ...absences];
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
