import * as z from 'zod';
import { scenarioSchema } from '../model/scenario.ts';

/** The part of JSON Schema that finding keys needs. */
export interface JsonSchema {
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  propertyNames?: { enum?: string[] };
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/**
 * JSON Schema of scenario files as a person writes them (defaults may be left out). Draft 7, which is what
 * yaml-language-server understands best. `schema/scenario.schema.json` is this, written by scripts/write-schema.mjs.
 */
export function scenarioJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  return {
    ...schema,
    title: 'Scenario of lab',
    description: 'The machines of a lab and the steps of its chapter. See docs/reference/scenario-file.md.',
  };
}
