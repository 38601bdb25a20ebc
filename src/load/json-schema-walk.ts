import type { JsonSchema } from './scenario-json-schema.ts';

/** The schemas that a key or list entry may follow, whichever of the alternatives applies. */
export function descend(schemas: readonly JsonSchema[], segment: string | number): JsonSchema[] {
  return schemas.flatMap(alternatives).flatMap((schema) => {
    if (typeof segment === 'number') return schema.items ?? [];
    const named = schema.properties?.[segment];
    if (named !== undefined) return named;
    return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : [];
  });
}

/** The names of all keys that the schemas allow. */
export function keysOf(schemas: readonly JsonSchema[]): string[] {
  const keys = schemas
    .flatMap(alternatives)
    .flatMap(({ properties = {}, propertyNames }) => [
      ...Object.keys(properties),
      ...(propertyNames?.enum ?? []),
    ]);
  return [...new Set(keys)];
}

/** The alternative with this number (from 0) where there is a choice. */
export function branchOf(schemas: readonly JsonSchema[], index: number): JsonSchema[] {
  return schemas.flatMap((schema) => schema.anyOf?.[index] ?? []);
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
}
