import type { StopReason } from './attempt.ts';
import type { AttemptStore, ClaimedJob, Log } from './ports.ts';

/**
 * How often a running attempt asks whether it must stop, in milliseconds. A cancellation is noticed within five seconds;
 * a job that is done before the first look costs no call.
 */
const WATCH_INTERVAL_MS = 4_000;

export interface StopWatch {
  /** Fires when the job must stop; its reason is a {@link StopReason}. */
  stopOf(jobId: string): AbortSignal;
  end(): void;
}

/** Looks after the jobs that run side by side, one statement for all of them, until `end`. */
export function watchForStops(
  jobs: readonly ClaimedJob[],
  { store, log }: { store: Pick<AttemptStore, 'mustStop'>; log: Log },
): StopWatch {
  const controllers = new Map(jobs.map((job) => [job.jobId, new AbortController()]));
  let isLooking = false;

  const look = async (): Promise<void> => {
    isLooking = true;
    try {
      const running = jobs.filter((job) => !controllers.get(job.jobId)?.signal.aborted);
      for (const { jobId, reason } of await store.mustStop(running)) {
        controllers.get(jobId)?.abort(reason satisfies StopReason);
      }
    } catch (error) {
      // The attempt goes on: its lease covers it, and the next look comes soon.
      log.warn('Could not ask whether running jobs must stop.', { error });
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => {
    if (!isLooking) void look();
  }, WATCH_INTERVAL_MS);

  return {
    stopOf(jobId) {
      const controller = controllers.get(jobId);
      if (!controller) throw new Error(`Job ${jobId} is not watched.`);
      return controller.signal;
    },
    end() {
      clearInterval(timer);
    },
  };
}
