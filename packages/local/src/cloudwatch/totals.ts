import type { MetricKind } from './aws-metrics.ts';
import type { EmbeddedMetric } from './emf.ts';
import type { Dimensions, Unit } from './metric.ts';
import { baseUnitOf, isTime, prometheusName } from './prometheus-names.ts';

/** The labels and help texts that `/metrics` shows for metrics in logs, keyed by namespace. */
export type MetricDescriptions = Readonly<
  Record<
    string,
    {
      /** The log line's members that become labels. */
      readonly labels: readonly string[];
      /** The metrics' help texts, keyed by metric name. */
      readonly help: Readonly<Record<string, string>>;
    }
  >
>;

/** The kind of a metric. A summary has only a sum and a count. */
export type TotalKind = MetricKind | 'summary';

/** A time series: a metric with its labels. */
export interface SeriesDescription {
  readonly namespace: string;
  readonly name: string;
  readonly unit: Unit;
  readonly kind: TotalKind;
  readonly help: string;
  readonly labels: Dimensions;
}

/** All time series with the same name. */
export interface Family {
  readonly name: string;
  readonly kind: TotalKind;
  readonly help: string;
  readonly series: Map<string, Total>;
}

/** A time series' total since startup, in the base unit. */
export interface Total {
  readonly labels: Dimensions;
  count: number;
  sum: number;
  last: number;
  /** For each bound in {@link TIME_BUCKETS}, the number of values between the previous bound and this bound. Used only for durations. */
  readonly buckets: number[];
}

/** Totals since startup, from which Prometheus computes rates. */
export interface Totals {
  /** @param count the number of occurrences of each value */
  add(description: SeriesDescription, values: readonly number[], count?: number): void;
  /** Adds a log line's values once, even if the metric has several dimension sets. */
  addEmbedded(metric: EmbeddedMetric, properties: Dimensions, count?: number): void;
  families(): Iterable<Family>;
}

/** Bucket bounds in seconds. */
export const TIME_BUCKETS = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
];

/** The maximum number of time series. Further time series are dropped. */
const MAX_SERIES = 5_000;

/** Looks up an untrusted name. Ignores inherited properties such as `constructor`. */
function ownOf<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** @param log called once for each reason why a time series is not shown */
export function createTotals(descriptions: MetricDescriptions, log: (line: string) => void): Totals {
  const families = new Map<string, Family>();
  /** Family names, keyed by namespace, name, unit and kind. The names are cached, because every added value needs its family's name. */
  const names = new Map<string, string>();
  const told = new Set<string>();
  let count = 0;

  function tellOnce(line: string): void {
    if (told.has(line)) return;
    told.add(line);
    log(line);
  }

  function tellOfLimit(): void {
    tellOnce(`/metrics shows only the first ${MAX_SERIES} series: use fewer label values.`);
  }

  function familyOf({ namespace, name, unit, kind, help }: SeriesDescription): Family | undefined {
    const key = `${namespace}\n${name}\n${unit}\n${kind}`;
    if (!names.has(key) && names.size >= MAX_SERIES) {
      tellOfLimit();
      return undefined;
    }
    const familyName = names.get(key) ?? prometheusName(namespace, name, unit, kind);
    names.set(key, familyName);
    const family = families.get(familyName) ?? {
      name: familyName,
      kind,
      help,
      series: new Map<string, Total>(),
    };
    families.set(familyName, family);
    if (family.kind === kind) return family;
    tellOnce(
      `/metrics does not show ${namespace} ${name} in ${unit}: ${familyName} is a metric of another kind.`,
    );
    return undefined;
  }

  function totalOf(description: SeriesDescription): Total | undefined {
    const { labels } = description;
    const family = familyOf(description);
    let key = '';
    for (const label in labels) key += `${label}\n${labels[label] ?? ''}\n`;
    const known = family?.series.get(key);
    if (!family || known) return known;
    if (count >= MAX_SERIES) {
      tellOfLimit();
      return undefined;
    }
    count += 1;
    const total = { labels, count: 0, sum: 0, last: 0, buckets: TIME_BUCKETS.map(() => 0) };
    family.series.set(key, total);
    return total;
  }

  const totals: Totals = {
    add(description, values, times = 1) {
      const total = totalOf(description);
      if (!total) return;
      const { factor } = baseUnitOf(description.unit);
      for (const value of values) {
        const inBaseUnit = value * factor;
        total.count += times;
        total.sum += inBaseUnit * times;
        total.last = inBaseUnit;
        if (description.kind !== 'times') continue;
        const bucket = TIME_BUCKETS.findIndex((bound) => inBaseUnit <= bound);
        if (bucket !== -1) total.buckets[bucket] = (total.buckets[bucket] ?? 0) + times;
      }
    },
    addEmbedded({ namespace, name, unit, values, dimensionSets }, properties, times) {
      const described = ownOf(descriptions, namespace);
      const dimensions = Object.assign({}, ...dimensionSets) as Dimensions;
      const labels: Record<string, string> = {};
      for (const label of described?.labels ?? Object.keys(dimensions)) {
        const value = ownOf(properties, label) ?? ownOf(dimensions, label);
        if (value !== undefined) labels[label] = value;
      }
      const kind = unit === 'Count' ? 'counter' : isTime(unit) ? 'times' : 'summary';
      const help =
        (described && ownOf(described.help, name)) ?? `${name} of the CloudWatch namespace ${namespace}.`;
      totals.add({ namespace, name, unit, kind, help, labels }, values, times);
    },
    families: () => families.values(),
  };
  return totals;
}
