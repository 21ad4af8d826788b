import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { submissionSchema } from '../../../lambdas/api/submission-schema.ts';
import { readSubmission } from '../../../lambdas/api/submission.ts';
import { InvalidRequestError } from '../../../lambdas/job/errors.ts';
import { MAX_DELAY_SECONDS, MAX_DOCUMENT_BYTES } from '../../../lambdas/job/job.ts';
import { job } from '../../../lambdas/job/definition.ts';
import { runnable } from '../../../lambdas/job/job-type.ts';
import { HttpError } from '../../../lambdas/middleware/problem.ts';

const JOB_TIMEOUT = 46;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const run = (): Promise<null> => Promise.resolve(null);

const count = runnable(
  job('count', {
    payload: z.strictObject({ upTo: z.number().optional() }),
    retry: { attempts: 4 },
    run,
  }),
);
const anything = runnable(job('anything', { payload: z.unknown(), run }));
const resize = runnable(job('resize', { payload: z.unknown(), queue: 'images', run }));
const crop = runnable(job('crop', { payload: z.unknown(), queue: 'images', timeoutSeconds: 60, run }));
const webhook = runnable(
  job('webhook', {
    payload: z.strictObject({ url: z.url('must be a URL that is allowed'), body: z.unknown() }),
    retry: { attempts: 7 },
    run,
  }),
);

function read(body: unknown) {
  return readSubmission(
    body,
    { tenant: 'tenant', actor: 'key:0123456789abcdef' },
    {
      schema: submissionSchema(),
      jobTypes: new Map([count, anything, webhook, resize, crop].map((jobType) => [jobType.name, jobType])),
      callbackType: webhook,
      defaultType: 'count',
      queueTimeouts: new Map([
        ['default', JOB_TIMEOUT],
        ['images', 600],
      ]),
      jobTimeout: JOB_TIMEOUT,
      retentionDays: 10,
      now: () => new Date(NOW),
    },
  );
}

