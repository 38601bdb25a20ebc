import { readFile as readFileFromDisk } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SourceError, UsageError } from '../model/errors.ts';
import type { SourceProblem } from '../model/errors.ts';
import { scenarioSchema } from '../model/scenario.ts';
import type { Scenario } from '../model/scenario.ts';
import { didYouMean } from './did-you-mean.ts';
import { listFiles as listFilesOnDisk } from './list-files.ts';
import { scenarioJsonSchema } from './scenario-json-schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { validateScenario } from './validate-scenario.ts';
import type { KnownFiles } from './known-files.ts';
import { readYaml } from './yaml-source.ts';
import type { PathProblem, YamlSource } from './yaml-source.ts';

/** Where scenarios are, and how files are read. */
export interface ScenarioFolders {
  /** Folder of the packaged scenarios. */
  scenariosDir: string;
  /** With it, `userData` of a machine group must name a file in it. */
  cloudConfigDir?: string;
  /** With it, `project` of a machine group must name a folder in it. */
  vagrantDir?: string;
  /** Text of a file; rejects as node:fs does. */
  readFile?: (path: string) => Promise<string>;
  /** Paths of the files below a folder, `/` between their parts; none for a folder that is not there. */
  listFiles?: (folder: string) => Promise<string[]>;
}

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
 * Throws LAB_SCENARIO_UNKNOWN when there is none, and LAB_SCENARIO_INVALID with all that is wrong: all syntax mistakes, or else
 * all that the schema refuses, or else all that refers to nothing.
 */
export async function loadScenario(nameOrPath: string, folders: ScenarioFolders): Promise<LoadedScenario> {
  const isPath = /\/|\\|\.ya?ml$/.test(nameOrPath);
  const file = isPath ? nameOrPath : join(folders.scenariosDir, `${nameOrPath}.yaml`);
  const text = await readScenario(nameOrPath, isPath, file, folders);
  const source = readYaml(file, text);
  if (source.problems.length > 0) throw invalid(file, source.problems);
  const parsed = scenarioSchema.safeParse(source.data);
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error.issues, source.data, scenarioJsonSchema());
    throw invalid(file, located(problems, source));
  }
  const scenario = parsed.data;
  const problems = validateScenario(scenario, await knownFiles(file, folders));
  if (!isPath && scenario.name !== nameOrPath) problems.unshift(otherName(scenario.name, nameOrPath));
  if (problems.length > 0) throw invalid(file, located(problems, source));
  return { scenario, file, reference: isPath ? resolve(nameOrPath) : nameOrPath, source };
}

/** Names of the packaged scenarios, in order. */
export async function scenarioNames({
  scenariosDir,
  listFiles = listFilesOnDisk,
}: ScenarioFolders): Promise<string[]> {
  const files = await listFiles(scenariosDir);
  return files
    .filter((file) => /^[^/]+\.yaml$/.test(file))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

async function readScenario(
  nameOrPath: string,
  isPath: boolean,
  file: string,
  folders: ScenarioFolders,
): Promise<string> {
  const { readFile = (path: string) => readFileFromDisk(path, 'utf8') } = folders;
  try {
    return await readFile(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    if (reason === undefined) throw error;
    if (isPath || reason !== 'ENOENT') {
      const why = reason === 'ENOENT' ? 'it does not exist' : (error as Error).message;
      throw new UsageError('LAB_SCENARIO_UNKNOWN', `The scenario file ${file} cannot be read: ${why}.`);
    }
    throw await unknownScenario(nameOrPath, folders);
  }
}

async function unknownScenario(name: string, folders: ScenarioFolders): Promise<UsageError> {
  const names = await scenarioNames(folders);
  const suggestion = didYouMean(name, names);
  const question = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  const list = names.length === 0 ? 'There are none.' : `The scenarios are: ${names.join(', ')}.`;
  const hint = `${list} A file of your own is given by its path, e.g. ./${name}.yaml.`;
  return new UsageError('LAB_SCENARIO_UNKNOWN', `There is no scenario "${name}".${question}`, { hint });
}

async function knownFiles(file: string, folders: ScenarioFolders): Promise<KnownFiles> {
  const { listFiles = listFilesOnDisk, cloudConfigDir, vagrantDir } = folders;
  const files = new Set(await listFiles(join(dirname(file), 'files')));
  const cloudConfigs = cloudConfigDir === undefined ? undefined : new Set(await listFiles(cloudConfigDir));
  const projects =
    vagrantDir === undefined
      ? undefined
      : new Set(
          (await listFiles(vagrantDir)).flatMap((path) =>
            path.includes('/') ? (path.split('/')[0] ?? []) : [],
          ),
        );
  return {
    files,
    ...(cloudConfigs === undefined ? {} : { cloudConfigs }),
    ...(projects === undefined ? {} : { projects }),
  };
}

function otherName(name: string, fileName: string): PathProblem {
  const message = `'name' is '${name}', but the file is ${fileName}.yaml; they must agree`;
  return { path: ['name'], at: 'value', message };
}

function located(problems: readonly PathProblem[], source: YamlSource): SourceProblem[] {
  const lineOf = ({ position }: SourceProblem): number => position?.line ?? 0;
  const columnOf = ({ position }: SourceProblem): number => position?.column ?? 0;
  return problems
    .map((problem) => source.locate(problem))
    .sort((one, other) => lineOf(one) - lineOf(other) || columnOf(one) - columnOf(other));
}

function invalid(file: string, problems: readonly SourceProblem[]): SourceError {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return new SourceError('LAB_SCENARIO_INVALID', `The scenario file ${file} has ${count}.`, problems);
}
