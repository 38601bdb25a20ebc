import { dirname, join } from 'node:path';
import { SourceError } from '../model/errors.ts';
import type { SourceProblem } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import { renderTemplate } from '../provision/render.ts';
import type { KnownFiles } from './known-files.ts';
import { readSource } from './read-source.ts';
import type { ScenarioFolders } from './scenario-folders.ts';
import { valuesOn } from './template-values.ts';

/** What is wrong with the templates in `files/` that the steps put somewhere, with places in those files. */
export async function fileTemplateProblems(
  scenario: Scenario,
  file: string,
  known: KnownFiles,
  { readFile = readSource }: ScenarioFolders,
): Promise<SourceProblem[]> {
  const uses = scenario.steps
    .flatMap(({ run, undo = [] }) => [...run, ...undo])
    .flatMap((action) => ('file' in action ? action : []))
    .filter((action) => action.file.endsWith('.hbs') && known.files?.has(action.file) === true);
  const found = await Promise.all(
    uses.map(async (action) => {
      const path = join(dirname(file), 'files', action.file);
      try {
        renderTemplate({ file: path, source: await readFile(path), values: valuesOn(action.on, scenario) });
        return [];
      } catch (error) {
        if (error instanceof SourceError) return error.problems;
        throw error;
      }
    }),
  );
  const places = new Map(found.flat().map((problem) => [JSON.stringify(problem), problem]));
  return [...places.values()];
}
