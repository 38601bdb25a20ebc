import { loadScenario } from '../load/load-scenario.ts';
import { resolveParameters } from '../load/parameters.ts';
import { scenarioNames } from '../load/scenario-folders.ts';
import { renderTemplate } from '../provision/render.ts';
import { boxesOf } from '../run/render-box.ts';
import { boxProvider } from './box-source.ts';
import { packageFolders } from './package-folders.ts';

/** Vagrant's names of the boxes that the packaged scenarios are made from, with their parameters' defaults. */
export async function boxNamesOfScenarios(): Promise<Set<string>> {
  const loaded = await Promise.all(
    (await scenarioNames(packageFolders)).map((name) => loadScenario(name, packageFolders)),
  );
  const names = loaded.flatMap(({ scenario }) => {
    const parameters = resolveParameters(scenario, {}, {}, boxProvider);
    return boxesOf(scenario.machines, parameters, (file, source, values) =>
      renderTemplate({ file, source, values }),
    ).map((box) => box.name);
  });
  return new Set(names);
}
