import { describe, expect, it } from '@jest/globals';
import {
  flowOf,
  invalidOption,
  keyExpected,
  pathOfKey,
  type FlowOptions,
} from '../../../lambdas/job/flow-control.ts';

const key = 'customer-1';
const DAYS_30 = 30 * 86_400;

describe('the options for priority and limits', () => {
  it.each<[string, FlowOptions]>([
    ['none', {}],
    ['the highest priority', { priority: 0 }],
    ['the lowest priority', { priority: 9 }],
    ['the smallest concurrency limit', { concurrency: { key, limit: 1 } }],
    ['the largest concurrency limit', { concurrency: { key, limit: 1_000 } }],
    ['the smallest rate limit', { rateLimit: { key, limit: 1, perSeconds: 1, burst: 1 } }],
    ['the largest rate limit', { rateLimit: { key, limit: 100_000, perSeconds: DAYS_30, burst: 100_000 } }],
    ['a rate limit without a burst', { rateLimit: { key, limit: 1, perSeconds: 1 } }],
    ['removed limits', { concurrency: null, rateLimit: null }],
  ])('may be %s', (_what, options) => {
    expect(invalidOption(options)).toBeUndefined();
  });

  it.each<[string, unknown, FlowOptions]>([
    ['priority', -1, { priority: -1 }],
    ['priority', 10, { priority: 10 }],
    ['priority', 1.5, { priority: 1.5 }],
    ['concurrency.key', '', { concurrency: { key: '', limit: 1 } }],
    ['concurrency.limit', 0, { concurrency: { key, limit: 0 } }],
    ['concurrency.limit', 1_001, { concurrency: { key, limit: 1_001 } }],
    ['rateLimit.key', '', { rateLimit: { key: '', limit: 1, perSeconds: 1 } }],
    ['rateLimit.limit', 0, { rateLimit: { key, limit: 0, perSeconds: 1 } }],
    ['rateLimit.limit', 100_001, { rateLimit: { key, limit: 100_001, perSeconds: 1 } }],
    ['rateLimit.perSeconds', 0, { rateLimit: { key, limit: 1, perSeconds: 0 } }],
    ['rateLimit.perSeconds', DAYS_30 + 1, { rateLimit: { key, limit: 1, perSeconds: DAYS_30 + 1 } }],
    ['rateLimit.burst', 0, { rateLimit: { key, limit: 5, perSeconds: 1, burst: 0 } }],
    ['rateLimit.burst', 6, { rateLimit: { key, limit: 5, perSeconds: 1, burst: 6 } }],
  ])('have an invalid %s: %j', (option, given, options) => {
    expect(invalidOption(options)).toMatchObject({ option, given });
  });

  it('are described when they are invalid', () => {
    expect(invalidOption({ priority: 10 })?.expected).toBe('a whole number from 0 to 9');
    expect(invalidOption({ rateLimit: { key, limit: 5, perSeconds: 1, burst: 6 } })?.expected).toBe(
      'a whole number from 1 to 5',
    );
  });

  it('become the API’s fields, with defaults', () => {
    expect(flowOf({})).toEqual({ priority: 5 });
    expect(flowOf({ concurrency: null, rateLimit: null })).toEqual({ priority: 5 });
    expect(
      flowOf({
        priority: 0,
        concurrency: { key, limit: 2 },
        rateLimit: { key: 'mail', limit: 3, perSeconds: 60 },
      }),
    ).toEqual({
      priority: 0,
      concurrency: { key, limit: 2 },
      rate_limit: { key: 'mail', limit: 3, per_seconds: 60, burst: 1 },
    });
    expect(flowOf({ rateLimit: { key, limit: 3, perSeconds: 60, burst: 2 } }).rate_limit?.burst).toBe(2);
  });
});

describe('the key of a limit', () => {
  it.each([
    ['payload', []],
    ['payload.customer', ['customer']],
    ['payload.customer.id', ['customer', 'id']],
    ['payload.', undefined],
    ['payloads', undefined],
    ['my.payload', undefined],
    ['my payload.customer', undefined],
  ])('%j is a path into the payload if it begins with its name', (text, path) => {
    expect(pathOfKey(text)).toEqual(path);
  });

  it.each(['x', 'x'.repeat(128), 'München 7', '\u{1f600}'])('may be %j', (text) => {
    expect(keyExpected(text)).toBeUndefined();
  });

  it.each(['', 'x'.repeat(129), 'a\nb', 'a\u007f', '\u009f', 7, null, undefined])(
    'must not be %j',
    (given) => {
      expect(keyExpected(given)).toBe('a string of 1 to 128 characters without control characters');
    },
  );
});
