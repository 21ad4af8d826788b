import type { MetricAlarm } from '../cloudwatch/alarm.ts';
import { COMPARISON_NAMES, TREATMENTS, type AlarmState, type Rule } from '../cloudwatch/judge.ts';
import { isUnit, type Metric, type Unit } from '../cloudwatch/metric.ts';
import { createMetricStore } from '../cloudwatch/metric-store.ts';
import { compileExpression } from '../cloudwatch/metric-math.ts';
import {
  checkQueries,
  isMetricStat,
  seriesOfQueries,
  wrongPeriod,
  wrongStatistic,
  type MetricQuery,
  type MetricStat,
} from '../cloudwatch/query.ts';
import { percentileOf } from '../cloudwatch/statistic.ts';
import { arn, physicalName } from '../template/names.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** CloudWatch's maximum length for alarm names. */
export const MAX_ALARM_NAME_LENGTH = 255;

const ONE_METRIC = [
  'Dimensions',
  'ExtendedStatistic',
  'MetricName',
  'Namespace',
  'Period',
  'Statistic',
  'Unit',
];

/** Properties shared by all kinds of alarms. */
export const ALARM_PROPERTIES = [
  ...[
    'ActionsEnabled',
    'AlarmActions',
    'AlarmDescription',
    'AlarmName',
    'InsufficientDataActions',
    'OKActions',
  ],
];

/** AWS::CloudWatch::Alarm with a static threshold, on a metric or on a metric math expression. */
export const cloudWatchAlarm: ResourceType = {
  honours: [
    ...ALARM_PROPERTIES,
    ...ONE_METRIC,
    ...['ComparisonOperator', 'DatapointsToAlarm', 'EvaluateLowSampleCountPercentile', 'EvaluationPeriods'],
    ...['Metrics', 'Threshold', 'TreatMissingData'],
  ],
  withoutEffect: ['Tags'],

  deploy({ logicalId, properties }, { stack, alarms }) {
    const name =
      properties.optionalText('AlarmName') ?? physicalName(stack, logicalId, MAX_ALARM_NAME_LENGTH);
    const alarmArn = arn(stack, 'cloudwatch', `alarm:${name}`);
    const { queries, watched } = readQueries(properties);
    const alarm: MetricAlarm = {
      kind: 'metric',
      name,
      arn: alarmArn,
      ...readDescription(properties),
      rule: readRule(properties, queries),
      period: periodOf(properties, queries),
      queries,
      watched,
      ignoresLowSampleCount: lowSampleCount(properties) === 'ignore',
      hasList: properties.values.Metrics !== undefined,
    };
    alarms.set(name, alarm);
    return { ref: name, attributes: { Arn: alarmArn } };
  },
};

/** Reads an alarm's description and actions. */
export function readDescription(properties: Properties) {
  const actionsOf = (name: string) => properties.optionalTexts(name) ?? [];
  const actions: Record<AlarmState, readonly string[]> = {
    OK: actionsOf('OKActions'),
    ALARM: actionsOf('AlarmActions'),
    INSUFFICIENT_DATA: actionsOf('InsufficientDataActions'),
  };
  return {
    description: properties.optionalText('AlarmDescription'),
    actionsEnabled: properties.values.ActionsEnabled === undefined || properties.isTrue('ActionsEnabled'),
    actions,
  };
}

function readRule(properties: Properties, queries: readonly MetricQuery[]): Rule {
  const evaluationPeriods = wholeNumber(properties, 'EvaluationPeriods');
  const datapointsToAlarm = properties.optionalNumber('DatapointsToAlarm') ?? evaluationPeriods;
  if (!Number.isInteger(datapointsToAlarm) || datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods)
    properties.refuse(
      'DatapointsToAlarm',
      `must be a whole number from 1 to EvaluationPeriods (${evaluationPeriods})`,
    );
  // Alarms on DynamoDB metrics ignore missing data:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  const isOfDynamoDb = queries.some(
    ({ source }) => isMetricStat(source) && source.metric.namespace === 'AWS/DynamoDB',
  );
  return {
    comparison: oneOf(properties, 'ComparisonOperator', COMPARISON_NAMES),
    threshold: properties.optionalNumber('Threshold') ?? properties.refuse('Threshold', 'is missing'),
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData: isOfDynamoDb ? 'ignore' : oneOf(properties, 'TreatMissingData', TREATMENTS, 'missing'),
  };
}

/** Reads the alarm's single metric, or its list of metrics and expressions. */
function readQueries(properties: Properties): { queries: readonly MetricQuery[]; watched: string } {
  if (properties.values.Metrics === undefined) {
    const stat = readStat(properties, readMetric(properties), properties);
    return { queries: [{ id: 'm1', label: undefined, returnData: true, source: stat }], watched: 'm1' };
  }
  const alone = ONE_METRIC.find((name) => properties.values[name] !== undefined);
  if (alone !== undefined) properties.refuse(alone, 'cannot be combined with Metrics: leave one of them out');
  const queries = properties.objects('Metrics').map(readQuery);
  const watched = queries.filter(({ returnData }) => returnData);
  const [only] = watched;
  if (!only || watched.length > 1)
    return properties.refuse(
      'Metrics',
      'must have exactly one entry without ReturnData: false, which the alarm watches',
    );
  try {
    checkQueries(queries);
    // Evaluates the expressions once without data, to detect an expression that does not return a time series. Such an expression would
    // fail in every evaluation.
    const noData = createMetricStore(() => undefined);
    seriesOfQueries(noData, queries, { until: 0, periodSeconds: 60, periods: 1 })(only.id);
  } catch (error) {
    properties.refuse('Metrics', `is invalid: ${(error as Error).message}`);
  }
  return { queries, watched: only.id };
}

