import * as z from 'zod';
import { scenarioSchema } from '../model/scenario.ts';
import { keyDescriptions, keyExamples } from './key-descriptions.ts';

/** The part of JSON Schema that finding keys, and values to go on with, needs. */
export interface JsonSchema {
  title?: string;
  description?: string;
  type?: string;
  examples?: string[];
  required?: string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  minItems?: number;
  properties?: Record<string, JsonSchema>;
  propertyNames?: { enum?: string[] };
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/**
 * JSON Schema of scenario files as a person writes them (defaults may be left out), with a line about each key. Draft 7, which
 * is what yaml-language-server understands best. `schema/scenario.schema.json` is this, written by scripts/write-schema.mjs.
 */
export function scenarioJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  describe(schema, '');
  return {
    ...schema,
    title: 'Scenario of lab',
    description: 'The machines of a lab and the steps of its chapter. See docs/reference/scenario-file.md.',
  };
}

/** Adds what is known of the keys below; `group` is the key that leads to this schema. */
function describe(schema: JsonSchema, group: string): void {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const description = keyDescriptions[group]?.[key];
    const examples = keyExamples[key];
    if (description !== undefined) value.description = description;
    if (examples !== undefined) value.examples = [...examples];
    describe(value, key);
  }
  const { items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const inner = [items, additionalProperties, ...anyOf, ...oneOf];
  for (const one of inner) if (typeof one === 'object') describe(one, group);
}
