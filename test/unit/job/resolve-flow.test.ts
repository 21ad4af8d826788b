import { describe, expect, it } from '@jest/globals';
import type { FlowControl } from '../../../lambdas/job/flow-control.ts';
import { resolveFlow } from '../../../lambdas/job/resolve-flow.ts';

const PER_CUSTOMER: FlowControl = {
  priority: 3,
  concurrency: { key: 'payload.customer', limit: 2 },
  rate_limit: { key: 'payload.account.id', limit: 10, per_seconds: 60, burst: 1 },
};
const PAYLOAD = { customer: 'acme', account: { id: 7 } };

describe('the priority and limits of a job', () => {
  it('default to priority 5 without limits', () => {
    expect(resolveFlow({}, undefined, PAYLOAD)).toEqual({ flow: { priority: 5 }, errors: [] });
  });

  it('come from the job type, with keys resolved from the payload', () => {
    expect(resolveFlow({}, PER_CUSTOMER, PAYLOAD)).toEqual({
      flow: {
        priority: 3,
        concurrency: { key: 'acme', limit: 2 },
        rate_limit: { key: '7', limit: 10, per_seconds: 60, burst: 1 },
      },
      errors: [],
    });
  });

  it('come from the submission first, whose keys are literal', () => {
    const given = { priority: 0, concurrency: { key: 'payload.customer', limit: 1 }, rate_limit: null };
    expect(resolveFlow(given, PER_CUSTOMER, PAYLOAD)).toEqual({
      flow: { priority: 0, concurrency: { key: 'payload.customer', limit: 1 } },
      errors: [],
    });
  });

  it('come from the submission, even if the job type has none', () => {
    const given = { rate_limit: { key: 'mail', limit: 1, per_seconds: 1, burst: 1 } };
    expect(resolveFlow(given, undefined, PAYLOAD).flow).toEqual({ priority: 5, ...given });
  });

  it.each([
    ['acme', 'acme'],
    [7, '7'],
    [true, 'true'],
  ])('have %j in the payload as the key %j', (customer, key) => {
    const { flow } = resolveFlow({}, PER_CUSTOMER, { ...PAYLOAD, customer });
    expect(flow.concurrency?.key).toBe(key);
  });

  it('need a value for a key whose parent object is null', () => {
    const { errors } = resolveFlow({}, PER_CUSTOMER, { ...PAYLOAD, account: null });
    expect(errors).toMatchObject([{ field: 'payload.account.id' }]);
  });

  it('keep a literal key of the job type', () => {
    const ofType = { priority: 5, concurrency: { key: 'payloads', limit: 1 } };
    expect(resolveFlow({}, ofType, PAYLOAD).flow.concurrency?.key).toBe('payloads');
  });

  it.each([
    ['is missing', { account: { id: 7 } }],
    ['is null', { ...PAYLOAD, customer: null }],
    ['is an object', { ...PAYLOAD, customer: {} }],
    ['is a list', { ...PAYLOAD, customer: ['acme'] }],
    ['is inherited', Object.assign(Object.create({ customer: 'acme' }) as object, { account: { id: 7 } })],
  ])('need a value for a key that %s', (_case, payload) => {
    expect(resolveFlow({}, PER_CUSTOMER, payload).errors).toEqual([
      {
        field: 'payload.customer',
        message: expect.stringMatching(/must be a string, a number or a boolean.*"concurrency": null/),
      },
    ]);
  });

  it.each([
    ['too long', 'x'.repeat(129)],
    ['empty', ''],
    ['a control character', 'a\nb'],
  ])('refuse an invalid key: %s', (_case, customer) => {
    expect(resolveFlow({}, PER_CUSTOMER, { ...PAYLOAD, customer }).errors).toEqual([
      { field: 'payload.customer', message: expect.stringContaining('1 to 128 characters') },
    ]);
  });

  it('need no value for a limit that the submission removes', () => {
    const { errors } = resolveFlow({ concurrency: null, rate_limit: null }, PER_CUSTOMER, {});
    expect(errors).toEqual([]);
  });

  it('name each payload field that is missing', () => {
    const fields = resolveFlow({}, PER_CUSTOMER, {}).errors.map(({ field }) => field);
    expect(fields).toEqual(['payload.customer', 'payload.account.id']);
  });
});
