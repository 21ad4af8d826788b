import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { jobFilterSchema, matchesEverything, type JobFilter } from '../../../lambdas/job/job-filter.ts';
import { toFieldErrors } from '../../../lambdas/job/payload-errors.ts';
import { JOB_STATUSES } from '../../../lambdas/job/status.ts';

function read(fields: unknown): JobFilter {
  return withoutUndefined(z.parse(jobFilterSchema, fields));
}

function withoutUndefined(filter: JobFilter): JobFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** Returns the first error for a refused filter: the field and the problem. */
function refusal(fields: unknown): string {
  const { error } = z.safeParse(jobFilterSchema, fields);
  const [first] = toFieldErrors(error?.issues ?? []);
  return first ? `${first.field} ${first.message}` : 'no error';
}

describe('a filter', () => {
  it('reads every field', () => {
    expect(
      read({
        status: ['failed', 'canceled'],
        type: 'resize',
        queue: 'images',
        tag: 'nightly',
        metadata: { customer: 'acme', paid: true, amount: 4.2 },
        created_after: '2030-01-31T12:00:00+01:00',
        created_before: '2030-02-01T12:00:00Z',
        message: 'ECONNREFUSED',
        object_id: 'invoice-42',
        batch_id: 'import-7',
      }),
    ).toEqual({
      status: ['failed', 'canceled'],
      type: 'resize',
      queue: 'images',
      tag: 'nightly',
      metadata: { customer: 'acme', paid: 'true', amount: '4.2' },
      createdAfter: '2030-01-31T11:00:00.000Z',
      createdBefore: '2030-02-01T12:00:00.000Z',
      message: 'ECONNREFUSED',
      objectId: 'invoice-42',
      batchId: 'import-7',
    });
  });

  it.each([
    ['failed', ['failed']],
    ['failed,canceled', ['failed', 'canceled']],
    ['canceled,failed,canceled', ['failed', 'canceled']],
  ])('reads the status %j', (status, expected) => {
    expect(read({ status })).toEqual({ status: expected });
  });

  it.each([
    ['customer:acme', { customer: 'acme' }],
    ['url:https://example.com/a:b', { url: 'https://example.com/a:b' }],
    ['note:', { note: '' }],
    ['{"customer":"acme","paid":true}', { customer: 'acme', paid: 'true' }],
  ])('reads the metadata %j', (metadata, expected) => {
    expect(read({ metadata })).toEqual({ metadata: expected });
  });

  it.each([
    [{ status: 'done' }, 'status must be one or more of created, running, success, failed, canceled'],
    [{ status: [] }, 'status must be one or more of created, running, success, failed, canceled'],
    [{ status: 7 }, 'status must be one or more of created, running, success, failed, canceled'],
    [
      { status: ['failed', 'done'] },
      'status must be one or more of created, running, success, failed, canceled',
    ],
    [
      { metadata: {} },
      'metadata must be key:value, or a JSON object such as {"customer":"acme","paid":true}',
    ],
    [{ tag: 'a,b' }, 'tag must not contain a comma'],
    [
      { metadata: 'acme' },
      'metadata must be key:value, or a JSON object such as {"customer":"acme","paid":true}',
    ],
    [{ metadata: { 'a b': 1 } }, 'metadata.a b must have a name of 1 to 64 letters, digits, "_", "." or "-"'],
    [{ metadata: { list: [1] } }, 'metadata.list must be a string, a number or a boolean'],
    [{ metadata: { huge: 1e21 } }, 'metadata.huge is a number that needs an exponent; write it as a string'],
    [
      { created_after: 'yesterday' },
      'created_after must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z',
    ],
    [{ message: '' }, 'message must have at least 1 character'],
    [{ state: 'failed' }, 'state is not a known field; remove it'],
    [[], ' must be a JSON object'],
  ])('refuses %j with advice', (fields, expected) => {
    expect(refusal(fields)).toBe(expected);
  });

  it('means the same in a query and in JSON', () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/).filter((name) => name !== '__proto__');
    const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.boolean(), fc.integer());
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...JOB_STATUSES), { minLength: 1 }),
        fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
        (status, metadata) => {
          fc.pre(Object.values(metadata).every((each) => typeof each !== 'string' || !each.includes('\0')));
          const inQuery = { status: status.join(','), metadata: JSON.stringify(metadata) };
          expect(read(inQuery)).toEqual(read({ status, metadata }));
        },
      ),
    );
  });

  it('is read or refused, and a refusal names the fields', () => {
    const names = [
      'status',
      'type',
      'queue',
      'tag',
      'metadata',
      'created_after',
      'message',
      'object_id',
      'batch_id',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (fields) => {
        const { success, error } = z.safeParse(jobFilterSchema, fields);
        const errors = toFieldErrors(error?.issues ?? []);
        if (!success) expect(errors.length).toBeGreaterThan(0);
        for (const { field } of errors) expect(names).toContain(field.split('.')[0]);
      }),
    );
  });
});

describe('a filter that matches every job', () => {
  it.each([[{}], [{ status: [...JOB_STATUSES] }]])('is %j', (fields) => {
    expect(matchesEverything(read(fields))).toBe(true);
    expect(matchesEverything(z.parse(jobFilterSchema, fields))).toBe(true);
  });

  it.each([
    [{ status: 'failed' }],
    [{ tag: 'a' }],
    [{ metadata: { a: 1 } }],
    [{ created_before: '2030-01-01T00:00:00Z' }],
  ])('is not %j', (fields) => {
    expect(matchesEverything(read(fields))).toBe(false);
  });
});
