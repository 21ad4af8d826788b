/** The steps of a chart that a client may choose, in seconds. Each is a multiple of a step below that is kept. */
export const HISTORY_STEPS: readonly number[] = [60, 300, 900, 3_600, 86_400];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Rows of one step, how long they are kept, and what becomes of them then. */
export interface Resolution {
  readonly stepSeconds: number;
  /** In milliseconds. */
  readonly keptMs: number;
  /** The step that they are merged into; null if they are deleted. */
  readonly nextSeconds: number | null;
  /** `keptMs` in words, without the time that a request may be late. */
  readonly kept: string;
}

/**
 * The resolutions of the history, finest first. A chart of a day reads few minutes and many five minutes, of which there is one row per type
 * and queue, so it takes milliseconds with a dozen busy types (docs/decisions/0070-history.md). A type that runs in every minute has about 200 +
 * 600 + 900 + 400 rows. Each resolution is kept a little longer than promised, so that a chart of exactly two days is not refused for arriving late.
 */
export const RESOLUTIONS: readonly [Resolution, ...Resolution[]] = [
  { stepSeconds: 60, keptMs: 3 * HOUR_MS + 10 * MINUTE_MS, nextSeconds: 300, kept: '3 hours' },
  { stepSeconds: 300, keptMs: 2 * DAY_MS + HOUR_MS, nextSeconds: 3_600, kept: '2 days' },
  { stepSeconds: 3_600, keptMs: 35 * DAY_MS + DAY_MS, nextSeconds: 86_400, kept: '35 days' },
  { stepSeconds: 86_400, keptMs: 400 * DAY_MS + DAY_MS, nextSeconds: null, kept: '400 days' },
];

/** The start of the step that a moment is in; steps begin at midnight UTC. */
export function startOfStep(moment: Date, stepSeconds: number): Date {
  const stepMs = stepSeconds * 1_000;
  return new Date(Math.floor(moment.getTime() / stepMs) * stepMs);
}
