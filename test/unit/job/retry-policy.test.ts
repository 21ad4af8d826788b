import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_RETRY } from '../../../lambdas/job/definition.ts';
import { backOffMs, toRetryPolicy, type BackOff } from '../../../lambdas/job/retry-policy.ts';

const DEFAULT_RETRY_POLICY = toRetryPolicy(DEFAULT_RETRY);

const anyPolicy: fc.Arbitrary<BackOff> = fc.record({
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 86_400_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const anyAttempt = fc.integer({ min: 1, max: 10_000 });
/** Generates possible results of `Math.random`: numbers from 0 up to, but not including, 1. */
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the back-off', () => {
  it('is a whole number of milliseconds between the jittered and the full back-off, never above the cap', () => {
    fc.assert(
      fc.property(anyPolicy, anyAttempt, anyChance, (policy, attempt, chance) => {
        const full = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
        const backOff = backOffMs(policy, attempt, chance);
        expect(Number.isSafeInteger(backOff)).toBe(true);
        expect(backOff).toBeGreaterThanOrEqual(Math.round(full * (1 - policy.jitter)));
        expect(backOff).toBeLessThanOrEqual(full);
      }),
    );
  });

  it('never gets shorter from one attempt to the next', () => {
    fc.assert(
      fc.property(anyPolicy, anyAttempt, anyChance, (policy, attempt, chance) => {
        expect(backOffMs(policy, attempt + 1, chance)).toBeGreaterThanOrEqual(
          backOffMs(policy, attempt, chance),
        );
      }),
    );
  });

  it('reaches the cap and stays there', () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer({ min: 28, max: 10_000 }), (policy, attempt) => {
        expect(backOffMs(policy, attempt, 0)).toBe(policy.capMs);
      }),
    );
  });

  it('decreases with the random number', () => {
    fc.assert(
      fc.property(anyPolicy, anyAttempt, anyChance, anyChance, (policy, attempt, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(backOffMs(policy, attempt, high)).toBeLessThanOrEqual(backOffMs(policy, attempt, low));
      }),
    );
  });

  it('doubles from five seconds by default, up to five minutes', () => {
    const backOffs = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backOffMs(DEFAULT_RETRY_POLICY, attempt, 0));
    expect(backOffs).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it('is at most a fifth shorter by default', () => {
    expect(backOffMs(DEFAULT_RETRY_POLICY, 1, 0.5)).toBe(4_500);
    expect(backOffMs(DEFAULT_RETRY_POLICY, 1, 0.999_999)).toBe(4_000);
  });
});
