import { join } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';
import { LabError, UsageError } from '../model/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { readSource } from './read-source.ts';
import { scenarioNames } from './scenario-folders.ts';
import type { ScenarioFolders } from './scenario-folders.ts';

/** A scenario file as it is on the disk. */
export interface ScenarioText {
  file: string;
  text: string;
  /** It was given by its path, not by the name of a packaged scenario. */
  isPath: boolean;
}

/** Reads the file of a packaged scenario, or any by its path. Throws LAB_SCENARIO_UNKNOWN, and as readSource does. */
export async function readScenario(nameOrPath: string, folders: ScenarioFolders): Promise<ScenarioText> {
  const isPath = /\/|\\|\.ya?ml$/.test(nameOrPath);
  const file = isPath ? nameOrPath : join(folders.scenariosDir, `${nameOrPath}.yaml`);
  const { readFile = readSource } = folders;
  try {
    return { file, text: await readFile(file), isPath };
  } catch (error) {
    const code = error instanceof LabError ? undefined : systemErrorCode(error);
    if (code === undefined) throw error;
    if (!isPath && code === 'ENOENT') throw await unknownScenario(nameOrPath, folders);
    const reason = reasons[code] ?? (error as Error).message;
    const hint = code === 'ENOENT' ? '`lab new NAME` writes one to begin with.' : undefined;
    throw new UsageError(
      'LAB_SCENARIO_UNKNOWN',
      `The scenario file ${file} cannot be read: ${reason}.`,
      hint === undefined ? {} : { hint },
    );
  }
}

const reasons: Record<string, string> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
  ELOOP: 'it is a link that leads to itself',
};

async function unknownScenario(name: string, folders: ScenarioFolders): Promise<UsageError> {
  const names = await scenarioNames(folders);
  const suggestion = didYouMean(name, names);
  const question = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  const list = names.length === 0 ? 'There are none.' : `The scenarios are: ${names.join(', ')}.`;
  const hint = `${list} A file of your own is given by its path, e.g. ./${name}.yaml.`;
  return new UsageError('LAB_SCENARIO_UNKNOWN', `There is no scenario "${name}".${question}`, { hint });
}
