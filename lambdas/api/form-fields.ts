import type * as z from 'zod/v4/core';
import type { FormFields } from '../middleware/form-body.ts';

/**
 * Returns the form encoding of a JSON object's fields: lists as repeated fields, objects as JSON, numbers and strings
 * as text.
 */
export function formFieldsOf(schema: z.$ZodObject): FormFields {
  const kinds = Object.entries(schema._zod.def.shape).map(([name, field]) => [name, kindOf(field)] as const);
  const namesOf = (kind: keyof FormFields): string[] =>
    kinds.flatMap(([name, its]) => (its === kind ? [name] : []));
  return { json: namesOf('json'), number: namesOf('number'), list: namesOf('list') };
}

function kindOf(schema: z.$ZodType): keyof FormFields | 'text' {
  const { def } = (schema as z.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default')
    return kindOf(def.innerType);
  if (def.type === 'pipe') return kindOf(def.out._zod.def.type === 'transform' ? def.in : def.out);
  if (def.type === 'string' || def.type === 'enum') return 'text';
  if (def.type === 'number') return 'number';
  return def.type === 'array' ? 'list' : 'json';
}
