import type { CompositeRule } from './composite-rule.ts';
import { evaluationRange, judge, type AlarmState, type Rule } from './judge.ts';
import type { MetricStore } from './metric-store.ts';
import { isMetricStat, seriesOfQueries, type MetricQuery } from './query.ts';
import { percentileOf } from './statistic.ts';
import type { Series } from './series.ts';

/** Fields shared by all alarms. */
interface AlarmDescription {
  readonly name: string;
  readonly arn: string;
  /** Instructions for operators when the alarm enters the ALARM state. */
  readonly description: string | undefined;
  readonly actionsEnabled: boolean;
  /** The ARNs to notify when the alarm enters a state, keyed by state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
}

/** An alarm on a metric or on a metric math expression. */
export interface MetricAlarm extends AlarmDescription {
  readonly kind: 'metric';
  readonly rule: Rule;
  /** The period, in seconds. */
  readonly period: number;
  /** The `watched` query, and the queries that it needs. */
  readonly queries: readonly MetricQuery[];
  /** The ID of the query whose time series is compared with the threshold. */
  readonly watched: string;
  /** Whether the state stays unchanged if a percentile is based on too few values. */
  readonly ignoresLowSampleCount: boolean;
  /** Whether the template specifies a list of metrics, even if the list has only one metric. */
  readonly hasList: boolean;
}

/** An alarm on the states of other alarms. */
export interface CompositeAlarm extends AlarmDescription {
  readonly kind: 'composite';
  readonly rule: CompositeRule;
  readonly ruleText: string;
}

export type Alarm = MetricAlarm | CompositeAlarm;

/** The result of an evaluation. */
export interface Finding {
  /** The new state; undefined if the alarm keeps its state. */
  readonly state: AlarmState | undefined;
  /** The data points in the evaluation range, newest last. */
  readonly datapoints: Series;
}

/**
 * Evaluates an alarm on the metrics before `until`, the end of the last whole minute. This function is pure: the result depends only on the
 * arguments.
 */
export function evaluateAlarm(alarm: MetricAlarm, store: MetricStore, until: number): Finding {
  const { rule, period: periodSeconds, queries, watched } = alarm;
  const range = { until, periodSeconds, periods: evaluationRange(rule) };
  const datapoints = seriesOfQueries(store, queries, range)(watched);
  if (alarm.ignoresLowSampleCount && hasFewSamples(alarm, store, until))
    return { state: undefined, datapoints };
  return { state: judge(datapoints, rule), datapoints };
}

/**
 * Whether a percentile is based on too few values:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
 */
function hasFewSamples(
  { rule, period, queries, watched }: MetricAlarm,
  store: MetricStore,
  until: number,
): boolean {
  const source = queries.find(({ id }) => id === watched)?.source;
  if (!source || !isMetricStat(source)) return false;
  const percentile = percentileOf(source.statistic);
  if (percentile === undefined) return false;
  const part = percentile / 100;
  const from = until - period * rule.evaluationPeriods * 1000;
  const count = store.samples(source.metric, source.unit, from, until)?.count ?? 0;
  return count < 10 / (part >= 0.5 ? 1 - part : part);
}
