import { dataOf, type LogLine } from 'errand-client';
import { useEffect, useState } from 'preact/hooks';
import { errand } from '../app/session.ts';

/**
 * The interval between reads of new lines, in milliseconds. A running job's lines are stored every four seconds, or every two seconds if the job
 * reports progress.
 */
const FOLLOW_MS = 2_000;

export interface JobLogState {
  readonly lines: readonly LogLine[];
  /** Whether the log has been read to its end, or the last read has failed. */
  readonly isRead: boolean;
  readonly error: Error | undefined;
}

/** Reads a job's log lines. While the page is visible, follows the log until the job has ended. */
export function useJobLog(jobId: string, hasEnded: boolean): JobLogState {
  const [state, setState] = useState<JobLogState>({ lines: [], isRead: false, error: undefined });
  useEffect(() => {
    const stop = new AbortController();
    setState({ lines: [], isRead: false, error: undefined });
    void follow(jobId, stop.signal, (update) => {
      setState(update);
    });
    return () => {
      stop.abort();
    };
    // The log is read again from the start when the job has ended or runs again.
  }, [jobId, hasEnded]);
  return state;
}

async function follow(
  jobId: string,
  signal: AbortSignal,
  set: (update: (state: JobLogState) => JobLogState) => void,
): Promise<void> {
  let cursor: string | undefined;
  while (!signal.aborted) {
    try {
      const log = dataOf(
        await errand.http.GET('/v1/jobs/{job_id}/logs', {
          params: { path: { job_id: jobId }, query: cursor === undefined ? {} : { cursor } },
          signal,
        }),
      );
      cursor = log.cursor;
      set((state) => ({
        lines: log.items.length > 0 ? [...state.lines, ...log.items] : state.lines,
        isRead: !log.has_more,
        error: undefined,
      }));
      if (log.has_more) continue;
      if (log.status !== 'created' && log.status !== 'running') return;
    } catch (error) {
      // Aborted requests are also caught here, but their state is no longer shown.
      set((state) => ({ ...state, isRead: true, error: error as Error }));
    }
    await visiblePause(FOLLOW_MS, signal);
  }
}

/** Waits `ms` milliseconds, and then until the page is visible. */
async function visiblePause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  while (document.visibilityState === 'hidden' && !signal.aborted)
    await new Promise((resolve) => {
      document.addEventListener('visibilitychange', resolve, { once: true });
    });
}
