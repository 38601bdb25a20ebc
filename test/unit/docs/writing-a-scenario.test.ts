import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';

it('docs/tutorials/writing-a-scenario.md has a scenario that is valid, with its file', async () => {
  const file = new URL('../../../docs/tutorials/writing-a-scenario.md', import.meta.url);
  const page = readFileSync(file, 'utf8');
  const [, scenarioText = '', fileText = ''] =
    /<!-- checked by .* -->\n```yaml\n(.*?)```.*?index\.html\.hbs`:\n\n```\n(.*?)```/s.exec(page) ?? [];
  expect(fileText).toContain('{{machine.name}}');
  const { scenario } = await loadScenario('my-labs/hello.yaml', {
    scenariosDir: '.',
    readFile: (path) => Promise.resolve(path.endsWith('.hbs') ? fileText : scenarioText),
    listFiles: () => Promise.resolve(['index.html.hbs']),
  });
  expect(scenario.steps.map((step) => step.id)).toEqual(['serve', 'read']);
});
