import type { MetricKind } from './aws-metrics.ts';
import type { EmbeddedMetric } from './emf.ts';
import type { Dimensions, Unit } from './metric.ts';

/** What `/metrics` says of the metrics in logs, by namespace. */
export type MetricDescriptions = Readonly<
  Record<
    string,
    {
      /** The members of a log line that become labels. */
      readonly labels: readonly string[];
      /** Help texts by metric. */
      readonly help: Readonly<Record<string, string>>;
    }
  >
>;

/** A metric with its labels. */
export interface SeriesDescription {
  readonly namespace: string;
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind | 'summary';
  readonly help: string;
  readonly labels: Dimensions;
}

/** All values of a series since the start. */
export interface TotalSeries extends SeriesDescription {
  count: number;
  sum: number;
  last: number;
  /** Of times: how many values are at most each of {@link TIME_BUCKETS}. */
  readonly buckets: number[];
}

/** Since the start, for Prometheus, which computes rates by itself. */
export interface Totals {
  /** @param count how often each value occurred */
  add(description: SeriesDescription, values: readonly number[], count?: number): void;
  /** Adds the values of a log line once, whatever its dimension sets. */
  addEmbedded(metric: EmbeddedMetric, properties: Dimensions, count?: number): void;
  series(): Iterable<TotalSeries>;
}

/** In seconds. */
export const TIME_BUCKETS = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
];

/** Series that are kept. Further ones are dropped. */
const MAX_SERIES = 5_000;

/** How many of the base unit a unit is. */
const FACTORS: Partial<Record<Unit, number>> = {
  Milliseconds: 1e-3,
  Microseconds: 1e-6,
  Kilobytes: 1e3,
  Megabytes: 1e6,
  Gigabytes: 1e9,
  Terabytes: 1e12,
  Percent: 1e-2,
};

const TIME_UNITS: ReadonlySet<Unit> = new Set(['Seconds', 'Milliseconds', 'Microseconds']);

/** @param log called once if there are too many series */
export function createTotals(descriptions: MetricDescriptions, log: (line: string) => void): Totals {
  const all = new Map<string, TotalSeries>();
  let hasTold = false;

  function seriesFor(description: SeriesDescription): TotalSeries | undefined {
    const { namespace, name, unit, labels } = description;
    let key = `${namespace}\n${name}\n${unit}`;
    for (const label of Object.keys(labels)) key += `\n${label}\n${labels[label] ?? ''}`;
    let series = all.get(key);
    if (!series && all.size >= MAX_SERIES) {
      if (!hasTold)
        log(`/metrics shows ${MAX_SERIES} series, and none further, such as of ${namespace} ${name}.`);
      hasTold = true;
      return undefined;
    }
    series ??= { ...description, count: 0, sum: 0, last: 0, buckets: TIME_BUCKETS.map(() => 0) };
    all.set(key, series);
    return series;
  }

  const totals: Totals = {
    add(description, values, count = 1) {
      const series = seriesFor(description);
      if (!series) return;
      const factor = FACTORS[series.unit] ?? 1;
      for (const value of values) {
        const inBaseUnit = value * factor;
        series.count += count;
        series.sum += inBaseUnit * count;
        series.last = inBaseUnit;
        if (series.kind !== 'times') continue;
        const bucket = TIME_BUCKETS.findIndex((bound) => inBaseUnit <= bound);
        if (bucket !== -1) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + count;
      }
    },
    addEmbedded({ namespace, name, unit, values, dimensionSets }, properties, count) {
      const described = descriptions[namespace];
      const dimensions = Object.assign({}, ...dimensionSets) as Dimensions;
      const names = described?.labels ?? Object.keys(dimensions);
      const labels = Object.fromEntries(
        names.flatMap((label) => {
          const value = properties[label] ?? dimensions[label];
          return value === undefined ? [] : [[label, value]];
        }),
      );
      const kind = unit === 'Count' ? 'counter' : TIME_UNITS.has(unit) ? 'times' : 'summary';
      const help = described?.help[name] ?? `${name} of the CloudWatch namespace ${namespace}.`;
      totals.add({ namespace, name, unit, kind, help, labels }, values, count);
    },
    series: () => all.values(),
  };
  return totals;
}
