import * as z from 'zod';
import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import {
  CloudWatchError,
  dimensions,
  metricName,
  namespace,
  pageMembers,
  readInput,
  time,
  unit,
} from './input.ts';
import { MathError } from './math-syntax.ts';
import { compileExpression } from './metric-math.ts';
import type { MetricStore } from './metric-store.ts';
import {
  checkQueries,
  isMetricStat,
  seriesOfQueries,
  wrongPeriod,
  wrongStatistic,
  type MetricQuery,
} from './query.ts';
import { rangeOf, refuse, timeIn } from './read-metrics.ts';

/** Limits from https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500;
const MAX_DATAPOINTS = 100_800;

const query = z.strictObject({
  Id: z.string(),
  Label: z.string().optional(),
  ReturnData: z.boolean().optional(),
  Expression: z.string().optional(),
  Period: z.number().optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: dimensions.optional(),
      }),
      Period: z.number(),
      Stat: z.string(),
      Unit: unit.optional(),
    })
    .optional(),
});

const input = z.strictObject({
  ...pageMembers,
  MetricDataQueries: z.array(query).min(1).max(MAX_QUERIES),
  StartTime: time,
  EndTime: time,
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).optional(),
  MaxDatapoints: z.number().optional(),
});

type Query = z.infer<typeof query>;

/** Implements GetMetricData. Does not paginate: refuses a request for more than `MaxDatapoints` data points. */
export function getMetricData(store: MetricStore): JsonOperation {
  return (given) => {
    const read = readInput('GetMetricData', input, given);
    const { StartTime, EndTime, ScanBy, MaxDatapoints = MAX_DATAPOINTS } = read;
    if (read.NextToken !== undefined)
      throw new CloudWatchError(
        'InvalidNextToken',
        'The NextToken is invalid: use one from a previous response.',
      );
    if (EndTime <= StartTime) refuse('The parameter EndTime must be after StartTime.');
    const MetricDataResults = orRefuse(() => {
      const queries = read.MetricDataQueries.map(queryOf);
      checkQueries(queries);
      return queries
        .filter(({ returnData }) => returnData)
        .map((each) => {
          const range = rangeOf(
            StartTime,
            EndTime,
            periodOf(each, queries, read.MetricDataQueries.find(({ Id }) => Id === each.id)?.Period),
          );
          if (range.periods > MAX_DATAPOINTS)
            throw new MathError(
              `the query ${each.id} spans ${range.periods} periods, more than ${MAX_DATAPOINTS}: use a longer Period`,
            );
          const values = seriesOfQueries(store, queries, range)(each.id);
          const points = values.flatMap((value, at) => (value === undefined ? [] : [{ value, at }]));
          if (ScanBy !== 'TimestampAscending') points.reverse();
          return {
            Id: each.id,
            Label: each.label ?? (isMetricStat(each.source) ? each.source.metric.name : each.id),
            Timestamps: points.map(({ at }) => timeIn(range, at)),
            Values: points.map(({ value }) => value),
            StatusCode: 'Complete',
          };
        });
    });
    const count = MetricDataResults.reduce((sum, { Values }) => sum + Values.length, 0);
    if (count > MaxDatapoints)
      refuse(`There are ${count} data points, more than MaxDatapoints: use a longer Period.`);
    return { MetricDataResults, Messages: [] };
  };
}

function queryOf({
  Id: id,
  Label: label,
  ReturnData: returnData = true,
  Expression,
  MetricStat,
}: Query): MetricQuery {
  if (Expression !== undefined && !MetricStat)
    return { id, label, returnData, source: compileExpression(Expression) };
  if (!MetricStat || Expression !== undefined)
    throw new MathError(`the query ${id} must have either MetricStat or Expression`);
  const { Metric, Period: period, Stat: statistic, Unit } = MetricStat;
  const wrong = wrongStatistic(statistic) ?? wrongPeriod(period);
  if (wrong !== undefined) throw new MathError(wrong);
  const metric = {
    namespace: Metric.Namespace,
    name: Metric.MetricName,
    dimensions: Metric.Dimensions ?? {},
  };
  return { id, label, returnData, source: { metric, period, statistic, unit: Unit } };
}

/** Returns a query's period. All metrics that the query uses, directly or indirectly, have the same period. */
function periodOf(query: MetricQuery, queries: readonly MetricQuery[], own: number | undefined): number {
  const periods = new Set<number>();
  const seen = new Set<string>();
  const visit = ({ id, source }: MetricQuery): void => {
    if (seen.has(id)) return;
    seen.add(id);
    if (isMetricStat(source)) {
      periods.add(source.period);
      return;
    }
    for (const each of queries)
      if (source.ids.includes(each.id) || (source.usesAllMetrics && isMetricStat(each.source))) visit(each);
  };
  visit(query);
  const [period = own, second] = periods;
  if (period === undefined)
    throw new MathError(`the expression ${query.id} needs a Period, because it reads no metric`);
  if (second !== undefined)
    throw new MathError(
      `the expression ${query.id} reads metrics with different periods, which the embedded CloudWatch cannot combine`,
    );
  const wrong = wrongPeriod(period);
  if (wrong !== undefined) throw new MathError(wrong);
  return period;
}

function orRefuse<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof MathError) refuse(`The parameter MetricDataQueries is invalid: ${error.message}.`);
    throw error;
  }
}
