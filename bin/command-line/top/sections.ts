import { groupFailures, type Schema } from 'errand-client';
import { ageText, rateText, sparkline } from './number-texts.ts';
import { FAILED_LIMIT, FAILURE_MINUTES, HISTORY_MINUTES, type Snapshot } from './snapshot.ts';
import { table, type Line, type Segment } from './styled-text.ts';

/** A section of the frame: a title, a line of labels, and rows. If there is too little space, the last rows are omitted. */
export interface Section {
  readonly title: Line;
  readonly labels: Line | undefined;
  readonly rows: readonly Line[];
  /** The command that shows the omitted rows. */
  readonly more: string;
}

/** The number of minutes over which rates are averaged. */
const RATE_MINUTES = 5;
const MINUTE_MS = 60_000;
const BAR_WIDTH = 10;

/** Each queue's waiting and running jobs, throughput and failures. */
export function queueSection({ queues, history, time }: Snapshot, columns: number): Section {
  const series = new Map(history.series.map(({ name, points }) => [name, points]));
  const rows = queues.items.map((queue): Segment[] => {
    const points = series.get(queue.queue) ?? [];
    const { held, oldest_waiting: oldest, paused_at: pausedAt } = queue;
    const heldJobs = held.pause + held.concurrency + held.rate;
    const failed = rate(points, time, (point) => point.failed);
    return [
      pausedAt === null ? { text: queue.queue } : { text: `${queue.queue} (paused)`, style: 'warning' },
      { text: String(queue.waiting) },
      { text: String(heldJobs), style: heldJobs > 0 ? 'warning' : undefined },
      { text: String(queue.running) },
      { text: rateText(rate(points, time, (point) => point.succeeded)) },
      { text: rateText(failed), style: failed > 0 ? 'error' : undefined },
      { text: rateText(rate(points, time, (point) => point.retried)) },
      { text: oldest === null ? '-' : ageText(oldest.age_seconds) },
      { text: sparkline(endedByMinute(points, time)) },
    ];
  });
  const [labels, ...lines] = table(
    [
      { label: 'QUEUE' },
      { label: 'WAITING', align: 'right' },
      { label: 'HELD', align: 'right' },
      { label: 'RUNNING', align: 'right' },
      { label: 'DONE/MIN', align: 'right' },
      { label: 'FAILED/MIN', align: 'right' },
      { label: 'RETRIED/MIN', align: 'right' },
      { label: 'OLDEST', align: 'right' },
      { label: `LAST ${HISTORY_MINUTES} MIN`, isOptional: true },
    ],
    rows,
    columns,
  );
  const pausedTypes = queues.paused_types.map(({ type, paused_at: since }): Line => [
    { text: `The job type ${type} has been paused since ${since}.`, style: 'warning' },
  ]);
  return {
    title: [{ text: `Queues ${queues.items.length}`, style: 'title' }],
    labels,
    // Pauses come first, so that they are never omitted.
    rows: [...pausedTypes, ...lines],
    more: 'errand queues',
  };
}

/** The running jobs, oldest first, with their age and progress. */
export function runningSection({ queues, running, time }: Snapshot, columns: number): Section {
  const count = queues.items.reduce((sum, queue) => sum + queue.running, 0);
  const rows = running.map((job): Segment[] => [
    { text: job.job_id },
    { text: job.type },
    { text: job.queue },
    { text: `${job.attempt}/${job.max_attempts}` },
    { text: job.start_time === null ? '-' : ageText(secondsSince(job.start_time, time)) },
    job.cancel_requested
      ? { text: `cancel requested  ${progressText(job.progress)}`, style: 'warning' }
      : { text: progressText(job.progress) },
  ]);
  const [labels, ...lines] = table(
    [
      { label: 'JOB' },
      { label: 'TYPE' },
      { label: 'QUEUE' },
      { label: 'ATTEMPT', align: 'right' },
      { label: 'AGE', align: 'right' },
      { label: 'PROGRESS' },
    ],
    rows,
    columns,
  );
  return {
    title: [{ text: `Running ${Math.max(count, running.length)}`, style: 'title' }],
    labels: rows.length > 0 ? labels : undefined,
    rows: lines,
    more: 'errand list --status running --order asc',
  };
}

/** The most recently failed jobs, grouped by type and message. */
export function failureSection({ failed, hasMoreFailed, time }: Snapshot, columns: number): Section {
  const rows = groupFailures(failed).map(({ count, type, last }): Segment[] => [
    { text: String(count), style: 'error' },
    { text: type },
    { text: last.end_time === null ? '-' : `${ageText(secondsSince(last.end_time, time))} ago` },
    { text: last.message ?? '-' },
  ]);
  const [labels, ...lines] = table(
    [
      { label: 'JOBS', align: 'right' },
      { label: 'TYPE' },
      { label: 'LAST', align: 'right' },
      { label: 'MESSAGE' },
    ],
    rows,
    columns,
  );
  const limit = hasMoreFailed ? `, among the ${FAILED_LIMIT} created last` : '';
  return {
    title: [
      { text: `Failed ${failed.length}`, style: 'title' },
      { text: ` in the last ${FAILURE_MINUTES} minutes${limit}`, style: 'label' },
    ],
    labels: rows.length > 0 ? labels : undefined,
    rows: lines,
    more: 'errand list --status failed',
  };
}

type Points = Schema<'HistorySeries'>['points'];

/** Averages a count over the last {@link RATE_MINUTES} minutes. Returns the count per minute. */
function rate(points: Points, time: Date, count: (point: Points[number]) => number): number {
  const from = Math.floor(time.getTime() / MINUTE_MS - RATE_MINUTES) * MINUTE_MS;
  const total = points
    .filter((point) => Date.parse(point.time) >= from)
    .reduce((sum, point) => sum + count(point), 0);
  return total / ((time.getTime() - from) / MINUTE_MS);
}

/**
 * Returns the number of jobs that succeeded or failed in each minute of the history. Adds a 0 for each minute in which no job ended, because the API
 * omits these minutes.
 */
function endedByMinute(points: Points, time: Date): number[] {
  const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS);
  const ended = new Map(
    points.map((point) => [minuteOf(Date.parse(point.time)), point.succeeded + point.failed]),
  );
  const last = minuteOf(time.getTime());
  return Array.from(
    { length: HISTORY_MINUTES },
    (_, index) => ended.get(last - HISTORY_MINUTES + 1 + index) ?? 0,
  );
}

function progressText(progress: Schema<'Progress'> | null): string {
  if (progress === null) return '';
  const filled = Math.round(progress.fraction * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '·'.repeat(BAR_WIDTH - filled);
  return `${bar} ${Math.round(progress.fraction * 100)} % ${progress.note ?? ''}`.trimEnd();
}

function secondsSince(start: string, time: Date): number {
  return Math.max(0, (time.getTime() - Date.parse(start)) / 1000);
}
