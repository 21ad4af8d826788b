import * as z from 'zod/v4/core';
import { InvalidRequestError, type FieldError } from '../job/errors.ts';

/** Checks a part of a request, with errors that name the field in full: `payload.seconds`, `limit`. */
export function validate<Schema extends z.$ZodType>(
  schema: Schema,
  value: unknown,
  place: 'path' | 'query' | 'body',
  prefix = '',
): z.output<Schema> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  throw new InvalidRequestError(
    place,
    parsed.error.issues.flatMap((issue) => toFieldErrors(issue, prefix)),
  );
}

function toFieldErrors(issue: z.$ZodIssue, prefix: string): FieldError[] {
  const path = [...(prefix ? [prefix] : []), ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, key || '""'].join('.'),
      message: 'is not a known field; remove it',
    }));
  }
  return [{ field: path.join('.') || 'body', message: issue.message }];
}
