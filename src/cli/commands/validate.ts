import { readFile } from 'node:fs/promises';
import { parseCloudConfig } from '../../cloudinit/parse-cloud-config.ts';
import { loadScenario } from '../../load/load-scenario.ts';
import { scenarioNames } from '../../load/scenario-folders.ts';
import { SourceError, UsageError } from '../../model/errors.ts';
import type { LabError, SourceProblem } from '../../model/errors.ts';
import { packageFolders } from '../package-folders.ts';
import { print, printJson } from '../print.ts';

/** `lab validate`: all that is wrong in scenarios and user-data files. Throws the errors of all files as one. */
export async function validate(files: readonly string[], options: { json?: true }): Promise<void> {
  const targets = files.length > 0 ? [...new Set(files)] : await scenarioNames(packageFolders);
  const errors: LabError[] = [];
  for (const target of targets) {
    try {
      await validateOne(target);
    } catch (error) {
      // A file that is not there is no reason to keep silent about the others.
      if (!(error instanceof SourceError || error instanceof UsageError)) throw error;
      errors.push(error);
    }
  }
  const problems = errors.flatMap(problemsOf);
  if (options.json) printJson({ valid: problems.length === 0, problems });
  const [first] = errors;
  if (first !== undefined) throw errors.length === 1 ? first : severalFiles(errors, problems);
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

function problemsOf(error: LabError): readonly SourceProblem[] {
  if (error instanceof SourceError) return error.problems;
  const { hint } = error.details;
  return [{ message: error.message, ...(hint === undefined ? {} : { hint }) }];
}

function severalFiles(errors: readonly LabError[], problems: readonly SourceProblem[]): SourceError {
  const code = errors.find((error) => error instanceof SourceError)?.code ?? 'LAB_SCENARIO_INVALID';
  return new SourceError(code, `${errors.length} files have mistakes.`, problems);
}
