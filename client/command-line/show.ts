import type { Schema } from '../errand-client.ts';
import { printable } from './waiting-line.ts';

/** A record as people read it: one field a line, without those that say nothing. */
export function recordText(record: object): string {
  const entries = Object.entries(record).filter(([, value]) => value !== null && value !== false);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${valueText(value)}`).join('\n');
}

/** A page of jobs as a table. */
export function jobsText(page: Schema<'JobPage'>): string {
  const rows = page.items.map((job) => [
    job.job_id,
    job.status,
    job.type,
    job.object_id ?? '-',
    job.create_time,
  ]);
  return pageText(['JOB', 'STATUS', 'TYPE', 'OBJECT', 'CREATED'], rows, page.next_cursor);
}

/** A page of schedules as a table. */
export function schedulesText(page: Schema<'SchedulePage'>): string {
  const rows = page.items.map((schedule) => [
    schedule.name,
    schedule.state,
    schedule.rate ?? `${schedule.cron ?? ''} (${schedule.timezone})`,
    schedule.job.type,
    schedule.next_time ?? '-',
    schedule.last_outcome ?? '-',
  ]);
  return pageText(['SCHEDULE', 'STATE', 'WHEN', 'TYPE', 'NEXT', 'LAST OUTCOME'], rows, page.next_cursor);
}

/** A page of messages as a table. */
export function messagesText(page: Schema<'MessagePage'>): string {
  const rows = page.items.map((message) => [
    message.message_id,
    message.status,
    message.to,
    message.create_time,
    message.content,
  ]);
  return pageText(['MESSAGE', 'STATUS', 'TO', 'CREATED', 'CONTENT'], rows, page.next_cursor);
}

/** What came of starting or stopping every schedule. */
export function allSchedulesText(answer: Schema<'AllSchedules'>): string {
  const left = answer.not_started.map(({ name, reason }) => printable(`${name} was not started: ${reason}`));
  return [`${answer.state}: ${answer.schedules}`, ...left].join('\n');
}

function pageText(
  header: readonly string[],
  items: readonly (readonly string[])[],
  cursor: string | null,
): string {
  const lines = rowsText([header, ...items.map((cells) => cells.map(printable))]);
  if (cursor !== null) lines.push('', `More: --cursor ${cursor}`);
  return lines.join('\n');
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function rowsText(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
