import type { LogLine, Schema } from 'errand-client';
import { keyState, type KeyRecord } from '../../lambdas/access/api-key.ts';
import type { NewKey } from '../../lambdas/access/key-table.ts';

// The output formats used without --json, with one function per kind of response.

/** Formats a record with one field per line. Omits fields that are null or false. */
export function recordText(record: object): string {
  const entries = Object.entries(record).filter(([, value]) => value !== null && value !== false);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${valueText(value)}`).join('\n');
}

/** The message column's minimum width, in characters. */
const LEAST_MESSAGE_WIDTH = 20;

/**
 * Formats a page of jobs as a table.
 *
 * @param columns the terminal's width; messages are cut to fit
 */
export function jobsText(page: Schema<'JobPage'>, columns = Infinity): string {
  const rows = page.items.map((job) => [
    job.job_id,
    job.held_by === null ? job.status : `${job.status} (${job.held_by})`,
    job.type,
    job.object_id ?? '-',
    job.create_time,
    job.message ?? '-',
  ]);
  const header = ['JOB', 'STATUS', 'TYPE', 'OBJECT', 'CREATED', 'MESSAGE'];
  const widthBefore = rowsText([header, ...rows].map((cells) => cells.slice(0, -1).map(printable)))
    .map((line) => line.length)
    .reduce((one, other) => Math.max(one, other));
  const room = Math.max(LEAST_MESSAGE_WIDTH, columns - widthBefore - COLUMN_GAP.length);
  const short = rows.map((cells) => cells.with(-1, shortened(cells.at(-1) ?? '', room)));
  return pageText(header, short, page.next_cursor);
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1).toWellFormed()}…`;
}

/** Formats a batch with one field per line. The counts other than 0 share one line. */
export function batchText({ counts, on_complete: onComplete, ...batch }: Schema<'Batch'>): string {
  const follower =
    onComplete && (onComplete.job_id === null ? onComplete.type : `${onComplete.type} ${onComplete.job_id}`);
  return recordText({ ...batch, counts: countsText(counts), on_complete: follower });
}

/** Formats a page of batches as a table. */
export function batchesText(page: Schema<'BatchPage'>): string {
  const rows = page.items.map((batch) => [
    batch.batch_id,
    batch.status,
    String(batch.jobs),
    countsText(batch.counts),
    batch.create_time,
  ]);
  return pageText(['BATCH', 'STATUS', 'JOBS', 'COUNTS', 'CREATED'], rows, page.next_cursor);
}

/** Formats a batch's job counts, for example as `3 running, 97 success`. */
function countsText(counts: Schema<'Batch'>['counts']): string {
  const parts = Object.entries(counts).flatMap(([status, jobs]) => (jobs === 0 ? [] : `${jobs} ${status}`));
  return parts.length === 0 ? '-' : parts.join(', ');
}

/** Formats a page of a job's steps as a table. A waiting step's row shows the end of the wait. */
export function stepsText(page: Schema<'StepPage'>): string {
  const rows = page.items.map((step) => [
    step.step,
    step.kind,
    step.timed_out ? `${step.status} (timed out)` : step.status,
    String(step.failures),
    step.start_time,
    step.end_time ?? (step.due_time === null ? '-' : `until ${step.due_time}`),
    step.message ?? step.child_job_id ?? '-',
  ]);
  const header = ['STEP', 'KIND', 'STATUS', 'FAILURES', 'START', 'END', 'DETAIL'];
  return pageText(header, rows, page.next_cursor);
}

/** Formats a line from a job's log, with the attempt after the time: `2030-01-31T12:00:00.140Z 1 INFO  Resizing. width=800`. */
export function logLineText({ time, attempt, level, message, fields }: LogLine): string {
  const details = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return printable([time, String(attempt), level.toUpperCase().padEnd(5), message, ...details].join(' '));
}

/** Formats a page of schedules as a table. */
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

/** Formats the queues as a table, followed by one line per paused job type. */
export function queuesText({ items, paused_types: types }: Schema<'QueueList'>): string {
  const rows = items.map(({ queue, waiting, running, held, oldest_waiting: oldest, paused_at: pausedAt }) => [
    printable(queue),
    ...[waiting, running, held.pause, held.concurrency, held.rate].map(String),
    durationText(oldest ? Math.round(oldest.age_seconds * 1_000) : undefined),
    pausedAt === null ? '-' : `since ${pausedAt}`,
  ]);
  const held = ['HELD BY PAUSE', 'BY CONCURRENCY', 'BY RATE'];
  const table = rowsText([['QUEUE', 'WAITING', 'RUNNING', ...held, 'OLDEST', 'PAUSED'], ...rows]);
  const paused = types.map(({ type, paused_at: since }) =>
    printable(`The job type ${type} has been paused since ${since}.`),
  );
  return [...table, ...(paused.length > 0 ? ['', ...paused] : [])].join('\n');
}

