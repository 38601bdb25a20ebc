import { resolve } from 'node:path';
import { SourceError } from '../model/errors.ts';
import type { SourceProblem } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import { expandIncludes } from './expand-includes.ts';
import { fileTemplateProblems } from './file-template-problems.ts';
import { loadIncluded } from './load-included.ts';
import { findKnownFiles } from './known-files.ts';
import { readData } from './read-data.ts';
import { readScenario } from './read-scenario.ts';
import type { ScenarioFolders } from './scenario-folders.ts';
import { validateScenario } from './validate-scenario.ts';
import { readYaml } from './yaml-source.ts';
import type { PathProblem, YamlSource } from './yaml-source.ts';

export interface LoadedScenario {
  scenario: Scenario;
  /** Path of the file it was read from. */
  file: string;
  /** What finds it again from any folder: its name, or its absolute path. */
  reference: string;
  source: YamlSource;
}

/**
 * Reads and validates a scenario: a packaged one by name, or any file by a path that holds a `/` or ends in .yaml or .yml.
 * Throws LAB_SCENARIO_UNKNOWN when there is none, and LAB_SCENARIO_INVALID with all that is wrong at once: with the shape, with
 * references and templates in what is of the right shape, and with the templates in `files/`. After a mistake of YAML that leaves
 * nothing to go on with, those of YAML only.
 */
export async function loadScenario(nameOrPath: string, folders: ScenarioFolders): Promise<LoadedScenario> {
  const { file, text, isPath } = await readScenario(nameOrPath, folders);
  const source = readYaml(file, text);
  if (source.data === undefined) throw invalid(file, source.problems);
  const reading = readData(source.data);
  const judged = await judge(reading.scenario, file, folders);
  if (!isPath && judged.scenario !== undefined && judged.scenario.name !== nameOrPath) {
    judged.problems.push(otherName(judged.scenario.name, nameOrPath));
  }
  const problems = [
    ...inOrder([
      ...source.problems,
      ...[...reading.problems, ...reading.ofFile(judged.problems)].map((problem) => source.locate(problem)),
    ]),
    ...judged.elsewhere,
  ];
  if (problems.length > 0 || judged.scenario === undefined) throw invalid(file, problems);
  const reference = isPath ? resolve(nameOrPath) : nameOrPath;
  return { scenario: judged.scenario, file, reference, source };
}

interface Judgement {
  /** With the steps of the scenarios that it includes. */
  scenario: Scenario | undefined;
  problems: PathProblem[];
  /** What is wrong in other files that belong to it. */
  elsewhere: readonly SourceProblem[];
}

/** All that is wrong beyond the shape. */
async function judge(own: Scenario | undefined, file: string, folders: ScenarioFolders): Promise<Judgement> {
  if (own === undefined) return { scenario: undefined, problems: [], elsewhere: [] };
  const known = await findKnownFiles(file, folders);
  const included = await loadIncluded(
    own,
    file,
    folders,
    async (path) => (await loadScenario(path, folders)).scenario,
  );
  const templates = await fileTemplateProblems(own, file, known, folders);
  const elsewhere = [...templates, ...included.elsewhere];
  // Without what it includes, much of it would seem to refer to nothing.
  if (included.scenarios === undefined)
    return { scenario: undefined, problems: included.problems, elsewhere };
  const { scenario, problems } = expandIncludes(own, included.scenarios);
  const before = scenario.steps.slice(0, scenario.steps.length - own.steps.length);
  const withArtifacts = { ...own, artifacts: scenario.artifacts };
  const ids = new Set(before.map(({ id }) => id));
  return { scenario, problems: [...validateScenario(withArtifacts, known, ids), ...problems], elsewhere };
}

function otherName(name: string, fileName: string): PathProblem {
  const message = `'name' is '${name}', but the file is ${fileName}.yaml; they must agree`;
  return { path: ['name'], at: 'value', message };
}

function inOrder(problems: readonly SourceProblem[]): SourceProblem[] {
  const lineOf = ({ position }: SourceProblem): number => position?.line ?? 0;
  const columnOf = ({ position }: SourceProblem): number => position?.column ?? 0;
  return problems.toSorted((one, other) => lineOf(one) - lineOf(other) || columnOf(one) - columnOf(other));
}

function invalid(file: string, problems: readonly SourceProblem[]): SourceError {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return new SourceError('LAB_SCENARIO_INVALID', `The scenario file ${file} has ${count}.`, problems);
}
