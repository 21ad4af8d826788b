import type * as z from 'zod';

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
