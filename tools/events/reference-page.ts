import { globSync } from 'node:fs';
import path from 'node:path';
import { readAllEvents, type LogEvent } from './read-events.ts';

/** docs/reference/events.md */
export function eventsPage(root: string): string {
  return `# Events in the logs

<!-- Written by \`npm run documents\` from the calls in lambdas/. Do not edit. -->

Every function writes JSON to its log group in CloudWatch, one object per line. Lambda adds \`timestamp\`, \`level\` and \`requestId\`; the rest is
in \`message\`. There, \`event\` names what happened, \`message\` says it in a sentence, and the other fields say about what.

What a job's handler logs, and what Errand logs while it runs, has the fields \`job_id\`, \`attempt\`, \`tenant\`, \`type\` and \`queue\`. Every
other line about a job has at least its \`job_id\`. So this query of CloudWatch Logs Insights shows all that was logged about a job:

\`\`\`
fields @timestamp, level, message.event, message.message
| filter message.job_id = '01a21f95-2c54-7560-b2ae-cdf461541283'
| sort @timestamp
\`\`\`

What a job's handler logs with \`log\` has the event \`job_log\`, what it prints with \`console\` has \`job_console\`. If a handler gives a field one of
the names above, the field gets an underscore behind its name: \`type_\`. The last of these lines are also kept with the job: see
[your jobs](../job-types.md#logs).

${describe(readAllEvents(root, eventSources(root)))}`;
}

/** The sources that may log an event, from the project's folder. */
export function eventSources(root: string): string[] {
  return globSync('lambdas/**/*.ts', { cwd: root }).sort();
}

function describe(events: readonly LogEvent[]): string {
  const rows = events.map(({ name, level, message, fields, file }) => {
    const shown = fields.map((field) => (field === '…' ? field : `\`${field}\``)).join(', ');
    return `| \`${name}\` | ${level} | ${message} | ${shown} | [${path.posix.relative('lambdas', file)}](../../${file}) |`;
  });
  return `| event | level | what happened | fields | logged in |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
