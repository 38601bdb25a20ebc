import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../../src/load/scenario-json-schema.ts';

it('is what schema/scenario.schema.json holds; `npx tsx scripts/write-schema.mjs` writes it', () => {
  const file = new URL('../../../schema/scenario.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(scenarioJsonSchema());
});
