// Writes schema/scenario.schema.json from the zod schema: `npx tsx scripts/write-schema.mjs`.
import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../src/load/scenario-json-schema.ts';

const file = new URL('../schema/scenario.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
