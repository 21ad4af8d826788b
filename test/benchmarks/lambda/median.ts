/** The median of at least one number. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The first and the third quartile of at least one number. */
export function quartiles(values: readonly number[]): [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

/** Interpolated between the two values beside it. */
function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new RangeError('There is no quantile of nothing.');
  return low + (high - low) * (at - Math.floor(at));
}
