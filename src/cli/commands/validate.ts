import { readFile } from 'node:fs/promises';
import { parseCloudConfig } from '../../cloudinit/parse-cloud-config.ts';
import { loadScenario, scenarioNames } from '../../load/load-scenario.ts';
import { SourceError, type SourceProblem } from '../../model/errors.ts';
import { packageFolders } from '../package-folders.ts';
import { print, printJson } from '../print.ts';

/** `lab validate`: all that is wrong in scenarios and user-data files. Throws the errors of all files as one. */
export async function validate(files: readonly string[], options: { json?: true }): Promise<void> {
  const targets = files.length > 0 ? files : await scenarioNames(packageFolders);
  const errors: SourceError[] = [];
  for (const target of targets) {
    try {
      await validateOne(target);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      errors.push(error);
    }
  }
  const problems: SourceProblem[] = errors.flatMap((error) => [...error.problems]);
  if (options.json) printJson({ valid: problems.length === 0, problems });
  const [first] = errors;
  if (first !== undefined) {
    throw errors.length === 1
      ? first
      : new SourceError(first.code, `${errors.length} files have mistakes.`, problems);
  }
  if (!options.json) print(`${targets.length} valid: ${targets.join(', ')}`);
}

/** User-data is told from a scenario by its first line. */
async function validateOne(target: string): Promise<void> {
  const text = /[/.]/.test(target) ? await readText(target) : undefined;
  if (text?.startsWith('#cloud-config')) parseCloudConfig(target, text);
  else await loadScenario(target, packageFolders);
}

/** A file that cannot be read is reported by loading it as a scenario. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
