import { describe, expect, it } from '@jest/globals';
import { submissionSchema } from '../../../lambdas/api/submission-schema.ts';

const RATE = { key: 'acme', limit: 10, per_seconds: 60 };

/** Returns the error messages of the refused fields, by field. */
function refused(body: object): Record<string, string> {
  const { error } = submissionSchema().safeParse(body);
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
}

describe('the priority and limits of a submission', () => {
  it.each([
    [{ priority: 0 }],
    [{ priority: 9 }],
    [{ concurrency: { key: 'x'.repeat(128), limit: 1_000 } }],
    [{ concurrency: null, rate_limit: null }],
    [{ rate_limit: { ...RATE, limit: 100_000, per_seconds: 2_592_000, burst: 100_000 } }],
  ])('may be %j', (body) => {
    expect(refused(body)).toEqual({});
  });

  it.each([
    [{ priority: 10 }, 'priority', 'must be at most 9'],
    [{ priority: -1 }, 'priority', 'must be at least 0'],
    [{ priority: 1.5 }, 'priority', 'must be a whole number'],
    [{ priority: 'high' }, 'priority', 'must be a number'],
    [{ concurrency: 2 }, 'concurrency', 'must be an object with key and limit, or null'],
    [{ concurrency: { key: '', limit: 1 } }, 'concurrency.key', 'must have at least 1 character'],
    [
      { concurrency: { key: 'x'.repeat(129), limit: 1 } },
      'concurrency.key',
      'must have at most 128 characters',
    ],
    [{ concurrency: { key: 'a\u0000', limit: 1 } }, 'concurrency.key', 'must not contain control characters'],
    [{ concurrency: { key: 'acme', limit: 0 } }, 'concurrency.limit', 'must be at least 1'],
    [{ concurrency: { key: 'acme', limit: 1_001 } }, 'concurrency.limit', 'must be at most 1000'],
    [{ rate_limit: { ...RATE, limit: 100_001 } }, 'rate_limit.limit', 'must be at most 100000'],
    [
      { rate_limit: { ...RATE, per_seconds: 2_592_001 } },
      'rate_limit.per_seconds',
      'must be at most 2592000',
    ],
    [{ rate_limit: { ...RATE, burst: 11 } }, 'rate_limit.burst', 'must be at most limit'],
    [{ rate_limit: { key: 'acme', limit: 1 } }, 'rate_limit.per_seconds', 'must be a number'],
  ])('may not be %j', (body, field, message) => {
    expect(refused(body)).toEqual({ [field]: message });
  });
});
