import { fileURLToPath } from 'node:url';
import { loadScenario } from '../../src/load/load-scenario.ts';
import type { Scenario } from '../../src/model/scenario.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The scenario of the main job, as it comes with lab. */
export async function coreosScenario(): Promise<Scenario> {
  const loaded = await loadScenario('coreos', {
    scenariosDir: `${root}scenarios`,
    cloudConfigDir: `${root}cloud-config`,
    vagrantDir: `${root}vagrant`,
  });
  return loaded.scenario;
}
