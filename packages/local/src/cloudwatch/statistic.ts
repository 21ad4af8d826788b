import type { Samples } from './samples.ts';

/** Summarizes a period's values. Returns undefined if the statistic can't be computed. */
export type Statistic = (samples: Samples) => number | undefined;

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

export const KNOWN_STATISTICS = [...Object.keys(SIMPLE), 'p0 to p100'].join(', ');

/** @returns undefined for an unsupported statistic, such as a trimmed mean */
export function statisticNamed(name: string): Statistic | undefined {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name];
  const percentile = percentileOf(name);
  return percentile === undefined ? undefined : (samples) => samples.percentile(percentile);
}

/** Returns the number of a percentile, such as 99.9 for `p99.9`, or undefined for any other statistic. */
export function percentileOf(name: string): number | undefined {
  const [, number] = PERCENTILE.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}
