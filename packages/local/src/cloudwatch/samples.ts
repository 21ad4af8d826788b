/** The number of distinct values that are stored exactly. Further values are rounded. */
const EXACT_VALUES = 100;

/**
 * The number of significant digits in a rounded value. Rounding changes a value by at most 5 %. CloudWatch's own percentiles may be off by
 * 10 %.
 */
const ROUNDED_DIGITS = 2;

/** A statistic set, which PutMetricData accepts instead of single values. */
export interface StatisticSet {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A metric's values over a period, stored in a limited amount of memory. */
export class Samples {
  count = 0;
  sum = 0;
  minimum = Infinity;
  maximum = -Infinity;
  /** The number of occurrences of each value. The map is undefined while all values are equal, as for a gauge that is read only once. */
  #values: Map<number, number> | undefined;
  #hasUnknownValues = false;

  add(value: number, count = 1): void {
    if (count === 0) return;
    if (this.#values || (this.count > 0 && value !== this.minimum))
      this.#addTo(this.#countedValues(), value, count);
    this.#widen({ sampleCount: count, sum: value * count, minimum: value, maximum: value });
  }

  /** Adds a statistic set. The individual values in the set are unknown, unless all of them are equal. */
  addSet(set: StatisticSet): void {
    const { sampleCount, sum, minimum, maximum } = set;
    if (minimum === maximum && sum === minimum * sampleCount) {
      this.add(minimum, sampleCount);
      return;
    }
    this.#countedValues();
    this.#widen(set);
    this.#hasUnknownValues = true;
  }

  merge(other: Samples): void {
    if (!other.#values && !other.#hasUnknownValues) {
      if (other.count > 0) this.add(other.minimum, other.count);
      return;
    }
    this.#hasUnknownValues ||= other.#hasUnknownValues;
    const values = this.#countedValues();
    for (const [value, count] of other.#countedValues()) values.set(value, (values.get(value) ?? 0) + count);
    const { count: sampleCount, sum, minimum, maximum } = other;
    this.#widen({ sampleCount, sum, minimum, maximum });
  }

  /**
   * Returns the smallest value that is greater than or equal to the given percentage of the values. As in CloudWatch, returns undefined if
   * a value is negative, or if the values in a statistic set are unknown.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   *
   * @param percentile above 0, at most 100
   */
  percentile(percentile: number): number | undefined {
    if (this.#hasUnknownValues || this.minimum < 0) return undefined;
    const rank = Math.ceil((percentile / 100) * this.count);
    let seen = 0;
    for (const [value, count] of [...this.#countedValues()].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return Math.min(Math.max(value, this.minimum), this.maximum);
    }
    return undefined;
  }

  #countedValues(): Map<number, number> {
    if (this.#values) return this.#values;
    const isOneValue = this.count > 0 && this.minimum === this.maximum;
    this.#values = new Map(isOneValue ? [[this.minimum, this.count]] : []);
    return this.#values;
  }

  #addTo(values: Map<number, number>, value: number, count: number): void {
    const kept = values.has(value) || values.size < EXACT_VALUES ? value : rounded(value);
    values.set(kept, (values.get(kept) ?? 0) + count);
  }

  #widen({ sampleCount, sum, minimum, maximum }: StatisticSet): void {
    this.count += sampleCount;
    this.sum += sum;
    this.minimum = Math.min(this.minimum, minimum);
    this.maximum = Math.max(this.maximum, maximum);
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(ROUNDED_DIGITS));
}
