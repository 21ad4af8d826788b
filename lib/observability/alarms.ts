import { Duration } from 'aws-cdk-lib/core';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { oldestMessageDefault } from '../settings/alarms.ts';
import type { ResolvedThresholds } from '../settings/resolve-thresholds.ts';
import {
  ALARMS,
  describeAlarm,
  type QueueAlarm,
  type ServiceAlarm,
  type WatchedMetric,
} from './alarm-list.ts';
import type { WatchedQueue, WatchedService } from './watched.ts';

export interface AlarmsProps {
  readonly service: WatchedService;
  readonly queues: readonly WatchedQueue[];
  readonly thresholds: ResolvedThresholds;
  /** The topic to notify when an alarm goes off and when it clears. */
  readonly topic: ITopic | undefined;
}

/** A deployment's alarms: one per entry in {@link ALARMS}, or one per entry and queue. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { service, queues, thresholds } = props;
    this.all = ALARMS.flatMap((described) =>
      described.per === 'service'
        ? this.create(described, described.metric(service), props)
        : queues.flatMap((queue) =>
            this.create(described, described.metric(queue, service, thresholds), props, queue),
          ),
    );
  }

  private create(
    described: QueueAlarm | ServiceAlarm,
    metric: WatchedMetric | undefined,
    { thresholds, topic }: AlarmsProps,
    queue?: WatchedQueue,
  ): Alarm[] {
    if (!metric) return [];
    const [datapointsToAlarm, evaluationPeriods] = described.periods;
    const alarm = new Alarm(this, idOf(described, queue), {
      alarmDescription: describeAlarm(described, queue?.name),
      metric: metric.with({ period: Duration.minutes(described.periodMinutes) }),
      threshold: thresholdOf(described, thresholds, queue),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm,
      // Missing data is fine, because an idle deployment publishes no metrics.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) {
      const notify = new SnsAction(topic);
      alarm.addAlarmAction(notify);
      alarm.addOkAction(notify);
    }
    return [alarm];
  }
}

/** Returns the alarm's construct id, such as `OldestMessage.images`. */
function idOf({ name }: QueueAlarm | ServiceAlarm, queue: WatchedQueue | undefined): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return queue ? `${words.join('')}.${queue.name}` : words.join('');
}

function thresholdOf(
  { threshold }: QueueAlarm | ServiceAlarm,
  thresholds: ResolvedThresholds,
  queue: WatchedQueue | undefined,
): number {
  const value = thresholds[threshold];
  if (value !== undefined) return value;
  if (!queue) throw new Error(`The threshold ${threshold} has no default.`);
  return oldestMessageDefault(queue.visibilityTimeout).toSeconds();
}
