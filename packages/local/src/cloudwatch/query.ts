import type { Metric, Unit } from './metric.ts';
import type { CompiledExpression } from './metric-math.ts';
import { MathError } from './math-syntax.ts';
import type { MetricStore } from './metric-store.ts';
import type { Series } from './series.ts';
import { KNOWN_STATISTICS, statisticNamed } from './statistic.ts';

/** A statistic of a metric. */
export interface MetricStat {
  readonly metric: Metric;
  /** The period, in seconds. It is a multiple of 60. */
  readonly period: number;
  readonly statistic: string;
  readonly unit: Unit | undefined;
}

/** One query in a GetMetricData request: a metric or an expression. */
export interface MetricQuery {
  readonly id: string;
  readonly label: string | undefined;
  readonly returnData: boolean;
  readonly source: MetricStat | CompiledExpression;
}

/** A range of consecutive periods. */
export interface Range {
  /** The end of the last period, in milliseconds since the epoch. Always a minute boundary. */
  readonly until: number;
  readonly periodSeconds: number;
  readonly periods: number;
}

/** Computes a statistic for each period. */
export function seriesOf(
  store: MetricStore,
  stat: MetricStat,
  { until, periodSeconds, periods }: Range,
): Series {
  const summarize = statisticNamed(stat.statistic);
  const lengthMs = periodSeconds * 1000;
  return Array.from({ length: periods }, (_, index) => {
    const from = until - (periods - index) * lengthMs;
    const samples = store.samples(stat.metric, stat.unit, from, from + lengthMs);
    return samples && summarize?.(samples);
  });
}

/**
 * Returns the queries' time series, keyed by ID. Expressions can refer to other queries.
 *
 * @throws MathError if an expression can't be computed
 */
export function seriesOfQueries(
  store: MetricStore,
  queries: readonly MetricQuery[],
  range: Range,
): (id: string) => Series {
  const computed = new Map<string, Series>();
  const metricIds = queries.filter(({ source }) => isMetricStat(source)).map(({ id }) => id);
  const series = (id: string): Series => {
    const known = computed.get(id);
    if (known) return known;
    const source = queries.find((query) => query.id === id)?.source;
    if (!source) throw new MathError(`there is no metric or expression with the id ${id}`);
    const values = isMetricStat(source)
      ? seriesOf(store, source, range)
      : source.evaluate({ length: range.periods, periodSeconds: range.periodSeconds, series, metricIds });
    computed.set(id, values);
    return values;
  };
  return series;
}

/**
 * Checks that the queries' IDs are valid, and that their expressions refer only to existing queries.
 *
 * @throws MathError
 */
export function checkQueries(queries: readonly MetricQuery[]): void {
  const reached = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) throw new MathError(`the expression ${id} refers to itself`);
    const query = queries.find((each) => each.id === id);
    if (!query)
      throw new MathError(
        `${path.at(-1) ?? ''} refers to ${id}, which is not the id of a metric or an expression`,
      );
    if (reached.has(id) || isMetricStat(query.source)) return;
    for (const each of query.source.ids) visit(each, [...path, id]);
    reached.add(id);
  };
  for (const { id } of queries) {
    if (!/^[a-z]\w{0,254}$/.test(id))
      throw new MathError(
        `the id ${id} must be a lower-case letter, optionally followed by letters, digits and _`,
      );
    if (queries.filter((each) => each.id === id).length > 1) throw new MathError(`the id ${id} occurs twice`);
    visit(id, []);
  }
}

/** Explains why a statistic is invalid. Returns undefined if it is valid. */
export function wrongStatistic(statistic: string): string | undefined {
  if (statisticNamed(statistic)) return undefined;
  return `the embedded CloudWatch does not support the statistic ${statistic}: use ${KNOWN_STATISTICS}`;
}

/** Explains why a period is invalid. Returns undefined if it is valid. */
export function wrongPeriod(seconds: number): string | undefined {
  if (Number.isInteger(seconds) && seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0) return undefined;
  return `the period ${seconds} must be a multiple of 60 seconds, at most 86400: the embedded CloudWatch keeps metrics by minute`;
}

export function isMetricStat(source: MetricStat | CompiledExpression): source is MetricStat {
  return 'metric' in source;
}
