import { metricKey, type Datum, type Metric, type Unit } from './metric.ts';
import { Samples, type StatisticSet } from './samples.ts';

export const MINUTE_MS = 60_000;

/**
 * How long data is kept, in milliseconds. An alarm reads data from at most one day
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html) plus a few periods.
 */
export const KEPT_MS = 73 * 3_600_000;
/**
 * How far in the future a timestamp may be, in milliseconds: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export const MAX_AHEAD_MS = 2 * 3_600_000;
/** The maximum number of metrics. A metric counts once for each of its units. Data for further metrics is dropped. */
const MAX_METRICS = 5_000;
/**
 * The maximum number of one-minute buckets across all metrics. A bucket takes 100 to a few thousand bytes. Beyond this number, the oldest
 * buckets are dropped.
 */
const MAX_BUCKETS = 200_000;

/** A metric, and a unit in which it has data. */
export interface KnownMetric extends Metric {
  readonly unit: Unit;
  /** The start of the last minute that has data. */
  readonly lastMinute: number;
}

export interface MetricStore {
  record(datum: Datum): void;
  /** @param count the number of times that the value occurred */
  recordValue(metric: Metric, unit: Unit, time: number, value: number, count?: number): void;
  recordSet(metric: Metric, unit: Unit, time: number, set: StatisticSet): void;
  /**
   * Returns a metric's values from `from` up to, but not including, `until`. `from` and `until` are at the start of a minute.
   *
   * @param unit undefined for values in any unit
   * @returns undefined if there are no values
   */
  samples(metric: Metric, unit: Unit | undefined, from: number, until: number): Samples | undefined;
  metrics(): Iterable<KnownMetric>;
  /** Drops data that is older than {@link KEPT_MS} as of `now`. */
  prune(now: number): void;
}

/** Returns the start of the minute that contains a time. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

/**
 * Keeps metrics in memory in one-minute buckets: at most 73 hours, 5,000 metrics and 200,000 buckets. After a restart, the store
 * is empty.
 *
 * @param log called once for each limit that is reached
 */
export function createMetricStore(log: (line: string) => void): MetricStore {
  const minutes = new Map<number, Map<string, Samples>>();
  const metrics = new Map<string, { -readonly [Member in keyof KnownMetric]: KnownMetric[Member] }>();
  const unitsOf = new Map<string, Set<Unit>>();
  const told = new Set<string>();
  let buckets = 0;

  function tellOnce(bound: 'metrics' | 'buckets', line: string): void {
    if (told.has(bound)) return;
    told.add(bound);
    log(line);
  }

  function bucket(metric: Metric, unit: Unit, time: number): Samples | undefined {
    const key = metricKey(metric);
    const keyWithUnit = `${key}\n\n${unit}`;
    const minute = minuteOf(time);
    const known = metrics.get(keyWithUnit);
    if (known) known.lastMinute = Math.max(known.lastMinute, minute);
    else if (metrics.size >= MAX_METRICS) {
      tellOnce(
        'metrics',
        `CloudWatch: more than ${MAX_METRICS} metrics. Further metrics are dropped, such as ${metric.namespace} ${metric.name}: use fewer dimension values.`,
      );
      return undefined;
    } else {
      metrics.set(keyWithUnit, { ...metric, unit, lastMinute: minute });
      unitsOf.set(key, (unitsOf.get(key) ?? new Set()).add(unit));
    }
    const ofMinute = minutes.get(minute) ?? new Map<string, Samples>();
    minutes.set(minute, ofMinute);
    let samples = ofMinute.get(keyWithUnit);
    if (!samples) {
      samples = new Samples();
      ofMinute.set(keyWithUnit, samples);
      buckets += 1;
      if (buckets > MAX_BUCKETS) dropOldestMinute();
    }
    return samples;
  }

  function dropOldestMinute(): void {
    const oldest = Math.min(...minutes.keys());
    drop(oldest);
    tellOnce(
      'buckets',
      `CloudWatch: more than ${MAX_BUCKETS} minutes of metrics. Dropping the oldest, before ${new Date(oldest + MINUTE_MS).toISOString()}.`,
    );
  }

  function drop(minute: number): void {
    buckets -= minutes.get(minute)?.size ?? 0;
    minutes.delete(minute);
  }

  return {
    record({ unit, time, values, ...metric }) {
      const samples = bucket(metric, unit, time);
      for (const value of values) samples?.add(value);
    },
    recordValue(metric, unit, time, value, count) {
      bucket(metric, unit, time)?.add(value, count);
    },
    recordSet(metric, unit, time, set) {
      bucket(metric, unit, time)?.addSet(set);
    },
    samples(metric, unit, from, until) {
      const key = metricKey(metric);
      const units = unit === undefined ? [...(unitsOf.get(key) ?? [])] : [unit];
      const merged = new Samples();
      for (let minute = from; minute < until; minute += MINUTE_MS) {
        const ofMinute = minutes.get(minute);
        for (const each of ofMinute ? units : []) {
          const samples = ofMinute?.get(`${key}\n\n${each}`);
          if (samples) merged.merge(samples);
        }
      }
      return merged.count > 0 ? merged : undefined;
    },
    metrics: () => metrics.values(),
    prune(now) {
      const oldest = minuteOf(now) - KEPT_MS;
      for (const minute of minutes.keys()) if (minute < oldest) drop(minute);
      for (const [keyWithUnit, metric] of metrics) {
        if (metric.lastMinute >= oldest) continue;
        metrics.delete(keyWithUnit);
        const key = metricKey(metric);
        const units = unitsOf.get(key);
        units?.delete(metric.unit);
        if (units?.size === 0) unitsOf.delete(key);
      }
    },
  };
}
