/**
 * The upper bounds of a histogram's buckets, in milliseconds. One more bucket counts all longer durations. The SQL function
 * histogram_of (migration 0019) uses the same bounds.
 */
export const BUCKET_BOUNDS_MS: readonly number[] = [
  ...[10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000],
  ...[100_000, 200_000, 500_000, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8],
];

/** The number of decimal digits per bucket in the histograms that the database returns. */
const DIGITS = 10;

/** A summary of durations. Percentiles are interpolated within a bucket. */
export interface Durations {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/**
 * Decodes a histogram into the count of each bucket, shortest durations first.
 *
 * @param histogram a decimal number with ten digits per bucket; the lowest ten digits belong to the first bucket
 */
export function bucketsOf(histogram: string): number[] {
  const buckets: number[] = [];
  for (let end = histogram.length; end > 0; end -= DIGITS)
    buckets.push(Number(histogram.slice(Math.max(0, end - DIGITS), end)));
  return buckets;
}

/** Summarizes durations. @returns null if there are none */
export function durationsOf(histogram: string, sumMs: number, maxMs: number): Durations | null {
  const buckets = bucketsOf(histogram);
  const count = buckets.reduce((sum, each) => sum + each, 0);
  if (count === 0) return null;
  const percentile = (percent: number): number => Math.round(percentileOf(buckets, maxMs, percent));
  return {
    count,
    mean: Math.round(sumMs / count),
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    max: maxMs,
  };
}

/**
 * Estimates a percentile in milliseconds, assuming that durations are spread evenly within each bucket. The estimate is in
 * the same bucket as the true percentile, so it is off by at most a factor of 2.5, or by at most 10 ms for durations below
 * 10 ms.
 */
export function percentileOf(buckets: readonly number[], maxMs: number, percent: number): number {
  const count = buckets.reduce((sum, each) => sum + each, 0);
  const rank = (percent / 100) * count;
  let below = 0;
  for (const [bucket, inBucket] of buckets.entries()) {
    if (inBucket > 0 && below + inBucket >= rank) {
      const lower = BUCKET_BOUNDS_MS[bucket - 1] ?? 0;
      const upper = Math.min(BUCKET_BOUNDS_MS[bucket] ?? maxMs, maxMs);
      return lower + ((upper - lower) * (rank - below)) / inBucket;
    }
    below += inBucket;
  }
  return maxMs;
}
