/**
 * The chart steps that a client can choose, in seconds. Each step is a multiple of a stored step size (see RESOLUTIONS).
 */
export const HISTORY_STEPS: readonly number[] = [60, 300, 900, 3_600, 86_400];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A stored step size, its rows' retention period, and the larger step into which the rows are then merged. */
export interface Resolution {
  readonly stepSeconds: number;
  /** The rows' retention period, in milliseconds. */
  readonly keptMs: number;
  /** The length of the step into which old rows are merged; null if old rows are deleted instead. */
  readonly nextSeconds: number | null;
  /** The retention period as quoted in error messages: `keptMs` without the tolerance for late requests. */
  readonly kept: string;
}

/**
 * The history's resolutions, finest first.
 *
 * A one-day chart reads a few one-minute rows and many five-minute rows. Each type and queue has its own row per step, so
 * even with a dozen busy types, reading a chart takes only milliseconds (docs/decisions/0070-history.md). A type whose
 * jobs run every minute has about 200 + 600 + 900 + 400 rows in the four resolutions. Rows are kept slightly longer than
 * documented, so that a request for exactly the last two days succeeds even if the request arrives late.
 */
export const RESOLUTIONS: readonly [Resolution, ...Resolution[]] = [
  { stepSeconds: 60, keptMs: 3 * HOUR_MS + 10 * MINUTE_MS, nextSeconds: 300, kept: '3 hours' },
  { stepSeconds: 300, keptMs: 2 * DAY_MS + HOUR_MS, nextSeconds: 3_600, kept: '2 days' },
  { stepSeconds: 3_600, keptMs: 35 * DAY_MS + DAY_MS, nextSeconds: 86_400, kept: '35 days' },
  { stepSeconds: 86_400, keptMs: 400 * DAY_MS + DAY_MS, nextSeconds: null, kept: '400 days' },
];

/** Returns the start of the step that contains a time. Steps begin at midnight UTC. */
export function startOfStep(moment: Date, stepSeconds: number): Date {
  const stepMs = stepSeconds * 1_000;
  return new Date(Math.floor(moment.getTime() / stepMs) * stepMs);
}
