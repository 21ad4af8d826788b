import * as z from 'zod';

/** The schemas in the OpenAPI document's `components`, by name. */
export const components = z.registry<{ id: string }>();

/**
 * Names a schema, so that the OpenAPI document contains the schema only once, in `#/components/schemas/`, and refers to
 * it by name elsewhere.
 */
export function named<Schema extends z.core.$ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/** Returns a reference to a named schema. @throws Error if the schema has no name */
export function referenceTo(schema: z.core.$ZodType): { $ref: string } {
  const entry = components.get(schema);
  if (!entry) throw new Error('Every body in the OpenAPI document needs a named schema; see named().');
  return { $ref: componentPath(entry.id) };
}

export function componentPath(id: string): string {
  return `#/components/schemas/${id}`;
}

/**
 * Checks at compile time that a schema and a domain interface have the same fields.
 *
 * @example const attempt = shapeOf<Attempt>()(z.object({ attempt: z.int(), … }));
 */
export function shapeOf<Domain>() {
  return <Schema extends z.ZodType<Domain>>(
    schema: Schema & (Required<Domain> extends Required<z.output<Schema>> ? unknown : never),
  ): Schema => schema;
}

/** The fields of a list page, in addition to its items. */
export const pageFields = {
  limit: z.int().min(1),
  next_cursor: z
    .string()
    .nullable()
    .meta({ description: 'The `cursor` of the next page; null on the last page.' }),
};