/** Returns the refused fields. */
function refusedFields(body: unknown): string[] {
  try {
    read(body);
  } catch (error) {
    if (error instanceof InvalidRequestError || error instanceof HttpError)
      return error.errors.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('a submission', () => {
  it('is refused with full field paths', () => {
    expect(refusedFields({ payload: { upTo: 'ten', more: 1 } }).toSorted()).toEqual([
      'payload.more',
      'payload.upTo',
    ]);
  });

  it('without fields has the defaults of the deployment and its job type', () => {
    expect(read({})).toEqual({
      tenant: 'tenant',
      objectId: null,
      type: 'count',
      queue: 'default',
      payload: {},
      delaySeconds: 0,
      maxAttempts: 4,
      timeoutSeconds: JOB_TIMEOUT,
      onDuplicate: 'return',
      callback: null,
      submittedBy: 'key:0123456789abcdef',
      flow: { priority: 5 },
    });
  });

  it('keeps the fields that it sets', () => {
    expect(
      read({
        object_id: 7,
        type: 'anything',
        payload: [1],
        delay_seconds: 5,
        max_attempts: 2,
        timeout_seconds: 3,
        on_duplicate: 'reject',
        callback_url: 'https://example.org/done',
        priority: 0,
        concurrency: { key: 'acme', limit: 2 },
        rate_limit: { key: 'acme', limit: 10, per_seconds: 60 },
      }),
    ).toEqual({
      tenant: 'tenant',
      objectId: '7',
      type: 'anything',
      queue: 'default',
      payload: [1],
      delaySeconds: 5,
      maxAttempts: 2,
      timeoutSeconds: 3,
      onDuplicate: 'reject',
      callback: { url: 'https://example.org/done', maxAttempts: 7, timeoutSeconds: JOB_TIMEOUT },
      submittedBy: 'key:0123456789abcdef',
      flow: {
        priority: 0,
        concurrency: { key: 'acme', limit: 2 },
        rate_limit: { key: 'acme', limit: 10, per_seconds: 60, burst: 1 },
      },
    });
  });

  it('with a debounce is due after its seconds, replaces, and can be delayed for ten times as long', () => {
    const debounce = (given: object) => read({ object_id: 'a', debounce: given });
    expect(debounce({ seconds: 10, max_seconds: 25 })).toMatchObject({
      onDuplicate: 'replace',
      delaySeconds: 10,
      debounce: { seconds: 10, maxSeconds: 25 },
    });
    expect(debounce({ seconds: 10 }).debounce).toEqual({ seconds: 10, maxSeconds: 100 });
    expect(debounce({ seconds: 1_000_000 }).debounce).toEqual({ seconds: 1_000_000, maxSeconds: 2_592_000 });
  });

  it('can have a dedup window up to the retention, but not longer', () => {
    expect(read({ object_id: 'a', dedup_seconds: 863_999 }).dedupSeconds).toBe(863_999);
    expect(() => read({ object_id: 'a', dedup_seconds: 864_000 })).toThrow(
      'dedup_seconds: must be less than the 864000 seconds for which the deployment keeps jobs (RETENTION_DAYS=10)',
    );
  });

  it('keeps its payload as sent, not as parsed by the job type', () => {
    expect(read({ payload: { upTo: 3 } }).payload).toEqual({ upTo: 3 });
  });

  it.each([
    ['type', { type: 'unheard-of' }],
    ['payload.upTo', { payload: { upTo: 'three' } }],
    ['payload.downTo', { payload: { downTo: 3 } }],
    ['payload', { payload: 7 }],
    ['payload', { payload: null }],
    ['callback_url', { callback_url: 'nowhere' }],
  ])('is refused for its %s: %j', (field, body) => {
    expect(refusedFields(body)).toEqual([field]);
  });

  it('can have its queue’s timeout, but not a longer one', () => {
    expect(read({ timeout_seconds: JOB_TIMEOUT })).toMatchObject({ queue: 'default' });
    expect(() => read({ timeout_seconds: 99 })).toThrow(
      "timeout_seconds: must be at most 46, the deployment's JOB_TIMEOUT",
    );
    expect(read({ type: 'resize' })).toMatchObject({ queue: 'images', timeoutSeconds: 600 });
    expect(read({ type: 'crop' })).toMatchObject({ queue: 'images', timeoutSeconds: 60 });
    expect(read({ type: 'crop', timeout_seconds: 600 })).toMatchObject({ timeoutSeconds: 600 });
    expect(() => read({ type: 'resize', timeout_seconds: 601 })).toThrow(
      'timeout_seconds: must be at most 600, the timeout of the queue "images"',
    );
  });

  it('gives its callback the timeout of the default queue', () => {
    const { callback } = read({ type: 'resize', callback_url: 'https://example.org/done' });
    expect(callback).toMatchObject({ timeoutSeconds: JOB_TIMEOUT });
  });

  it('of an unknown type is refused with the known types', () => {
    expect(() => read({ type: 'unheard-of' })).toThrow(
      '"unheard-of" is not a job type; known are count, anything, webhook, resize, crop',
    );
  });

  it('can have a payload of 256 KiB of JSON, but not a larger one', () => {
    const payload = 'x'.repeat(MAX_DOCUMENT_BYTES - 2);
    expect(read({ type: 'anything', payload }).payload).toBe(payload);
    expect(refusedFields({ type: 'anything', payload: `${payload}x` })).toEqual(['payload']);
  });
});

describe('the time when a job is due', () => {
  it.each([
    ['2026-01-01T00:00:00Z', 0],
    ['2025-01-01T00:00:00Z', 0],
    ['2026-01-01T00:00:00.001Z', 1],
    ['2026-01-01T00:00:10Z', 10],
    ['2026-01-01T02:15:00+02:00', 900],
  ])('at %s is in %s s', (runAt, seconds) => {
    expect(read({ run_at: runAt }).delaySeconds).toBe(seconds);
  });

  it('is at most a year ahead', () => {
    expect(refusedFields({ run_at: '2027-01-01T00:00:00.001Z' })).toEqual(['run_at']);
  });

  it('is never before the requested time, and less than a second after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: MAX_DELAY_SECONDS * 1000 }), (aheadMs) => {
        const { delaySeconds } = read({ run_at: new Date(NOW + aheadMs).toISOString() });
        expect(delaySeconds * 1000).toBeGreaterThanOrEqual(aheadMs);
        expect(delaySeconds * 1000).toBeLessThan(Math.max(0, aheadMs) + 1_000);
      }),
    );
  });

  it('is a number of seconds that SQS accepts, however the time is written', () => {
    const two = (max: number): fc.Arbitrary<string> =>
      fc.nat(max).map((number) => String(number).padStart(2, '0'));
    const offset = fc.oneof(
      fc.constant('Z'),
      fc
        .tuple(fc.constantFrom('+', '-'), two(99), two(99))
        .map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
    );
    fc.assert(
      fc.property(two(99), two(99), two(99), offset, (hours, minutes, seconds, zone) => {
        const runAt = `2025-12-31T${hours}:${minutes}:${seconds}${zone}`;
        if (refusedFields({ run_at: runAt }).length > 0) return;
        const { delaySeconds } = read({ run_at: runAt });
        expect(Number.isInteger(delaySeconds)).toBe(true);
        expect(delaySeconds).toBeGreaterThanOrEqual(0);
        expect(delaySeconds).toBeLessThanOrEqual(MAX_DELAY_SECONDS);
      }),
      { numRuns: 500 },
    );
  });
});
