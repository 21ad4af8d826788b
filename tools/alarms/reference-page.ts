import { ALARMS, type QueueAlarm, type ServiceAlarm } from '../../lib/observability/alarm-list.ts';
import { thresholdSettings } from '../../lib/settings/alarms.ts';
import { isDerived, type SettingTable } from '../../lib/settings/setting.ts';

const thresholds: SettingTable = thresholdSettings;

/** Returns the content of docs/reference/alarms.md. */
export function alarmsPage(): string {
  return `# Alarms

<!-- Written by \`npm run documents\` from lib/observability/alarm-list.ts. Do not edit. -->

The stack has these CloudWatch alarms. Each goes off when its metric reaches its [threshold](#thresholds) within the given time.
\`ALARM_TOPIC_ARN\` names the SNS topic to notify. \`ALARMS=false\` leaves out the alarms, and \`DASHBOARD=false\` the dashboard. See
[settings](settings.md#alarms) and [what the topic must allow](../operations.md#the-alarm-topic).

| alarm | one for each | watches | threshold (default) | exceeded |
| --- | --- | --- | --- | --- |
${ALARMS.map(row).join('\n')}

An idle deployment publishes no metrics and raises no alarm. The alarms on Errand's own metrics need \`METRICS\`, and the database-capacity alarm exists
only for the stack's own cluster. A worker's throttles raise no alarm: they are normal for a queue that has more messages than its concurrency.

## What the alarms mean

${ALARMS.map(meaning).join('\n')}

## Thresholds

In your own CDK app, use the construct's \`alarmThresholds\` prop. For this repository's app, \`ALARM_THRESHOLDS\` is a JSON object with
durations in seconds: \`{"failureRate": 20, "oldestMessage": 3600}\`.

${Object.entries(thresholds)
  .map(([name, { text, kind, default: initial }]) => {
    const value = isDerived(initial) ? initial.text : kind.show(initial);
    return `- \`${name}\` (\`${kind.type}\`): ${text} Value: ${kind.expected}. Default: ${value}.`;
  })
  .join('\n')}
`;
}

function row(alarm: QueueAlarm | ServiceAlarm): string {
  const { name, per, watches, threshold, periodMinutes, periods } = alarm;
  const runbook = `[${name}](../runbooks/${name}.md)`;
  return `| ${runbook} | ${per} | ${watches} | \`${threshold}\` (${defaultOf(threshold)}) | ${timesOf(periodMinutes, periods)} |`;
}

function defaultOf(threshold: string): string {
  const { kind, default: initial } = thresholds[threshold] ?? {};
  if (!kind) throw new Error(`There is no threshold ${threshold}.`);
  return isDerived(initial) ? 'see below' : kind.show(initial);
}

function timesOf(minutes: number, [breaching, of]: readonly [number, number]): string {
  const length = `${minutes} minutes`;
  if (of === 1) return `in ${length}`;
  if (breaching < of) return `in ${breaching} of ${of} minutes`;
  return minutes === 1 ? `in ${of} consecutive minutes` : `in ${of} consecutive periods of ${length}`;
}

function meaning({ name, means, todo }: QueueAlarm | ServiceAlarm): string {
  return `- **${name}**: ${means} ${todo}`;
}
