import {
  measuredEvents,
  OF_THE_SERVICE,
  TIMES,
  type Measure,
  type MetricName,
} from '../../lambdas/metrics/catalogue.ts';
import { metricDescriptions } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/** Returns the content of docs/reference/metrics.md. */
export function metricsPage(): string {
  return `# Metrics

<!-- Written by \`npm run documents\` from lambdas/metrics/. Do not edit. -->

The functions publish metrics to CloudWatch, in the \`${NAMESPACE}\` namespace. Each metric comes from [log events](events.md), and is written at the end of
an invocation as one line in CloudWatch's embedded metric format. Publishing needs no AWS calls, and an idle deployment publishes nothing.

| metric | unit | meaning | from |
| --- | --- | --- | --- |
${(Object.keys(metricDescriptions) as MetricName[]).map(row).join('\n')}

## Dimensions

| \`METRICS\` | dimensions |
| --- | --- |
| \`queues\`, the default | \`service\` and \`queue\` |
| \`types\` | the same, and \`service\`, \`queue\` and \`type\` |
| \`off\` | none: nothing is published |

\`service\` is the deployment's name: the stack's name, followed by the construct's id if that is not \`Errand\`.
These metrics have only the \`service\` dimension: ${OF_THE_SERVICE.map((name) => `\`${name}\``).join(', ')}.

Even with \`queues\`, every line contains the type, as a field and not as a dimension. CloudWatch Logs Insights can count by type without a charge for
metrics:

\`\`\`
filter ispresent(JobsFailed) | stats sum(JobsFailed) by type, bin(1h)
\`\`\`

## What may be missing or counted twice

- If an invocation runs out of time or memory, or a handler ends the process, the function publishes none of the invocation's metrics. Started
  attempts, accepted jobs and recorded outcomes may then be missing. The claim or the dead-letter function that later finds an attempt without a
  recorded outcome counts it as \`AttemptsLost\`.
- Lambda treats metric lines as \`INFO\` lines
  (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html). If you raise the application log level of a
  function to \`WARN\` or above, its metrics may be dropped.
- If the response to a statement is lost and the statement is retried, the second response may say that nothing changed. Then an event is
  missing, but none is counted twice.
- A firing that is delivered twice counts as one job. If a submission's response is lost and the client retries within the dedup window, this
  counts as one job and one deduplicated submission.

So use metrics for alarms and charts. For exact numbers, use \`GET /v1/stats\`, which counts the rows.

## Cost

CloudWatch charges $0.30 a month for each metric, prorated by the hours in which it gets values. Every combination of dimensions is a separate metric,
and an account's first ten are free (https://aws.amazon.com/cloudwatch/pricing/). A queue that is busy all month, and whose jobs sometimes fail,
has about ten metrics: $3. With \`types\`, each busy job type adds the same; \`cdk synth\` warns about the price if the jobs file has more than 50 types.
The lines themselves are about 0.5 KB each, with two for each job: $0.50 for a million jobs. \`npm run cost\` counts both.
`;
}

function row(name: MetricName): string {
  const isTime = (TIMES as readonly MetricName[]).includes(name);
  const sources = Object.entries<readonly Measure[]>(measuredEvents)
    .filter(([, measures]) => measures.some(({ metric }) => metric === name))
    .map(([event]) => `\`${event}\``);
  return `| \`${name}\` | ${isTime ? 'milliseconds' : 'count'} | ${metricDescriptions[name]} | ${sources.join(', ')} |`;
}
