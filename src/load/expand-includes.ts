import { isDeepStrictEqual } from 'node:util';
import type { Artifact, Inclusion, Scenario, Step, StepScope } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** A scenario with the steps and artifacts of those that it includes, and what is wrong with the inclusions. */
export interface Expanded {
  scenario: Scenario;
  problems: PathProblem[];
}

/** Puts the steps of the included scenarios before the scenario's own; `others` are those, in the order of `include`. */
export function expandIncludes(scenario: Scenario, others: readonly Scenario[]): Expanded {
  const artifacts: Record<string, Artifact> = { ...scenario.artifacts };
  const problems: PathProblem[] = [];
  const steps = others.flatMap((other, index) => {
    const inclusion = scenario.include?.[index];
    if (inclusion === undefined) return [];
    const path: DataPath = ['include', index];
    problems.push(...inclusionProblems(inclusion, scenario, other, path));
    problems.push(...addArtifacts(artifacts, other, path));
    const scope = scopeOf(inclusion, scenario, other);
    return other.steps.flatMap((step) => includedStep(step, inclusion, scope));
  });
  const all = [...steps, ...scenario.steps];
  const nothing: PathProblem = {
    path: ['steps'],
    at: 'value',
    message: 'there are no steps: `steps` or `include`',
  };
  if (all.length === 0) problems.push(nothing);
  return { scenario: { ...scenario, artifacts, steps: all }, problems };
}

/** Ids are told apart by the name of the scenario that they come from. */
function includedStep(step: Step, inclusion: Inclusion, scope: StepScope): Step[] {
  const { edition, ...rest } = step;
  if (inclusion.edition !== undefined && edition !== undefined && edition !== inclusion.edition) return [];
  const kept = inclusion.edition === undefined && edition !== undefined ? { edition } : {};
  const prefixed = (id: string): string => `${scope.scenario}-${id}`;
  return [{ ...rest, ...kept, id: prefixed(step.id), needs: step.needs.map(prefixed), scope }];
}

function scopeOf({ role, parameters }: Inclusion, scenario: Scenario, other: Scenario): StepScope {
  const values = Object.entries(other.parameters).map(([name, definition]) => {
    const ours = parameters[name] ?? (name in scenario.parameters ? name : undefined);
    return [name, ours === undefined ? { value: definition.default } : { parameter: ours }] as const;
  });
  return { scenario: other.name, title: other.title, role, parameters: Object.fromEntries(values) };
}

function inclusionProblems(
  { edition, role, parameters }: Inclusion,
  scenario: Scenario,
  other: Scenario,
  path: DataPath,
): PathProblem[] {
  const roles = new Set(scenario.machines.map((group) => group.role));
  const theirs = new Set(Object.keys(other.parameters));
  const ours = new Set(Object.keys(scenario.parameters));
  const editions = new Set(Object.keys(edition === undefined ? scenario.editions : other.editions));
  const needed = edition === undefined ? Object.keys(other.editions) : [edition];
  const nested: PathProblem[] =
    other.include === undefined
      ? []
      : [{ path: [...path, 'scenario'], at: 'value', message: `'${other.name}' includes others itself` }];
  return [
    ...nested,
    ...referenceProblem('a role of this scenario', role, roles, [...path, 'role']),
    ...needed.flatMap((name) =>
      referenceProblem(
        edition === undefined ? 'an edition of this scenario; name the one to play' : 'an edition of it',
        name,
        editions,
        edition === undefined ? [...path, 'scenario'] : [...path, 'edition'],
      ),
    ),
    ...Object.entries(parameters).flatMap(([their, our]) => [
      ...referenceProblem(
        `a parameter of ${other.name}`,
        their,
        theirs,
        [...path, 'parameters', their],
        'key',
      ),
      ...referenceProblem('a parameter of this scenario', our, ours, [...path, 'parameters', their]),
    ]),
  ];
}

/** Artifacts keep their names, so that one that two scenarios have is fetched once. */
function addArtifacts(artifacts: Record<string, Artifact>, other: Scenario, path: DataPath): PathProblem[] {
  return Object.entries(other.artifacts).flatMap(([name, artifact]): PathProblem[] => {
    const present = artifacts[name];
    artifacts[name] ??= artifact;
    if (present === undefined || isDeepStrictEqual(present, artifact)) return [];
    const message = `its artifact '${name}' is another one than the artifact of that name here`;
    return [{ path: [...path, 'scenario'], at: 'value', message }];
  });
}
