import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod/mini';
import { InvalidRequestError } from '../../../lambdas/job/errors.ts';
import { batchSchema } from '../../../lambdas/api/operations/jobs/create-jobs.ts';
import { jobIdSchema, waitQuerySchema } from '../../../lambdas/api/operations/jobs/job-request.ts';
import { listQuerySchema } from '../../../lambdas/api/operations/jobs/list-jobs.ts';
import { encodeCursor, pageFields } from '../../../lambdas/api/fields.ts';
import { submissionSchema } from '../../../lambdas/api/submission-schema.ts';
import { validate } from '../../../lambdas/api/request.ts';

const LONGEST_TIMEOUT = 900;
const submission = submissionSchema();

/** Returns the refused fields; empty if the value is accepted. */
function refusedFields(schema: z.core.$ZodType, value: unknown): string[] {
  try {
    validate(schema, value, 'body');
    return [];
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    expect(error.errors.every(({ message }) => message.length > 0)).toBe(true);
    return error.errors.map(({ field }) => field);
  }
}

describe('a submission', () => {
  it.each([
    [{}],
    [{ object_id: 1 }],
    [{ object_id: '1'.repeat(256), type: 'sleep', payload: { seconds: 1 }, on_duplicate: 'reject' }],
    [{ delay_seconds: 900, max_attempts: 20, timeout_seconds: LONGEST_TIMEOUT }],
    [{ run_at: '2030-01-31T12:00:00Z' }],
    [{ run_at: '2030-01-31T12:00:00.123+02:00' }],
    [{ payload: null }],
    [{ object_id: 'a', on_duplicate: 'replace', dedup_seconds: 1, delay_seconds: 5 }],
    [{ object_id: 'a', dedup_seconds: 2_592_000 }],
    [{ object_id: 'a', debounce: { seconds: 10 } }],
    [{ object_id: 'a', debounce: { seconds: 10, max_seconds: 10 }, on_duplicate: 'replace' }],
  ])('is accepted: %j', (body) => {
    expect(refusedFields(submission, body)).toEqual([]);
  });

  it.each([
    ['body', null],
    ['body', []],
    ['body', 'a text'],
    ['object_id', { object_id: '' }],
    ['object_id', { object_id: 'x'.repeat(257) }],
    ['object_id', { object_id: 1.5 }],
    ['object_id', { object_id: 2 ** 53 }],
    ['object_id', { object_id: null }],
    ['object_id', { object_id: true }],
    ['object_id', { object_id: ['a'] }],
    ['object_id', { object_id: 'a\nb' }],
    ['object_id', { object_id: 'a\u0085b' }],
    ['type', { type: '' }],
    ['type', { type: 'x'.repeat(65) }],
    ['type', { type: 'a\0' }],
    ['type', { type: 7 }],
    ['delay_seconds', { delay_seconds: -1 }],
    ['delay_seconds', { delay_seconds: 365 * 86_400 + 1 }],
    ['delay_seconds', { delay_seconds: 1.5 }],
    ['delay_seconds', { delay_seconds: '5' }],
    ['run_at', { run_at: 'tomorrow' }],
    ['run_at', { run_at: '2030-01-31' }],
    ['run_at', { run_at: '2030-01-31T12:00:00' }],
    ['run_at', { run_at: '2030-02-30T12:00:00Z' }],
    ['run_at', { run_at: 1_900_000_000 }],
    ['run_at', { delay_seconds: 5, run_at: '2030-01-31T12:00:00Z' }],
    ['max_attempts', { max_attempts: 0 }],
    ['max_attempts', { max_attempts: 21 }],
    ['timeout_seconds', { timeout_seconds: 0 }],
    ['timeout_seconds', { timeout_seconds: LONGEST_TIMEOUT + 1 }],
    ['callback_url', { callback_url: 7 }],
    ['on_duplicate', { on_duplicate: 'ignore' }],
    ['on_duplicate', { on_duplicate: 'replace' }],
    ['dedup_seconds', { dedup_seconds: 60 }],
    ['dedup_seconds', { object_id: 'a', dedup_seconds: 0 }],
    ['dedup_seconds', { object_id: 'a', dedup_seconds: 2_592_001 }],
    ['dedup_seconds', { object_id: 'a', dedup_seconds: 1.5 }],
    ['debounce', { debounce: { seconds: 10 } }],
    ['debounce', { object_id: 'a', debounce: 10 }],
    ['debounce.seconds', { object_id: 'a', debounce: {} }],
    ['debounce.seconds', { object_id: 'a', debounce: { seconds: 0 } }],
    ['debounce.max_seconds', { object_id: 'a', debounce: { seconds: 10, max_seconds: 9 } }],
    ['debounce.more', { object_id: 'a', debounce: { seconds: 10, more: 1 } }],
    ['debounce', { object_id: 'a', debounce: { seconds: 10 }, delay_seconds: 5 }],
    ['debounce', { object_id: 'a', debounce: { seconds: 10 }, run_at: '2030-01-31T12:00:00Z' }],
    ['on_duplicate', { object_id: 'a', debounce: { seconds: 10 }, on_duplicate: 'return' }],
    ['dedup_seconds', { object_id: 'a', debounce: { seconds: 10 }, dedup_seconds: 60 }],
    ['urgency', { urgency: 1 }],
  ])('is refused for its %s: %j', (field, body) => {
    expect(refusedFields(submission, body)).toEqual([field]);
  });

  it('is refused with all its invalid fields', () => {
    expect(refusedFields(submission, { type: 7, max_attempts: 0, urgency: 1, colour: 2 }).toSorted()).toEqual(
      ['colour', 'max_attempts', 'type', 'urgency'],
    );
  });

  it('with an integer object_id equals one with the same number as a string', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (integer) => {
        expect(validate(submission, { object_id: integer }, 'body').object_id).toBe(String(integer));
      }),
    );
  });

  it('keeps its payload unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        expect(validate(submission, { payload }, 'body').payload).toBe(payload);
      }),
    );
  });
});

