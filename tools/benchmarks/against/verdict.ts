import { median, summarize, type Summary } from '../statistics.ts';

/** Whether one figure of this version is better or worse than that of another version. */
export interface Comparison {
  readonly then: Summary;
  readonly now: Summary;
  /** The median now, divided by the median then. */
  readonly ratio: number;
  /** How far from 1 the ratio of two equal versions may lie: 0.04 is 4 %. */
  readonly noise: number;
  readonly verdict: Verdict;
}

export type Verdict = 'better' | 'no worse within the noise' | 'worse';

/** Differences below this share are never told apart: a process's memory layout alone can make them. */
const LEAST_NOISE = 0.01;

/** The median of the absolute value of a normal variable, in standard deviations. */
const MEDIAN_DEVIATION = 0.6745;

/** The standard deviation of a median of n values, times the root of n, in standard deviations of one value. */
const MEDIAN_ERROR = 1.2533;

/**
 * How many standard deviations of the ratio count as noise. With three, two equal versions are called better or worse in at most
 * 5 of 100 comparisons, also where the deviation is estimated from only five rounds (test/unit/tools/verdict.test.ts).
 */
const DEVIATIONS = 3;

/**
 * Compares the rounds of two versions that took turns.
 *
 * @param exact the values never vary, so that any difference counts
 * @throws RangeError for a version without rounds, or with only one unless the values are exact
 */
export function compare(
  then: readonly number[],
  now: readonly number[],
  { better, exact = false }: { readonly better: 'lower' | 'higher'; readonly exact?: boolean },
): Comparison {
  const ratio = median(now) / median(then);
  const noise = exact ? 0 : Math.max(LEAST_NOISE, noiseOf([then, now]));
  const gain = better === 'lower' ? -Math.log(ratio) : Math.log(ratio);
  // One and the other median being 0, their ratio is not a number.
  const isSame = median(now) === median(then) || Math.abs(gain) <= Math.log1p(noise);
  const verdict = isSame ? 'no worse within the noise' : gain > 0 ? 'better' : 'worse';
  return { then: summarize(then), now: summarize(now), ratio, noise, verdict };
}

/**
 * The noise, from how far successive rounds of the *same* version lie apart. Taking the median of these differences keeps one
 * disturbed round from hiding a real change.
 */
function noiseOf(versions: readonly (readonly number[])[]): number {
  const differences = versions.flatMap((rounds) =>
    rounds.slice(1).map((value, index) => Math.abs(Math.log(value / (rounds[index] ?? NaN)))),
  );
  const ofDifference = median(differences) / MEDIAN_DEVIATION;
  // A difference, and the ratio of two medians, both have the errors of two values: the root of 2 cancels out.
  const rounds = Math.min(...versions.map(({ length }) => length));
  return Math.expm1((DEVIATIONS * MEDIAN_ERROR * ofDifference) / Math.sqrt(rounds));
}
