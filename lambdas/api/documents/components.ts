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
