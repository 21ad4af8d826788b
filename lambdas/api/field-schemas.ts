import * as z from 'zod/mini';

/**
 * A copy of a schema with a description for the OpenAPI document.
 *
 * @param text false in a Lambda's bundle, which needs no prose: write `!import.meta.bundled && {…}`
 */
export function described<Schema extends z.core.$ZodType>(
  schema: Schema,
  text: z.core.GlobalMeta | false,
): Schema {
  if (text === false) return schema;
  const copy = z.clone(schema);
  z.globalRegistry.add(copy, text);
  return copy;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id of a job or a message, lower-cased as the database stores it. */
export const idText = z.pipe(
  z.string().check(z.regex(UUID, 'must be a UUID such as 0192f3a0-7c1e-7000-8000-000000000000')),
  z.transform((text: string) => text.toLowerCase()),
);
