import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { AlarmThresholds } from '../settings/props.ts';
import { SettingsError } from '../settings/read-settings.ts';
import { problemsOfThresholds, resolveThresholds } from '../settings/resolve-thresholds.ts';
import type { ResolvedSettings } from '../settings/table.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import type { WatchedQueue, WatchedService } from './watched.ts';

export interface ObservationProps {
  readonly settings: ResolvedSettings;
  readonly alarmTopic: ITopic | undefined;
  readonly alarmThresholds: AlarmThresholds;
  readonly service: WatchedService;
  readonly queues: readonly WatchedQueue[];
}

/**
 * Creates a deployment's alarms and dashboard, unless the settings turn them off.
 *
 * @throws SettingsError that names each invalid property
 */
export function observe(
  scope: Construct,
  props: ObservationProps,
): { alarms: Alarms | undefined; dashboard: Dashboard | undefined } {
  const { settings, alarmThresholds, service, queues } = props;
  const problems = problemsOfThresholds('alarmThresholds', alarmThresholds);
  if (problems.length > 0) throw new SettingsError(problems);
  const thresholds = resolveThresholds(alarmThresholds, settings.maxWaits);
  const topic = topicOf(scope, props);
  const alarms = settings.alarms
    ? new Alarms(scope, 'Alarms', { service, queues, thresholds, topic })
    : undefined;
  const dashboard = settings.dashboard
    ? new Dashboard(scope, 'Dashboard', { service, queues, alarms: alarms?.all ?? [] })
    : undefined;
  return { alarms, dashboard };
}

function topicOf(scope: Construct, { settings, alarmTopic }: ObservationProps): ITopic | undefined {
  const { alarmTopicArn, alarms } = settings;
  if (alarmTopic && alarmTopicArn !== undefined) {
    throw new SettingsError([
      `alarmTopic and alarmTopicArn "${alarmTopicArn}" both name the alarms' topic: omit one of them.`,
    ]);
  }
  if (alarmTopic && !alarms) {
    throw new SettingsError([
      'alarmTopic would never be notified with alarms "false": omit alarmTopic, or set alarms to true.',
    ]);
  }
  return alarmTopicArn === undefined ? alarmTopic : Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn);
}
