import { median, summarize, type Summary } from '../statistics.ts';

/** A comparison of one figure between this version and another version. */
export interface Comparison {
  readonly then: Summary;
  readonly now: Summary;
  /** The new median divided by the old one. */
  readonly ratio: number;
  /** The noise threshold: how far from 1 the ratio may be if both versions perform the same. For example, 0.04 means 4 %. */
  readonly noise: number;
  readonly verdict: Verdict;
}

export type Verdict = 'better' | 'no worse within the noise' | 'worse' | 'too noisy to tell';

/** The minimum noise. Smaller differences always count as noise, because a different memory layout of the process can be enough to cause them. */
const LEAST_NOISE = 0.01;

/** The maximum noise. With more noise, the verdict "no worse" would mean little, because the noise could hide a large change. */
const MOST_NOISE = 0.1;

/** The median absolute deviation of a normal distribution, as a multiple of its standard deviation. */
const MEDIAN_DEVIATION = 0.6745;

/** The standard error of the median of n values is this number times one value's standard deviation, divided by √n. */
const MEDIAN_ERROR = 1.2533;

/**
 * The number of the ratio's standard deviations that count as noise. With three, at most 5 of 100 comparisons of two equal versions find a
 * difference, even if the deviation is estimated from only five rounds (test/unit/tools/verdict.test.ts).
 */
const DEVIATIONS = 3;

/**
 * Compares the rounds of two versions that were measured in alternating order.
 *
 * @param exact whether the values are deterministic, so that any difference counts
 * @throws RangeError if a value is 0 or less, or if a version has only one round and the values are not exact
 */
export function compare(
  then: readonly number[],
  now: readonly number[],
  { better, exact = false }: { readonly better: 'lower' | 'higher'; readonly exact?: boolean },
): Comparison {
  const invalid = [...then, ...now].find((value) => !(value > 0 && value < Infinity));
  if (invalid !== undefined) throw new RangeError(`Cannot compare ${invalid}: figures must be above 0.`);
  const ratio = median(now) / median(then);
  const noise = exact ? 0 : Math.max(LEAST_NOISE, noiseOf([then, now]));
  const gain = better === 'lower' ? -Math.log(ratio) : Math.log(ratio);
  return { then: summarize(then), now: summarize(now), ratio, noise, verdict: verdictOf(gain, noise) };
}

/** @param gain the logarithm of the ratio, positive if the new version is better */
function verdictOf(gain: number, noise: number): Verdict {
  if (Math.abs(gain) > Math.log1p(noise)) return gain > 0 ? 'better' : 'worse';
  return noise > MOST_NOISE ? 'too noisy to tell' : 'no worse within the noise';
}

/**
 * Estimates the noise from the differences between successive rounds of the *same* version. Uses the median of these differences, so that
 * one disturbed round does not hide a real change.
 */
function noiseOf(versions: readonly (readonly number[])[]): number {
  const differences = versions.flatMap((rounds) =>
    rounds.slice(1).map((value, index) => Math.abs(Math.log(value / (rounds[index] ?? NaN)))),
  );
  const ofDifference = median(differences) / MEDIAN_DEVIATION;
  // No factor of √2 is needed: a difference between two rounds and a ratio of two medians both combine the errors of two values.
  const rounds = Math.min(...versions.map(({ length }) => length));
  return Math.expm1((DEVIATIONS * MEDIAN_ERROR * ofDifference) / Math.sqrt(rounds));
}
