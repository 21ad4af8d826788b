import * as z from 'zod';

/** The schemas that stand under a name of their own in the document, whoever refers to them. */
export const components = z.registry<{ id: string }>();

/** Gives a schema its place under `#/components/schemas/`. */
export function named<Schema extends z.core.$ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/** @throws Error for a schema that has no name */
export function referenceTo(schema: z.core.$ZodType): { $ref: string } {
  const entry = components.get(schema);
  if (!entry) throw new Error('A body or an answer of the document needs a schema with a name: see named().');
  return { $ref: componentPath(entry.id) };
}

export function componentPath(id: string): string {
  return `#/components/schemas/${id}`;
}
