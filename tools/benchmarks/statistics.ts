/** A summary of a measurement's rounds. */
export interface Summary {
  readonly median: number;
  /** The lowest and the highest value of the rounds. */
  readonly spread: readonly [number, number];
  readonly rounds: readonly number[];
}

/** @throws RangeError if there are no rounds */
export function summarize(rounds: readonly number[]): Summary {
  return {
    median: median(rounds),
    spread: [quantile(rounds, 0), quantile(rounds, 1)],
    rounds,
  };
}

/** @throws RangeError if there are no values */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Returns the first and third quartiles.
 *
 * @throws RangeError if there are no values
 */
export function quartiles(values: readonly number[]): [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

/**
 * Returns a quantile, interpolated between the two nearest values.
 *
 * @param share from 0 to 1
 * @throws RangeError if there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined)
    throw new RangeError('Cannot compute a quantile without values.');
  return low + (high - low) * (at - Math.floor(at));
}
