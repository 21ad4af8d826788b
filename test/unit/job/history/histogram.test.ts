import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BUCKET_BOUNDS_MS,
  bucketsOf,
  durationsOf,
  percentileOf,
} from '../../../../lambdas/job/history/histogram.ts';

/** Returns a duration's bucket, computed as the database does. */
const bucketOf = (ms: number): number => BUCKET_BOUNDS_MS.filter((bound) => bound <= ms).length;

/** Returns the durations' histogram, in the database's format. */
function histogramOf(durations: readonly number[]): string {
  return String(durations.reduce((sum, ms) => sum + 10n ** BigInt(10 * bucketOf(ms)), 0n));
}

const durations = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 400_000_000 })),
  { minLength: 1, maxLength: 200 },
);

describe('a histogram', () => {
  it('has ten digits for the count of each bucket', () => {
    expect(bucketsOf('0')).toEqual([0]);
    expect(bucketsOf('7')).toEqual([7]);
    expect(bucketsOf('120000000034')).toEqual([34, 12]);
    expect(bucketsOf('99999999999999999999')).toEqual([9_999_999_999, 9_999_999_999]);
  });

  it('counts each duration in one bucket', () => {
    fc.assert(
      fc.property(durations, (all) => {
        const expected = BUCKET_BOUNDS_MS.map(() => 0).concat(0);
        for (const ms of all) expected[bucketOf(ms)] = (expected[bucketOf(ms)] ?? 0) + 1;
        const buckets = bucketsOf(histogramOf(all));
        expect(expected.map((_count, bucket) => buckets[bucket] ?? 0)).toEqual(expected);
      }),
    );
  });
});

describe('a percentile', () => {
  it('is in the same bucket as the true percentile, or on the bucket’s bound', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 100 }), (all, percent) => {
        const sorted = all.toSorted((a, b) => a - b);
        const max = sorted.at(-1) ?? 0;
        const truth = sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
        const estimate = percentileOf(bucketsOf(histogramOf(all)), max, percent);
        expect(estimate).toBeGreaterThanOrEqual(BUCKET_BOUNDS_MS[bucketOf(truth) - 1] ?? 0);
        expect(estimate).toBeLessThanOrEqual(Math.min(BUCKET_BOUNDS_MS[bucketOf(truth)] ?? max, max));
      }),
    );
  });

  it('assumes that a bucket’s durations are spread evenly over the bucket', () => {
    // The bucket contains 100 durations from 100 to 200 ms.
    expect([10, 50, 90].map((percent) => percentileOf([0, 0, 0, 0, 100], 200, percent))).toEqual([
      110, 150, 190,
    ]);
  });

  it('is never longer than the longest duration', () => {
    expect(durationsOf('1', 3, 3)).toEqual({ count: 1, mean: 3, p50: 2, p95: 3, p99: 3, max: 3 });
    const longest = durationsOf(histogramOf([3e8]), 3e8, 3e8);
    expect(longest).toMatchObject({ mean: 3e8, max: 3e8 });
    expect(longest?.p99).toBeGreaterThan(1e8);
    expect(longest?.p99).toBeLessThanOrEqual(3e8);
  });

  it('increases with the percentage', () => {
    fc.assert(
      fc.property(durations, (all) => {
        const {
          p50 = 0,
          p95 = 0,
          p99 = 0,
          max = 0,
        } = durationsOf(histogramOf(all), 0, Math.max(...all)) ?? {};
        expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b));
      }),
    );
  });
});

it('there are no percentiles without durations', () => {
  expect(durationsOf('0', 0, 0)).toBeNull();
});
