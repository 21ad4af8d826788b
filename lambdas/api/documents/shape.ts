import type * as z from 'zod';

/**
 * Holds a schema to an interface of the domain, in both directions: a field that only one of the two has does not compile.
 *
 * @example const attempt = shapeOf<Attempt>()(z.object({ attempt: z.int(), … }));
 */
export function shapeOf<Domain>() {
  return <Schema extends z.ZodType<Domain>>(
    schema: Schema & (Required<Domain> extends Required<z.output<Schema>> ? unknown : never),
  ): Schema => schema;
}
