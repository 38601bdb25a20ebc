import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = `${root}docs/examples/ten-steps/ten-steps.yaml`;

it('docs/examples/ten-steps is a scenario of ten steps with checks in under 100 lines', async () => {
  const { scenario } = await loadScenario(file, {
    scenariosDir: `${root}scenarios`,
    cloudConfigDir: `${root}cloud-config`,
    vagrantDir: `${root}vagrant`,
  });
  expect(scenario.steps).toHaveLength(10);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(100);
  const checks = scenario.steps.flatMap((step) => step.checks);
  expect(checks.filter((check) => check.mutation !== undefined).length).toBeGreaterThan(1);
  // Each step that does something can be taken back.
  expect(scenario.steps.filter((step) => step.run.length > 0 && step.undo === undefined)).toEqual([]);
});
