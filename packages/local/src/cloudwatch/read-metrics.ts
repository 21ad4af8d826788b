import * as z from 'zod';
import { Timestamp } from '../aws-endpoint/cbor.ts';
import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { CloudWatchClock } from './clock.ts';
import {
  CloudWatchError,
  dimensions,
  metricName,
  namespace,
  pageMembers,
  pageOf,
  readInput,
  time,
  unit,
} from './input.ts';
import { metricKey, type Dimensions, type Metric } from './metric.ts';
import { minuteOf, type MetricStore } from './metric-store.ts';
import { seriesOf, wrongPeriod, wrongStatistic, type Range } from './query.ts';

/** The maximum number of data points in a GetMetricStatistics response, as in AWS. */
const MAX_DATAPOINTS = 1_440;
const MAX_LISTED = 500;
const RECENTLY_ACTIVE_MS = 3 * 3_600_000;

/** Returns the whole periods that cover a time range. As in AWS, the first period begins at a full minute. */
export function rangeOf(startTime: number, endTime: number, periodSeconds: number): Range {
  const start = minuteOf(startTime);
  const periods = Math.max(0, Math.ceil((endTime - start) / (periodSeconds * 1000)));
  return { until: start + periods * periodSeconds * 1000, periodSeconds, periods };
}

/** Returns the start of a period, given the period's index in the range. */
export function timeIn({ until, periods, periodSeconds }: Range, index: number): Timestamp {
  return new Timestamp(until - (periods - index) * periodSeconds * 1000);
}

export function refuse(message: string): never {
  throw new CloudWatchError('InvalidParameterValueException', message);
}

const statisticsInput = z.strictObject({
  Namespace: namespace,
  MetricName: metricName,
  Dimensions: dimensions.optional(),
  StartTime: time,
  EndTime: time,
  Period: z.number(),
  Statistics: z.array(z.string()).optional(),
  ExtendedStatistics: z.array(z.string()).optional(),
  Unit: unit.optional(),
});

/** Implements GetMetricStatistics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
export function getMetricStatistics(store: MetricStore): JsonOperation {
  return (given) => {
    const input = readInput('GetMetricStatistics', statisticsInput, given);
    const { Statistics: simple = [], ExtendedStatistics: extended = [], Period: period } = input;
    if (simple.length + extended.length === 0)
      throw new CloudWatchError(
        'MissingRequiredParameterException',
        'Statistics or ExtendedStatistics is required.',
      );
    const wrong =
      wrongPeriod(period) ?? [...simple, ...extended].map(wrongStatistic).find((each) => each !== undefined);
    if (wrong !== undefined) refuse(`${wrong}.`);
    const range = rangeOf(input.StartTime, input.EndTime, period);
    if (range.periods > MAX_DATAPOINTS) {
      throw new CloudWatchError(
        'InvalidParameterCombinationException',
        `You have requested up to ${range.periods} datapoints, which exceeds the limit of ${MAX_DATAPOINTS}: use a longer Period.`,
      );
    }
    const metric: Metric = {
      namespace: input.Namespace,
      name: input.MetricName,
      dimensions: input.Dimensions ?? {},
    };
    const series = new Map(
      [...simple, ...extended].map((statistic) => [
        statistic,
        seriesOf(store, { metric, period, statistic, unit: input.Unit }, range),
      ]),
    );
    const valuesAt = (names: readonly string[], index: number): Record<string, number> =>
      Object.fromEntries(
        names.flatMap((name) => {
          const value = series.get(name)?.[index];
          return value === undefined ? [] : [[name, value]];
        }),
      );
    const unitOfAll = input.Unit ?? unitOf(store, metric);
    const Datapoints = Array.from({ length: range.periods }, (_, index) => {
      const more = valuesAt(extended, index);
      return {
        ...valuesAt(simple, index),
        ...(Object.keys(more).length > 0 && { ExtendedStatistics: more }),
      };
    }).flatMap((values, index) =>
      Object.keys(values).length === 0
        ? []
        : [{ Timestamp: timeIn(range, index), ...values, Unit: unitOfAll }],
    );
    return { Label: metric.name, Datapoints };
  };
}

function unitOf(store: MetricStore, metric: Metric): string {
  const key = metricKey(metric);
  return [...store.metrics()].find((each) => metricKey(each) === key)?.unit ?? 'None';
}

const listInput = z.strictObject({
  ...pageMembers,
  Namespace: namespace.optional(),
  MetricName: metricName.optional(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string().optional() })).optional(),
  RecentlyActive: z.literal('PT3H').optional(),
});

/** Implements ListMetrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
export function listMetrics(store: MetricStore, clock: CloudWatchClock): JsonOperation {
  return (given) => {
    const input = readInput('ListMetrics', listInput, given);
    const { Namespace, MetricName, Dimensions: filters = [], RecentlyActive } = input;
    const oldest = RecentlyActive === undefined ? 0 : clock.now() - RECENTLY_ACTIVE_MS;
    const found = new Map<string, Metric>();
    for (const metric of store.metrics()) {
      if (Namespace !== undefined && metric.namespace !== Namespace) continue;
      if (MetricName !== undefined && metric.name !== MetricName) continue;
      if (metric.lastMinute < minuteOf(oldest)) continue;
      const fits = filters.every(({ Name, Value }) => {
        const value = metric.dimensions[Name];
        return value !== undefined && (Value === undefined || value === Value);
      });
      if (fits) found.set(metricKey(metric), metric);
    }
    const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, metric]) => metric);
    const { page, more } = pageOf(sorted, input, MAX_LISTED);
    return { Metrics: page.map(describeMetric), ...more };
  };
}

/** Converts a metric to the API's format. */
export function describeMetric({ namespace: Namespace, name: MetricName, dimensions: given }: Metric) {
  return { Namespace, MetricName, Dimensions: describeDimensions(given) };
}

export function describeDimensions(given: Dimensions): { Name: string; Value: string }[] {
  return Object.entries(given).map(([Name, Value]) => ({ Name, Value }));
}
