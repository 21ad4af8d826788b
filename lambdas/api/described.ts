import * as z from 'zod/mini';

/** A schema with what the OpenAPI document says of it. The schema that is given may be described otherwise elsewhere: it is left as it is. */
export function described<Schema extends z.core.$ZodType>(schema: Schema, text: z.core.GlobalMeta): Schema {
  const copy = z.clone(schema);
  z.globalRegistry.add(copy, text);
  return copy;
}
