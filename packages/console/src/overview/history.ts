import type { Schema } from 'errand-client';

export type Point = Schema<'HistoryPoint'>;
type Series = Schema<'HistorySeries'>;

export const RANGES = {
  '3h': { ms: 3 * 3_600_000, step: 300, name: '3 hours' },
  '24h': { ms: 24 * 3_600_000, step: 900, name: '24 hours' },
  '7d': { ms: 7 * 86_400_000, step: 3600, name: '7 days' },
  '30d': { ms: 30 * 86_400_000, step: 86_400, name: '30 days' },
} as const;
export type Range = keyof typeof RANGES;

export interface Totals {
  readonly accepted: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly started: number;
  /** The number of attempts that failed, timed out, or were lost. */
  readonly attemptsFailed: number;
}

export function totalsOf(points: readonly Point[]): Totals {
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point), 0);
  return {
    accepted: sum((point) => point.accepted + point.resubmitted),
    succeeded: sum((point) => point.succeeded),
    failed: sum((point) => point.failed),
    canceled: sum((point) => point.canceled),
    started: sum((point) => point.started),
    attemptsFailed: sum(failedAttempts),
  };
}

export function failedAttempts(point: Point): number {
  return point.attempts_failed + point.timed_out + point.lost;
}

/** Returns the largest of the points' 95th percentiles, which is an upper bound for the overall percentile. */
export function p95Of(points: readonly Point[], of: 'waiting_ms' | 'run_ms'): number | undefined {
  const values = points.flatMap((point) => point[of]?.p95 ?? []);
  return values.length === 0 ? undefined : Math.max(...values);
}

export interface FailingType {
  readonly type: string;
  /** When the current series of failures began. */
  readonly since: string;
  readonly failed: number;
  readonly attempts: number;
}

/** The minimum share of failed attempts at which a job type needs attention. Occasional failures need no attention, because retries fix them. */
const SHARE = 0.1;

/** Returns the job types whose attempts are currently failing, most failures first. */
export function failingTypes(series: readonly Series[]): FailingType[] {
  return series
    .flatMap(({ name, points }) => {
      const inOrder = points.toSorted((a, b) => a.time.localeCompare(b.time));
      const good = inOrder.findLastIndex(
        (point) => failedAttempts(point) < SHARE * Math.max(1, point.started),
      );
      const failing = inOrder.slice(good + 1);
      const [first] = failing;
      if (name === null || !first) return [];
      const { attemptsFailed, started } = totalsOf(failing);
      const attempts = Math.max(attemptsFailed, started);
      return [{ type: name, since: first.time, failed: attemptsFailed, attempts }];
    })
    .sort((a, b) => b.failed - a.failed);
}

/** Returns one entry per period of the range. An empty period has no point. */
export function filled(
  points: readonly Point[],
  range: { readonly from: string; readonly to: string; readonly step: number },
): readonly { readonly time: number; readonly point: Point | undefined }[] {
  const byTime = new Map(points.map((point) => [Date.parse(point.time), point]));
  const steps = [];
  for (let time = Date.parse(range.from); time < Date.parse(range.to); time += range.step * 1000)
    steps.push({ time, point: byTime.get(time) });
  return steps;
}
