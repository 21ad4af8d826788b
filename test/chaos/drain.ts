import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { messagesIn, sql } from '../helpers/embedded.ts';

/**
 * How long a run without progress may last before it is stopped, in milliseconds: several times as long as any lease, back-off or delay.
 */
const PATIENCE_MS = 60_000;

/**
 * Waits until every job has ended and no message is left, or until progress stops.
 *
 * @param onLook called at each check with the number of ended jobs and the total number; the next check waits for the returned promise
 */
export async function drain(
  cloud: Cloud,
  signal: AbortSignal,
  onLook: (ended: number, all: number) => Promise<void>,
): Promise<void> {
  const progress = createProgress(PATIENCE_MS);
  while (!progress.isStuck()) {
    signal.throwIfAborted();
    const [[open = '0', all = '0'] = []] = await sql(
      cloud,
      'SELECT count(*) FILTER (WHERE end_time IS NULL), count(*) FROM jobs',
    );
    const left = Number(open) + (await messagesLeft(cloud));
    if (left === 0) return;
    const ended = Number(all) - Number(open);
    progress.note({ ended, left });
    await onLook(ended, Number(all));
    await wait(250, undefined, { signal });
  }
}

/** Detects when a run stops making progress. */
export interface Progress {
  /** Records the number of ended jobs, and the number of open jobs and messages that are left. */
  note(seen: { readonly ended: number; readonly left: number }): void;
  /** Whether the run has made no progress for too long: no job has ended, and `left` has not reached a new minimum. */
  isStuck(): boolean;
}

/** @param patienceMs how long a run may go without progress, in milliseconds */
export function createProgress(patienceMs: number, now: () => number = () => performance.now()): Progress {
  let least = Infinity;
  let mostEnded = 0;
  let movedAt = now();
  return {
    note({ ended, left }) {
      // If workers fall behind, the sweeper may send messages faster than jobs end, so `left` may grow for minutes.
      if (left < least || ended > mostEnded) movedAt = now();
      least = Math.min(least, left);
      mostEnded = Math.max(mostEnded, ended);
    },
    isStuck: () => now() - movedAt >= patienceMs,
  };
}

async function messagesLeft(cloud: Cloud): Promise<number> {
  const ofJobs = Object.values(JSON.parse(cloud.output('QueueUrls')) as Record<string, string>);
  const urls = [...ofJobs, cloud.output('FiringsQueueUrl'), cloud.output('DeadLetterQueueUrl')];
  const counts = await Promise.all(urls.map((url) => messagesIn(cloud, url)));
  return counts.reduce((sum, count) => sum + count, 0);
}
