import { basename, dirname, join } from 'node:path';
import { SourceError } from '../model/errors.ts';
import type { SourceProblem } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import { scenarioNames } from './scenario-folders.ts';
import type { ScenarioFolders } from './scenario-folders.ts';
import type { PathProblem } from './yaml-source.ts';

/** The scenarios that one includes. */
export interface Included {
  /** In the order of `include`; undefined where one of them cannot be had. */
  scenarios: Scenario[] | undefined;
  problems: PathProblem[];
  /** What is wrong with them, said of their own files. */
  elsewhere: readonly SourceProblem[];
}

/** Loads the scenarios that a scenario includes, with `load`; they stand in the same folder. */
export async function loadIncluded(
  { include = [] }: Scenario,
  file: string,
  folders: ScenarioFolders,
  load: (path: string) => Promise<Scenario>,
): Promise<Included> {
  if (include.length === 0) return { scenarios: [], problems: [], elsewhere: [] };
  const scenariosDir = dirname(file);
  const names = await scenarioNames({ ...folders, scenariosDir });
  const beside = new Set(names.filter((name) => name !== basename(file, '.yaml')));
  const problems = include.flatMap(({ scenario }, index) =>
    referenceProblem('a scenario beside this one', scenario, beside, ['include', index, 'scenario']),
  );
  const elsewhere: SourceProblem[] = [];
  const scenarios: Scenario[] = [];
  for (const { scenario } of include) {
    if (!beside.has(scenario)) continue;
    try {
      scenarios.push(await load(join(scenariosDir, `${scenario}.yaml`)));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      elsewhere.push(...error.problems);
    }
  }
  return { scenarios: scenarios.length === include.length ? scenarios : undefined, problems, elsewhere };
}
