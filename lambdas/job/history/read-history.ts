import type { Clock } from '../clock.ts';
import { InvalidRequestError } from '../errors.ts';
import { durationsOf, type Durations } from './histogram.ts';
import { RESOLUTIONS, startOfStep } from './resolution.ts';

/**
 * The maximum number of points in a series. Only series with one-day steps can exceed this maximum, because shorter steps
 * are not kept long enough.
 */
export const MAX_POINTS = 1_500;

/** The maximum total number of points in all series. */
export const MAX_POINTS_OF_ALL = 5_000;

/** The counts for a period. */
export interface HistoryCounts {
  /** Jobs created, including callback jobs and jobs submitted by schedules or other jobs. */
  accepted: number;
  /** Ended jobs retried by a client. */
  resubmitted: number;
  succeeded: number;
  failed: number;
  canceled: number;
  /** Attempts that started. */
  started: number;
  /** Attempts that were followed by another attempt. */
  retried: number;
  /** Attempts whose handler threw. */
  attempts_failed: number;
  timed_out: number;
  /** Attempts whose worker stopped without recording a result. */
  lost: number;
  throttled: number;
}

/** The events in one step of the chart. A duration is null if nothing was measured in the step. */
export interface HistoryPoint extends HistoryCounts {
  /** When the step began. */
  time: string;
  /** The time from a job's due time to its start. */
  waiting_ms: Durations | null;
  /** The durations of attempts. */
  run_ms: Durations | null;
  /** The time from a job's submission to its end, excluding jobs that a client retried. */
  end_to_end_ms: Durations | null;
}

export interface HistorySeries {
  /** The job type or queue; null without grouping. */
  name: string | null;
  /** The series' points, omitting steps without events. */
  points: HistoryPoint[];
}

export interface History {
  from: string;
  to: string;
  /** The size of a step, in seconds. */
  step: number;
  group_by: HistoryGroup | null;
  series: HistorySeries[];
}

export type HistoryGroup = 'type' | 'queue';

export interface HistoryRequest {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** The size of a step, in seconds. */
  readonly step?: number | undefined;
  readonly group_by?: HistoryGroup | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
}

export interface HistoryQuery {
  readonly tenant: string;
  readonly from: Date;
  readonly to: Date;
  readonly step: number;
  readonly groupBy: HistoryGroup | null;
  readonly type: string | null;
  readonly queue: string | null;
}

/** A histogram of durations (see bucketsOf), with their sum and maximum. */
export interface DurationRow {
  readonly histogram: string;
  readonly sumMs: number;
  readonly maxMs: number;
}

/** One series' totals for one step. */
export interface HistoryRow {
  readonly time: Date;
  /** The job type or queue; empty without grouping. */
  readonly series: string;
  readonly counts: HistoryCounts;
  readonly waiting: DurationRow;
  readonly run: DurationRow;
  readonly endToEnd: DurationRow;
}

export interface HistoryStore {
  /**
   * Reads up to `limit` rows, ordered by time and series.
   * @throws StoreUnavailableError
   */
  read(query: HistoryQuery, limit: number): Promise<HistoryRow[]>;
}

export interface HistoryPorts {
  readonly store: HistoryStore;
  readonly clock: Pick<Clock, 'now'>;
}

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1_000;

/**
 * Reads the history of a tenant's jobs.
 *
 * @throws InvalidRequestError that names the query parameter to change, StoreUnavailableError
 */
export async function readHistory(
  tenant: string,
  request: HistoryRequest,
  { store, clock }: HistoryPorts,
): Promise<History> {
  const range = resolve(request, clock.now());
  const { group_by: groupBy = null, type = null, queue = null } = request;
  const rows = await store.read({ tenant, ...range, groupBy, type, queue }, MAX_POINTS_OF_ALL + 1);
  if (rows.length > MAX_POINTS_OF_ALL) {
    throw refusal(
      'group_by',
      `gives more than ${MAX_POINTS_OF_ALL} points: choose a larger step or a shorter range, or filter by type or queue`,
    );
  }
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    step: range.step,
    group_by: groupBy,
    series: seriesOf(rows, groupBy),
  };
}

/** Fills in the request's defaults, cuts the range off at the present, and extends the range to whole steps. */
function resolve(request: HistoryRequest, now: Date): Pick<HistoryQuery, 'from' | 'to' | 'step'> {
  const to = request.to === undefined || request.to > now ? now : request.to;
  const { from = new Date(to.getTime() - defaultRangeMs(request.step)) } = request;
  if (from >= to) throw refusal('from', 'must be in the past, and before `to`');
  const age = now.getTime() - from.getTime();
  const least = RESOLUTIONS.find(({ keptMs }) => age <= keptMs)?.stepSeconds ?? DAY_SECONDS;
  const { step = least } = request;
  if (step < least) {
    const finer = RESOLUTIONS.filter(({ stepSeconds }) => stepSeconds < least).at(-1);
    const kept = finer?.kept ?? '';
    throw refusal('step', `must be at least ${least} for this \`from\`: shorter steps are kept for ${kept}`);
  }
  const range = {
    step,
    from: startOfStep(from, step),
    to: startOfStep(new Date(to.getTime() + step * 1_000 - 1), step),
  };
  if ((range.to.getTime() - range.from.getTime()) / (step * 1_000) > MAX_POINTS)
    throw refusal('from', `gives more than ${MAX_POINTS} points: choose a shorter range`);
  return range;
}

/** Returns the default range: one day, or the retention period of one-minute rows if the step is one minute. */
function defaultRangeMs(step: number | undefined): number {
  const [minutes] = RESOLUTIONS;
  return step === minutes.stepSeconds ? Math.min(minutes.keptMs, DAY_MS) : DAY_MS;
}

function refusal(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError('query', [{ field, message }]);
}

function seriesOf(rows: readonly HistoryRow[], groupBy: HistoryGroup | null): HistorySeries[] {
  const series = new Map<string, HistorySeries>();
  if (groupBy === null) series.set('', { name: null, points: [] });
  for (const row of rows) {
    const own = series.get(row.series) ?? { name: row.series, points: [] };
    series.set(row.series, own);
    own.points.push(pointOf(row));
  }
  return [...series.values()].toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

function pointOf({ time, counts, waiting, run, endToEnd }: HistoryRow): HistoryPoint {
  const durations = ({ histogram, sumMs, maxMs }: DurationRow) => durationsOf(histogram, sumMs, maxMs);
  return {
    time: time.toISOString(),
    ...counts,
    waiting_ms: durations(waiting),
    run_ms: durations(run),
    end_to_end_ms: durations(endToEnd),
  };
}
