import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import { scenarioJsonSchema } from '../../../src/load/scenario-json-schema.ts';
import type { JsonSchema } from '../../../src/load/scenario-json-schema.ts';

const reference = readFileSync(new URL('../../../docs/reference/scenario-file.md', import.meta.url), 'utf8');

/** The names of all keys anywhere in the schema. */
function allKeys(schema: JsonSchema): string[] {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const inner = [...Object.values(properties), ...anyOf, ...oneOf];
  if (items !== undefined) inner.push(items);
  if (typeof additionalProperties === 'object') inner.push(additionalProperties);
  return [...Object.keys(properties), ...inner.flatMap(allKeys)];
}

describe('docs/reference/scenario-file.md', () => {
  it('has an example that is valid and short', async () => {
    const example = /<!-- checked by .* -->\n```yaml\n(.*?)```/s.exec(reference)?.[1] ?? '';
    const loaded = await loadScenario('./greeting.yaml', {
      scenariosDir: '.',
      readFile: () => Promise.resolve(example),
      listFiles: () => Promise.resolve([]),
    });
    expect(loaded.scenario.name).toBe('greeting');
    expect(example.split('\n').length).toBeLessThan(60);
  });

  it('names every key of the format', () => {
    const missing = allKeys(scenarioJsonSchema()).filter((key) => !reference.includes(`\`${key}\``));
    expect([...new Set(missing)]).toEqual([]);
  });
});
