import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { Alarms } from './alarms.ts';
import type { CloudWatchClock } from './clock.ts';
import { describeAlarmHistory, describeAlarms, setAlarmState } from './describe-alarms.ts';
import { getMetricData } from './get-metric-data.ts';
import type { MetricStore } from './metric-store.ts';
import { putMetricData } from './put-metric-data.ts';
import { getMetricStatistics, listMetrics } from './read-metrics.ts';
import type { Totals } from './totals.ts';

/** CloudWatch's operations: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html */
export function operationsOf({
  store,
  totals,
  alarms,
  clock,
}: {
  readonly store: MetricStore;
  readonly totals: Totals;
  readonly alarms: Alarms;
  readonly clock: CloudWatchClock;
}): Record<string, JsonOperation> {
  return {
    DescribeAlarmHistory: describeAlarmHistory(alarms),
    DescribeAlarms: describeAlarms(alarms),
    GetMetricData: getMetricData(store),
    GetMetricStatistics: getMetricStatistics(store),
    ListMetrics: listMetrics(store, clock),
    PutMetricData: putMetricData(store, totals, clock),
    SetAlarmState: setAlarmState(alarms),
  };
}
