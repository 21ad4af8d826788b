import fc from 'fast-check';
import type { Json } from '../../lambdas/job/job.ts';
import { anyText } from '../helpers/any-text.ts';

/**
 * Strings that Postgres can store in jsonb. NUL and unpaired surrogates are excluded, because the API refuses requests that contain them.
 */
const text = anyText(20).filter((value) => !value.includes('\0') && value.isWellFormed());

/** Any JavaScript number, including the largest and the smallest. */
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 0.1 + 0.2),
);

/** Any JSON that can be a payload or a result. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(text, tie('json'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).json;

/** Returns the value after a round trip through JSON, where −0 becomes 0. */
export function asStored(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