/** Formats a page of concurrency keys as a table. */
export function concurrencyKeysText(page: Schema<'ConcurrencyKeyPage'>): string {
  const rows = page.items.map((item) => [
    item.key,
    String(item.running),
    String(item.parked),
    item.limit === null ? '-' : String(item.limit),
    item.set_at === null ? '-' : `${item.set_at} ${item.set_by ?? ''}`.trimEnd(),
  ]);
  return pageText(['KEY', 'RUNNING', 'PARKED', 'LIMIT', 'SET'], rows, page.next_cursor);
}

/** Formats the response to a change that wakes parked jobs. */
export function wokenText({ more, ...record }: { woken: number; more: boolean }): string {
  const text = recordText(record);
  return more ? `${text}\nThe sweeper wakes more jobs; repeat the command to wake them sooner.` : text;
}

/** Formats a page of messages as a table. */
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

/** Formats a page of the audit log as a table. */
export function auditText(page: Schema<'AuditPage'>): string {
  const rows = page.items.map((entry) => [
    entry.create_time,
    entry.action,
    entry.subject,
    entry.actor ?? '-',
  ]);
  return pageText(['TIME', 'ACTION', 'SUBJECT', 'ACTOR'], rows, page.next_cursor);
}

/** Describes the outcome of starting or stopping all schedules. */
export function allSchedulesText(answer: Schema<'AllSchedules'>): string {
  const left = answer.not_started.map(({ name, reason }) => printable(`${name} was not started: ${reason}`));
  return [`${answer.state}: ${answer.schedules}`, ...left].join('\n');
}

/** Formats the history as a table, with one line per interval and series, oldest first. */
export function historyText(history: Schema<'History'>): string {
  const { group_by: group } = history;
  const lines = history.series.flatMap(({ name, points }) => points.map((point) => ({ name, point })));
  if (lines.length === 0) return `Nothing happened from ${history.from} to ${history.to}.`;
  const rows = lines
    .toSorted((a, b) => (a.point.time < b.point.time ? -1 : Number(a.point.time > b.point.time)))
    .map(({ name, point }) => [
      point.time,
      ...(group === null ? [] : [printable(name ?? '')]),
      ...[point.accepted, point.succeeded, point.failed, point.canceled, point.retried].map(String),
      ...[point.waiting_ms, point.run_ms, point.end_to_end_ms].map((each) => durationText(each?.p95)),
    ]);
  const counts = ['ACCEPTED', 'SUCCEEDED', 'FAILED', 'CANCELED', 'RETRIED'];
  const durations = ['WAITING P95', 'RUN P95', 'END TO END P95'];
  return rowsText([
    ['TIME', ...(group === null ? [] : [group.toUpperCase()]), ...counts, ...durations],
    ...rows,
  ]).join('\n');
}

/** Formats a duration in milliseconds, seconds, minutes or hours, depending on its length. */
function durationText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
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

/** The gap between two columns of a table. */
const COLUMN_GAP = '  ';

/** Formats rows of cells as lines, with each column as wide as its widest cell. */
function rowsText(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(COLUMN_GAP)
      .trimEnd(),
  );
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Replaces control characters, because a terminal would execute them. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- the pattern matches control characters
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

/** Formats a new key, with a warning that it is shown only once. */
export function newKeyText({ key, record }: NewKey): string {
  return `${keyText(record, record.create_time)}\n\n${key}\n\nSave the key now: it is shown only once.`;
}

/** Formats a key's record, which has no secret, with one field per line. */
export function keyText(record: KeyRecord, now: Date): string {
  const fields: Record<string, string> = {
    key_id: record.key_id,
    ...(record.name !== '' && { name: record.name }),
    tenant: record.tenant,
    scopes: record.scopes.join(', '),
    state: keyState(record, now),
    expires: record.expire_time?.toISOString() ?? 'never',
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(7)}  ${printable(value)}`)
    .join('\n');
}

/** Formats keys as a table. */
export function keysText(records: readonly KeyRecord[], now: Date): string {
  return rowsText([
    ['KEY', 'NAME', 'TENANT', 'SCOPES', 'STATE', 'EXPIRES', 'CREATED'],
    ...records.map((record) => [
      record.key_id,
      printable(record.name || '-'),
      record.tenant,
      record.scopes.join(','),
      keyState(record, now),
      record.expire_time?.toISOString() ?? 'never',
      record.create_time.toISOString(),
    ]),
  ]).join('\n');
}
