import * as z from 'zod';
import { Timestamp } from '../aws-endpoint/cbor.ts';
import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { MetricAlarm } from './alarm.ts';
import type { Alarms, WatchedAlarm } from './alarms.ts';
import { CloudWatchError, pageMembers, pageOf, readInput, stateValue, time } from './input.ts';
import { isMetricStat, type MetricQuery, type MetricStat } from './query.ts';
import { describeDimensions, describeMetric } from './read-metrics.ts';
import { percentileOf } from './statistic.ts';

const MAX_RECORDS = 100;
const DEFAULT_RECORDS = 50;

const alarmTypes = z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).optional();
const maxRecords = z.int().min(1).max(MAX_RECORDS).optional();

const describeInput = z.strictObject({
  ...pageMembers,
  AlarmNames: z.array(z.string()).optional(),
  AlarmNamePrefix: z.string().optional(),
  AlarmTypes: alarmTypes,
  StateValue: stateValue.optional(),
  ActionPrefix: z.string().optional(),
  MaxRecords: maxRecords,
});

/** Implements DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export function describeAlarms(alarms: Alarms): JsonOperation {
  return (given) => {
    const input = readInput('DescribeAlarms', describeInput, given);
    const { AlarmNames: names, AlarmNamePrefix: prefix = '', StateValue: state, ActionPrefix } = input;
    // Composite alarms are omitted unless requested, as in AWS.
    const kinds = (input.AlarmTypes ?? ['MetricAlarm']).map((type) =>
      type === 'MetricAlarm' ? 'metric' : 'composite',
    );
    const found = alarms.list().filter(
      ({ alarm, ...watched }) =>
        kinds.includes(alarm.kind) &&
        (names?.includes(alarm.name) ?? true) &&
        alarm.name.startsWith(prefix) &&
        (state === undefined || watched.state === state) &&
        (ActionPrefix === undefined ||
          Object.values(alarm.actions)
            .flat()
            .some((action) => action.startsWith(ActionPrefix))),
    );
    const { page, more } = pageOf(found, input, input.MaxRecords ?? DEFAULT_RECORDS);
    return {
      MetricAlarms: page.flatMap((watched) =>
        watched.alarm.kind === 'metric' ? [{ ...described(watched), ...describeRule(watched.alarm) }] : [],
      ),
      CompositeAlarms: page.flatMap((watched) =>
        watched.alarm.kind === 'composite'
          ? [{ ...described(watched), AlarmRule: watched.alarm.ruleText }]
          : [],
      ),
      ...more,
    };
  };
}

function described({ alarm, state, reason, reasonData, since, configuredAt }: WatchedAlarm) {
  const { name, arn, description, actionsEnabled, actions } = alarm;
  return {
    AlarmName: name,
    AlarmArn: arn,
    AlarmDescription: description,
    AlarmConfigurationUpdatedTimestamp: new Timestamp(configuredAt),
    ActionsEnabled: actionsEnabled,
    OKActions: actions.OK,
    AlarmActions: actions.ALARM,
    InsufficientDataActions: actions.INSUFFICIENT_DATA,
    StateValue: state,
    StateReason: reason,
    StateReasonData: reasonData,
    StateUpdatedTimestamp: new Timestamp(since),
    StateTransitionedTimestamp: new Timestamp(since),
  };
}

function describeRule(alarm: MetricAlarm) {
  const { rule, queries, hasList } = alarm;
  const [query] = queries;
  const single = !hasList && query && isMetricStat(query.source) ? describeSingle(query.source) : undefined;
  return {
    ...(single ?? { Metrics: queries.map(describeQuery) }),
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    Threshold: rule.threshold,
    ComparisonOperator: rule.comparison,
    TreatMissingData: rule.treatMissingData,
    ...(alarm.ignoresLowSampleCount && { EvaluateLowSampleCountPercentile: 'ignore' }),
  };
}

function describeSingle({ metric, period: Period, statistic, unit: Unit }: MetricStat) {
  const { name: MetricName, namespace: Namespace, dimensions } = metric;
  const member = percentileOf(statistic) === undefined ? 'Statistic' : 'ExtendedStatistic';
  return {
    MetricName,
    Namespace,
    Dimensions: describeDimensions(dimensions),
    Period,
    Unit,
    [member]: statistic,
  };
}

function describeQuery({ id: Id, label: Label, returnData: ReturnData, source }: MetricQuery) {
  if (!isMetricStat(source)) return { Id, Label, ReturnData, Expression: source.text };
  const { metric, period: Period, statistic: Stat, unit: Unit } = source;
  return { Id, Label, ReturnData, MetricStat: { Metric: describeMetric(metric), Period, Stat, Unit } };
}

const historyInput = z.strictObject({
  ...pageMembers,
  AlarmName: z.string().optional(),
  AlarmTypes: alarmTypes,
  HistoryItemType: z.enum(['ConfigurationUpdate', 'StateUpdate', 'Action']).optional(),
  StartDate: time.optional(),
  EndDate: time.optional(),
  MaxRecords: maxRecords,
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).optional(),
});

/** Implements DescribeAlarmHistory: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html */
export function describeAlarmHistory(alarms: Alarms): JsonOperation {
  return (given) => {
    const input = readInput('DescribeAlarmHistory', historyInput, given);
    const { AlarmName, HistoryItemType, StartDate = -Infinity, EndDate = Infinity } = input;
    const items = alarms
      .history()
      .map((event) => ({
        ...event,
        alarmType: event.alarm.kind === 'metric' ? ('MetricAlarm' as const) : ('CompositeAlarm' as const),
      }))
      .filter(
        ({ alarm, type, alarmType, time: at }) =>
          (AlarmName ?? alarm.name) === alarm.name &&
          (HistoryItemType ?? type) === type &&
          (input.AlarmTypes ?? ['MetricAlarm']).includes(alarmType) &&
          at >= StartDate &&
          at <= EndDate,
      );
    if (input.ScanBy !== 'TimestampAscending') items.reverse();
    const { page, more } = pageOf(items, input, input.MaxRecords ?? MAX_RECORDS);
    return {
      AlarmHistoryItems: page.map(({ alarm, alarmType, time: at, type, summary, data }) => ({
        AlarmName: alarm.name,
        AlarmType: alarmType,
        Timestamp: new Timestamp(at),
        HistoryItemType: type,
        HistorySummary: summary,
        HistoryData: data,
      })),
      ...more,
    };
  };
}

const setStateInput = z.strictObject({
  AlarmName: z.string().min(1),
  StateValue: stateValue,
  StateReason: z.string().max(1023),
  StateReasonData: z.string().max(4000).optional(),
});

/** Implements SetAlarmState. The state lasts until the next evaluation. */
export function setAlarmState(alarms: Alarms): JsonOperation {
  return (given) => {
    const { AlarmName, StateValue, StateReason, StateReasonData } = readInput(
      'SetAlarmState',
      setStateInput,
      given,
    );
    if (StateReasonData !== undefined && !isJson(StateReasonData))
      throw new CloudWatchError('InvalidFormatFault', 'StateReasonData is not valid JSON.');
    if (alarms.setState(AlarmName, StateValue, StateReason, StateReasonData)) return {};
    throw new CloudWatchError('ResourceNotFound', `There is no alarm named ${AlarmName}.`);
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
