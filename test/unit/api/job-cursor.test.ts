import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeJobCursor, encodeJobCursor } from '../../../lambdas/api/operations/jobs/job-cursor.ts';
import { listQuerySchema } from '../../../lambdas/api/operations/jobs/list-jobs.ts';
import { InvalidRequestError } from '../../../lambdas/job/errors.ts';
import type { JobFilter } from '../../../lambdas/job/job-filter.ts';

const order = fc.constantFrom('asc', 'desc');
const text = fc.string({ minLength: 1, maxLength: 5 });
const filter: fc.Arbitrary<JobFilter> = fc.record(
  { type: text, queue: text, tag: text, message: text, objectId: text, metadata: fc.dictionary(text, text) },
  { requiredKeys: [] },
);
const list = fc.record({ order, filter });

describe('the cursor of a list of jobs', () => {
  it('continues its own list', () => {
    fc.assert(
      fc.property(fc.uuid(), list, (jobId, ownList) => {
        const cursor = encodeJobCursor(jobId, ownList);
        expect(listQuerySchema.safeParse({ cursor }).success).toBe(true);
        expect(decodeJobCursor(cursor, structuredClone(ownList))).toBe(jobId);
      }),
    );
  });

  it('continues its own list, in any order of the filter’s fields', () => {
    const cursor = encodeJobCursor('0192f3a0-7c1e-7000-8000-000000000000', {
      order: 'asc',
      filter: { type: 'a', queue: undefined, metadata: { one: '1', two: '2' } },
    });
    const again = { order: 'asc', filter: { metadata: { two: '2', one: '1' }, type: 'a' } } as const;
    expect(decodeJobCursor(cursor, again)).toBe('0192f3a0-7c1e-7000-8000-000000000000');
  });

  it('is refused by a list with another order or other filters', () => {
    fc.assert(
      fc.property(fc.uuid(), list, list, (jobId, ownList, other) => {
        fc.pre(JSON.stringify(ownList) !== JSON.stringify(other));
        const isSameFilter =
          ownList.order === other.order && entriesOf(ownList.filter) === entriesOf(other.filter);
        fc.pre(!isSameFilter);
        const cursor = encodeJobCursor(jobId, ownList);
        expect(() => decodeJobCursor(cursor, other)).toThrow(InvalidRequestError);
        expect(() => decodeJobCursor(cursor, other)).toThrow(
          'cursor: belongs to a list with another order or other filters; use the same ones as for the previous page',
        );
      }),
    );
  });
});

/** Converts a filter to a string, regardless of the order of its fields. */
function entriesOf({ metadata = {}, ...others }: JobFilter): string {
  return JSON.stringify([Object.entries(others).sort(), Object.entries(metadata).sort()]);
}
