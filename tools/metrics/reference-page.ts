import {
  measuredEvents,
  OF_THE_SERVICE,
  TIMES,
  type Measure,
  type MetricName,
} from '../../lambdas/metrics/catalogue.ts';
import { metricDescriptions } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/** docs/reference/metrics.md */
export function metricsPage(): string {
  return `# Metrics

<!-- Written by \`npm run documents\` from lambdas/metrics/. Do not edit. -->

The functions publish metrics to CloudWatch in the namespace \`${NAMESPACE}\`. Each comes from [events in the log](events.md), and is written at the
end of an invocation as one line in CloudWatch's embedded metric format: no call is made for it, and an idle deployment publishes nothing.

| metric | unit | meaning | from |
| --- | --- | --- | --- |
${(Object.keys(metricDescriptions) as MetricName[]).map(row).join('\n')}

## Dimensions

| \`METRICS\` | dimensions |
| --- | --- |
| \`queues\`, the default | \`service\` and \`queue\` |
| \`types\` | the same, and \`service\`, \`queue\` and \`type\` |
| \`off\` | none: nothing is published |

\`service\` is the name of the deployment: its stack's name, or the stack's name and the id of the construct where that is not \`Errand\`.
These metrics have the dimension \`service\` only: ${OF_THE_SERVICE.map((name) => `\`${name}\``).join(', ')}.

The type is in every line, also with \`queues\`, as a field and not as a dimension. CloudWatch Logs Insights can count by it at no charge for
metrics:

\`\`\`
filter ispresent(JobsFailed) | stats sum(JobsFailed) by type, bin(1h)
\`\`\`

## What may be missing or counted twice

- A function that is stopped before the end of an invocation publishes nothing of the invocation: it ran out of time or memory, or a handler ended
  the process. Attempts that started, jobs that were accepted and outcomes that were recorded may be missing. An attempt without a recorded
  outcome is counted later as \`AttemptsLost\`, by the claim or the dead-letter function that finds it.
- Lambda treats lines of metrics as lines of the level \`INFO\`
  (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html). If you raise the application log level of a
  function to \`WARN\` or above, its metrics may be dropped.
- Where the answer to a statement is lost and the statement is sent again, the second answer may say that nothing changed. Then an event is
  missing; none is counted twice.
- A firing that is delivered twice counts one job. A submission whose first answer was lost, and which the client repeats within the dedup window,
  counts as one job and one deduplicated submission.

So use the metrics for alarms and charts. For exact numbers ask \`GET /v1/stats\`, which counts the rows.

## Cost

CloudWatch charges $0.30 a month for each metric, by the hour in which it gets values; every combination of dimensions is a metric of its own,
and the first ten of an account are free (https://aws.amazon.com/cloudwatch/pricing/). One queue that is busy all month, whose jobs sometimes fail,
has about ten metrics: $3. With \`types\`, each busy job type adds as much; \`cdk synth\` warns of the price if the jobs file has more than 50. The lines themselves are about 0.5 KB each, two for a job:
$0.50 for a million jobs. \`npm run cost\` counts both.
`;
}

function row(name: MetricName): string {
  const isTime = (TIMES as readonly MetricName[]).includes(name);
  const sources = Object.entries<readonly Measure[]>(measuredEvents)
    .filter(([, measures]) => measures.some(({ metric }) => metric === name))
    .map(([event]) => `\`${event}\``);
  return `| \`${name}\` | ${isTime ? 'milliseconds' : 'count'} | ${metricDescriptions[name]} | ${sources.join(', ')} |`;
}
