/** What the rounds of one measurement came to. */
export interface Summary {
  readonly median: number;
  /** The least and the greatest of the rounds. */
  readonly spread: readonly [number, number];
  readonly rounds: readonly number[];
}

/** @throws RangeError without any round */
export function summarize(rounds: readonly number[]): Summary {
  return {
    median: median(rounds),
    spread: [quantile(rounds, 0), quantile(rounds, 1)],
    rounds,
  };
}

/** @throws RangeError for no values */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The first and the third quartile.
 *
 * @throws RangeError for no values
 */
export function quartiles(values: readonly number[]): [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

/**
 * The value below which this share of the values lies, interpolated between the two beside it.
 *
 * @param share from 0 to 1
 * @throws RangeError for no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) throw new RangeError('There is no quantile of nothing.');
  return low + (high - low) * (at - Math.floor(at));
}
