import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';

it('docs/tutorials/author.md has a scenario that is valid', async () => {
  const page = readFileSync(new URL('../../../docs/tutorials/author.md', import.meta.url), 'utf8');
  const example = /<!-- checked by .* -->\n```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  const { scenario } = await loadScenario('my-labs/hello.yaml', {
    scenariosDir: '.',
    readFile: () => Promise.resolve(example),
    listFiles: () => Promise.resolve(['index.html.hbs']),
  });
  expect(scenario.steps.map((step) => step.id)).toEqual(['serve', 'read']);
});
