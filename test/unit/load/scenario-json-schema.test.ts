import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyDescriptions } from '../../../src/load/key-descriptions.ts';
import { scenarioJsonSchema } from '../../../src/load/scenario-json-schema.ts';
import type { JsonSchema } from '../../../src/load/scenario-json-schema.ts';

/** All keys below a schema as `GROUP.KEY`, with their schemas; the group is the key that leads there. */
function keysBelow(schema: JsonSchema, group: string): [name: string, schema: JsonSchema][] {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const inner = [items, additionalProperties, ...anyOf, ...oneOf];
  return [
    ...Object.entries(properties).flatMap(([key, value]): [string, JsonSchema][] => [
      [`${group}.${key}`, value],
      ...keysBelow(value, key),
    ]),
    ...inner.flatMap((one) => (typeof one === 'object' ? keysBelow(one, group) : [])),
  ];
}

describe('the JSON Schema of scenario files', () => {
  const schema = scenarioJsonSchema();
  const keys = keysBelow(schema, '');

  it('is what schema/scenario.schema.json holds; `npx tsx scripts/write-schema.mjs` writes it', () => {
    const file = new URL('../../../schema/scenario.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
  });

  it('describes every key, and src/load/key-descriptions.ts describes no key that is not there', () => {
    expect(keys.filter(([, { description }]) => description === undefined).map(([name]) => name)).toEqual([]);
    const described = Object.entries(keyDescriptions).flatMap(([group, descriptions]) =>
      Object.keys(descriptions).map((key) => `${group}.${key}`),
    );
    const names = new Set(keys.map(([name]) => name));
    expect(described.filter((name) => !names.has(name))).toEqual([]);
  });

  it('has defaults and examples', () => {
    const values = new Map(keys);
    expect(values.get('run.mode')).toMatchObject({ default: '0644' });
    expect(values.get('checks.within')).toMatchObject({ examples: ['30s', '2m'] });
  });
});
