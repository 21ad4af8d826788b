import { globSync } from 'node:fs';
import path from 'node:path';
import { readAllEvents, type LogEvent } from './read-events.ts';

/** Returns the content of docs/reference/events.md. */
export function eventsPage(root: string): string {
  return `# Log events

<!-- Written by \`npm run documents\` from the calls in lambdas/. Do not edit. -->

Every function writes JSON to its log group in CloudWatch, one object per line. Lambda adds \`timestamp\`, \`level\` and \`requestId\`; the rest is
in \`message\`. There, \`event\` names what happened, \`message\` describes it in a sentence, and the other fields give the details.

Lines that a job's handler logs, or that Errand logs while the handler runs, have the fields \`job_id\`, \`attempt\`, \`tenant\`, \`type\` and \`queue\`. Every
other line about a job has at least its \`job_id\`. So this query in CloudWatch Logs Insights shows everything that was logged about a job:

\`\`\`
fields @timestamp, level, message.event, message.message
| filter message.job_id = '01a21f95-2c54-7560-b2ae-cdf461541283'
| sort @timestamp
\`\`\`

Lines that a handler logs with \`log\` have the event \`job_log\`; lines that it prints with \`console\` have \`job_console\`. If a handler logs a field with
one of the names above, Errand appends an underscore: \`type_\`. Errand also stores the last of these lines with the job: see
[logs](../job-types.md#logs).

${describe(readAllEvents(root, eventSources(root)))}`;
}

/** Returns the source files that may log an event, relative to the project's folder. */
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