function readQuery(entry: Properties): MetricQuery {
  refuseOthers(entry, ['Expression', 'Id', 'Label', 'MetricStat', 'Period', 'ReturnData']);
  const expression = entry.optionalText('Expression');
  return {
    id: entry.text('Id'),
    label: entry.optionalText('Label'),
    returnData: entry.values.ReturnData === undefined || entry.isTrue('ReturnData'),
    source: expression === undefined ? readMetricStat(entry) : compiled(entry, expression),
  };
}

function compiled(entry: Properties, expression: string) {
  try {
    return compileExpression(expression);
  } catch (error) {
    return entry.refuse('Expression', `cannot be evaluated: ${(error as Error).message}`);
  }
}

function readMetricStat(entry: Properties): MetricStat {
  if (entry.values.MetricStat === undefined) entry.refuse('MetricStat', 'is missing, and so is Expression');
  const stat = entry.object('MetricStat');
  refuseOthers(stat, ['Metric', 'Period', 'Stat', 'Unit']);
  const metric = stat.object('Metric');
  refuseOthers(metric, ['Dimensions', 'MetricName', 'Namespace']);
  return readStat(stat, readMetric(metric), stat);
}

function readMetric(properties: Properties): Metric {
  const dimensions = properties.objects('Dimensions').map((each) => [each.text('Name'), each.text('Value')]);
  return {
    namespace: properties.text('Namespace'),
    name: properties.text('MetricName'),
    dimensions: Object.fromEntries(dimensions) as Record<string, string>,
  };
}

function readStat(properties: Properties, metric: Metric, { values }: Properties): MetricStat {
  const names = ['Stat', 'Statistic', 'ExtendedStatistic'].filter((name) => values[name] !== undefined);
  const [name = 'Statistic'] = names;
  if (names.length > 1)
    properties.refuse(name, 'cannot be combined with ExtendedStatistic: leave one of them out');
  const statistic = properties.text(name);
  const period = properties.optionalNumber('Period') ?? properties.refuse('Period', 'is missing');
  const wrong = wrongStatistic(statistic);
  if (wrong !== undefined) properties.refuse(name, `is invalid: ${wrong}`);
  const wrongLength = wrongPeriod(period);
  if (wrongLength !== undefined) properties.refuse('Period', `is invalid: ${wrongLength}`);
  return { metric, statistic, period, unit: readUnit(properties) };
}

function readUnit(properties: Properties): Unit | undefined {
  const unit = properties.optionalText('Unit');
  return unit === undefined || isUnit(unit) ? unit : properties.refuse('Unit', 'is not a CloudWatch unit');
}

/** Returns the period that all of an alarm's metrics share. */
function periodOf(properties: Properties, queries: readonly MetricQuery[]): number {
  const periods = new Set(queries.flatMap(({ source }) => (isMetricStat(source) ? source.period : [])));
  const [period] = periods;
  if (period === undefined)
    return properties.refuse('Metrics', 'must have at least one metric, not only expressions');
  if (periods.size > 1) properties.refuse('Metrics', 'must all have the same Period');
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if (period * wholeNumber(properties, 'EvaluationPeriods') > 86_400)
    properties.refuse('EvaluationPeriods', `times the period (${period} s) must be at most one day`);
  return period;
}

function lowSampleCount(properties: Properties): string {
  const value = oneOf(properties, 'EvaluateLowSampleCountPercentile', ['evaluate', 'ignore'], 'evaluate');
  const statistic = properties.optionalText('ExtendedStatistic');
  if (value === 'ignore' && (statistic === undefined || percentileOf(statistic) === undefined))
    properties.refuse('EvaluateLowSampleCountPercentile', 'needs a percentile as ExtendedStatistic');
  return value;
}

function wholeNumber(properties: Properties, name: string): number {
  const value = properties.optionalNumber(name);
  if (value !== undefined && Number.isInteger(value) && value >= 1) return value;
  return properties.refuse(name, 'must be a whole number of at least 1');
}

function oneOf<Value extends string>(
  properties: Properties,
  name: string,
  values: readonly Value[],
  fallback?: Value,
): Value {
  const text = properties.optionalText(name) ?? fallback;
  const value = values.find((each) => each === text);
  return value ?? properties.refuse(name, `must be one of ${values.join(', ')}`);
}

function refuseOthers(properties: Properties, known: readonly string[]): void {
  const unknown = Object.keys(properties.values).find((name) => !known.includes(name));
  if (unknown !== undefined)
    properties.refuse(unknown, 'is a property that the embedded cloud does not support');
}
