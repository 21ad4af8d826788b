import * as z from 'zod';

/** The schemas under `components` of the document, by name. */
export const components = z.registry<{ id: string }>();

/** Names a schema: the document puts it under `#/components/schemas/` and refers to it. */
export function named<Schema extends z.core.$ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/** @throws Error for a schema that has no name */
export function referenceTo(schema: z.core.$ZodType): { $ref: string } {
  const entry = components.get(schema);
  if (!entry) throw new Error('A body in the document needs a named schema: see named().');
  return { $ref: componentPath(entry.id) };
}

export function componentPath(id: string): string {
  return `#/components/schemas/${id}`;
}

/**
 * Checks that a schema and a domain interface have the same fields: a field that only one of them has does not compile.
 *
 * @example const attempt = shapeOf<Attempt>()(z.object({ attempt: z.int(), … }));
 */
export function shapeOf<Domain>() {
  return <Schema extends z.ZodType<Domain>>(
    schema: Schema & (Required<Domain> extends Required<z.output<Schema>> ? unknown : never),
  ): Schema => schema;
}

/** The fields of a list's page besides its items. */
export const pageFields = {
  limit: z.int().min(1),
  next_cursor: z
    .string()
    .nullable()
    .meta({ description: 'The `cursor` of the next page; null on the last.' }),
};