describe('a batch', () => {
  it.each([
    ['jobs', {}],
    ['jobs', { jobs: [] }],
    ['jobs', { jobs: {} }],
    ['jobs', { jobs: Array(101).fill({}) }],
    ['body', []],
    ['more', { jobs: [{}], more: 1 }],
  ])('is refused for its %s: %j', (field, body) => {
    expect(refusedFields(batchSchema, body)).toEqual([field]);
  });

  it('of up to 100 submissions is accepted, whatever they contain, because each is validated separately', () => {
    expect(refusedFields(batchSchema, { jobs: Array(100).fill(null) })).toEqual([]);
  });
});

describe('a job_id', () => {
  it('is accepted in any case, and converted to lower case', () => {
    const jobId = uuidv7();
    expect(validate(jobIdSchema, { job_id: jobId.toUpperCase() }, 'path')).toEqual({ job_id: jobId });
  });

  it.each(['', 'x', '0192f3a07c1e70008000000000000000', `${uuidv7()}x`, `${uuidv7()}\n`])(
    'is not %j',
    (jobId) => {
      expect(refusedFields(jobIdSchema, { job_id: jobId })).toEqual(['job_id']);
    },
  );
});

const pageSchema = z.strictObject(pageFields(200));

describe('a list', () => {
  it('has fifty jobs a page by default', () => {
    expect(validate(listQuerySchema, {}, 'query')).toEqual({ limit: 50, order: 'desc' });
    expect(validate(listQuerySchema, { limit: '200' }, 'query').limit).toBe(200);
  });

  it.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '201' }],
    ['limit', { limit: '-1' }],
    ['limit', { limit: '1.5' }],
    ['limit', { limit: '1e2' }],
    ['limit', { limit: '' }],
    ['status', { status: 'done' }],
    ['status', { status: 'created,done' }],
    ['status', { status: '' }],
    ['status', { status: 'failed,' }],
    ['queue', { queue: '' }],
    ['tag', { tag: 'one,two' }],
    ['tag', { tag: '' }],
    ['metadata', { metadata: 'acme' }],
    ['metadata', { metadata: ':acme' }],
    ['metadata', { metadata: '{}' }],
    ['metadata', { metadata: '{"customer":' }],
    ['metadata.customer', { metadata: '{"customer":{"id":1}}' }],
    ['created_after', { created_after: '2030-01-31' }],
    ['created_before', { created_before: 'yesterday' }],
    ['message', { message: '' }],
    ['message', { message: 'a'.repeat(201) }],
    ['order', { order: 'newest' }],
    ['type', { type: 'a\0b' }],
    ['type', { type: '' }],
    ['object_id', { object_id: 'a\0b' }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: 'AZLzoHwecACAAAAAAAAAA' }],
    ['cursor', { cursor: '!'.repeat(22) }],
    ['page', { page: '2' }],
  ])('is refused for its %s: %j', (field, query) => {
    expect(refusedFields(listQuerySchema, query)).toEqual([field]);
  });

  it('continues after the row of its cursor', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(validate(pageSchema, { cursor: encodeCursor(id) }, 'query').cursor).toBe(id);
      }),
    );
  });

  it('refuses a cursor that contains no UUID', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[\w-]{22}$/)), (cursor) => {
        const taken = pageSchema.safeParse({ cursor }).data?.cursor;
        if (taken !== undefined) expect(taken).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      }),
    );
  });
});

describe('a wait', () => {
  it.each([
    ['0', 0],
    ['25', 25],
    ['0.5', 0.5],
  ])('of %s s is accepted', (wait, seconds) => {
    expect(validate(waitQuerySchema, { wait }, 'query')).toEqual({ wait: seconds });
  });

  it.each(['', '26', '25.001', '-1', '1e2', '+5', '05', '0x5', ' 5', 'long'])('of %j is refused', (wait) => {
    expect(refusedFields(waitQuerySchema, { wait })).toEqual(['wait']);
  });
});

describe('any request', () => {
  const schemas = { submission, batchSchema, jobIdSchema, listQuerySchema, waitQuerySchema };

  it.each(Object.entries(schemas))(
    'is accepted by %s, or refused with the names of the fields',
    (_name, schema) => {
      const names = [
        'object_id',
        'type',
        'payload',
        'delay_seconds',
        'run_at',
        'jobs',
        'job_id',
        'limit',
        'cursor',
        'wait',
      ];
      const anyBody = fc.oneof(
        fc.anything(),
        fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.anything({ maxDepth: 2 })),
      );
      fc.assert(
        fc.property(anyBody, (body) => {
          expect(refusedFields(schema, body).every((field) => field !== '')).toBe(true);
        }),
        { numRuns: 500 },
      );
    },
  );

  it('is refused with at most twenty fields, so that the response stays small', () => {
    const body = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`field${index}`, 0]));
    expect(refusedFields(submission, body)).toHaveLength(20);
  });
});
