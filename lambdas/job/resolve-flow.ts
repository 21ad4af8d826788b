import type { FieldError } from './errors.ts';
import {
  DEFAULT_PRIORITY,
  keyExpected,
  pathOfKey,
  type ConcurrencyLimit,
  type FlowControl,
  type RateLimit,
} from './flow-control.ts';

/** A submission's priority and limits. Null removes the job type's limit. */
export interface GivenFlow {
  readonly priority?: number | undefined;
  readonly concurrency?: ConcurrencyLimit | null | undefined;
  readonly rate_limit?: RateLimit | null | undefined;
}

/**
 * Merges a submission's priority and limits with its job type's defaults. A job type's keys may be paths into the payload; a
 * submission's keys are literal.
 *
 * @param payload a payload that is valid for the job type
 * @returns the merged options, and an error for each key path whose payload value is not a valid key
 */
export function resolveFlow(
  given: GivenFlow,
  ofType: FlowControl = { priority: DEFAULT_PRIORITY },
  payload: unknown,
): { flow: FlowControl; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const resolved = <Limit extends { key: string }>(limit: Limit, field: string): Limit => {
    const path = pathOfKey(limit.key);
    if (!path) return limit;
    const value = valueAt(path, payload);
    const key = isScalar(value) ? String(value) : undefined;
    const expected = keyExpected(key);
    if (expected === undefined && key !== undefined) return { ...limit, key };
    errors.push({
      field: limit.key,
      message:
        key === undefined
          ? `must be a string, a number or a boolean: it is the key of the job type's ${field}; add the field, or submit with "${field}": null or with another ${field}`
          : `must be ${expected ?? ''}: it is the key of the job type's ${field}`,
    });
    return limit;
  };
  const concurrency =
    given.concurrency === undefined
      ? ofType.concurrency && resolved(ofType.concurrency, 'concurrency')
      : (given.concurrency ?? undefined);
  const rateLimit =
    given.rate_limit === undefined
      ? ofType.rate_limit && resolved(ofType.rate_limit, 'rate_limit')
      : (given.rate_limit ?? undefined);
  return {
    flow: {
      priority: given.priority ?? ofType.priority,
      ...(concurrency && { concurrency }),
      ...(rateLimit && { rate_limit: rateLimit }),
    },
    errors,
  };
}

function valueAt(path: readonly string[], payload: unknown): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    payload,
  );
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
