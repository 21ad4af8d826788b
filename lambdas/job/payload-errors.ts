import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FieldError } from './errors.ts';

/** An issue reported by a schema. If a payload has unknown fields, Zod's issue lists them in `keys`. */
type Issue = StandardSchemaV1.Issue & { readonly keys?: readonly string[] };

/** Returns one error per invalid field, with the field's path, such as `crop.width` or `patterns.0`. */
export function toFieldErrors(issues: readonly Issue[]): FieldError[] {
  return issues.flatMap(({ message, path = [], keys }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part));
    if (!keys) return [{ field: place.join('.'), message }];
    return keys.map((key) => ({
      field: [...place, key || '""'].join('.'),
      message: 'is not a known field; remove it',
    }));
  });
}
