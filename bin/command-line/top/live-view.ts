import { setTimeout as pause } from 'node:timers/promises';
import { ErrandError, type Errand } from 'errand-client';
import { frame, type View } from './frame.ts';
import type { Screen } from './screen.ts';
import { readSnapshot } from './snapshot.ts';

export interface LiveViewOptions {
  readonly errand: Errand;
  readonly url: string;
  readonly screen: Screen;
  /** Time between two reads, in milliseconds. */
  readonly interval: number;
  readonly hasColor: boolean;
}

/** Time limit for a read, in milliseconds. While a paused database resumes, the API may hold a request for 25 seconds. */
const READ_TIMEOUT = 30_000;

/** The maximum pause after failed reads, in milliseconds. */
const MAX_PAUSE = 30_000;

/**
 * Redraws the screen until the user quits. While reads from the API fail, the screen keeps the last data, and a line shows the error and
 * the time of the next attempt.
 *
 * @throws ErrandError if the API rejects the first request, for example because of a missing key
 */
export async function runLiveView({
  errand,
  url,
  screen,
  interval,
  hasColor,
}: LiveViewOptions): Promise<void> {
  let view: View = { url, snapshot: undefined, problem: undefined };
  let failures = 0;
  const draw = (): void => {
    screen.draw(frame(view, { ...screen.size(), hasColor, isLive: true }));
  };
  screen.onResize(draw);
  draw();
  const hasQuit = (): boolean => screen.quit.aborted;
  while (!hasQuit()) {
    let wait = interval;
    try {
      const signal = AbortSignal.any([screen.quit, AbortSignal.timeout(READ_TIMEOUT)]);
      view = { url, snapshot: await readSnapshot(errand, new Date(), signal), problem: undefined };
      failures = 0;
    } catch (error) {
      if (hasQuit()) return;
      if (view.snapshot === undefined && isRefusal(error)) throw error;
      wait = backOff(interval, failures, error);
      failures += 1;
      const now = Date.now();
      const since = view.problem?.since ?? view.snapshot?.time ?? new Date(now);
      view = { ...view, problem: { message: messageOf(error), since, nextTry: new Date(now + wait) } };
    }
    draw();
    await pause(wait, undefined, { signal: screen.quit }).catch(() => undefined);
  }
}

/** Whether a retry would fail too: true for every 4xx response except 429. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ErrandError) || error.status === undefined) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 429;
}

/**
 * Milliseconds until the next attempt. The delay doubles after each failure. If the API's `Retry-After` is longer than this delay,
 * `Retry-After` applies.
 */
export function backOff(interval: number, failures: number, error: unknown): number {
  const asked = error instanceof ErrandError ? (error.retryAfter ?? 0) * 1_000 : 0;
  return Math.min(MAX_PAUSE, Math.max(asked, interval * 2 ** failures));
}

/**
 * Returns why a read failed. If there was no response, returns the innermost cause's message, because the error's own message begins with a
 * long URL.
 */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${READ_TIMEOUT / 1_000} s`;
  return error.cause instanceof Error && error.cause.message !== '' ? messageOf(error.cause) : error.message;
}
