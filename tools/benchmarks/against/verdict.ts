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

export type Verdict = 'better' | 'no worse within the noise' | 'worse' | 'too noisy to tell';

/** Differences below this share are never told apart: a process's memory layout alone can make them. */
const LEAST_NOISE = 0.01;

/** "No worse" says little if the noise could hide a larger change than this. */
const MOST_NOISE = 0.1;

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
 * @throws RangeError for a value that is not above 0, and for a version with only one round unless the values are exact
 */
export function compare(
  then: readonly number[],
  now: readonly number[],
  { better, exact = false }: { readonly better: 'lower' | 'higher'; readonly exact?: boolean },
): Comparison {
  const invalid = [...then, ...now].find((value) => !(value > 0 && value < Infinity));
  if (invalid !== undefined) throw new RangeError(`A figure came to ${invalid}, which cannot be compared.`);
  const ratio = median(now) / median(then);
  const noise = exact ? 0 : Math.max(LEAST_NOISE, noiseOf([then, now]));
  const gain = better === 'lower' ? -Math.log(ratio) : Math.log(ratio);
  return { then: summarize(then), now: summarize(now), ratio, noise, verdict: verdictOf(gain, noise) };
}

/** @param gain the logarithm of the ratio, positive where the version of now is better */
function verdictOf(gain: number, noise: number): Verdict {
  if (Math.abs(gain) > Math.log1p(noise)) return gain > 0 ? 'better' : 'worse';
  return noise > MOST_NOISE ? 'too noisy to tell' : 'no worse within the noise';
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
