import type { Progress } from './job.ts';
import type { AttemptStore, Beat, ClaimedJob } from './attempt-store.ts';
import { createLogBuffer, type LogBuffer } from './log-buffer.ts';
import type { ServiceLog } from './log.ts';
import { storableText } from './storable.ts';

/** Why a running attempt must stop. */
export type StopReason = 'timeout' | 'canceled' | 'superseded';

/** The minimum time between two writes of progress, in milliseconds. */
const BEAT_MS = 2_000;

/**
 * The interval between writes, in beats. Each write also checks whether jobs must stop. New progress triggers an earlier
 * write. With an interval of two beats, a running job notices a cancellation within five seconds, and a job that ends
 * before the first write needs no extra call.
 */
const BEATS_PER_QUESTION = 2;

/** The maximum length of a progress note, in characters; longer notes are truncated. */
const MAX_NOTE = 200;

/** Connects one running attempt to the store. */
export interface Pulse {
  /** An abort signal that fires when the job must stop. Its reason is a {@link StopReason}. */
  readonly stop: AbortSignal;
  /** @throws RangeError for a fraction outside 0 to 1 */
  readonly progress: (fraction: number, note?: string) => void;
  /** The handler's last report. */
  latest(): Progress | null;
  /** The handler's log lines. */
  readonly logs: LogBuffer;
}

export interface Heartbeat {
  pulseOf(jobId: string): Pulse;
  end(): void;
}

/**
 * Starts the heartbeat of all jobs that run in this invocation. On every second beat, and on any beat with new progress,
 * one statement writes the jobs' progress and new log lines, and returns the jobs that must stop. New log lines alone
 * don't trigger a write.
 */
export function startHeartbeat(
  jobs: readonly ClaimedJob[],
  { store, log }: { store: Pick<AttemptStore, 'beat'>; log: ServiceLog },
): Heartbeat {
  const pulses = new Map(jobs.map((job) => [job.jobId, createPulse(job)]));
  let isBeating = false;
  let beats = 0;

  const beat = async (): Promise<void> => {
    const running = [...pulses.values()].filter(({ stop }) => !stop.aborted);
    beats += 1;
    const isDue = beats % BEATS_PER_QUESTION === 0 || running.some((pulse) => pulse.hasNews());
    if (isBeating || !isDue || running.length === 0) return;
    isBeating = true;
    try {
      const stops = await store.beat(running.map((pulse) => pulse.takeBeat()));
      for (const pulse of running) pulse.logs.written();
      for (const { jobId, reason } of stops) pulses.get(jobId)?.abort(reason);
    } catch (error) {
      // The attempts continue, because their leases are still valid and the next beat follows soon.
      log.warn('heartbeat_failed', 'A heartbeat failed.', { error });
      for (const pulse of running) pulse.keepNews();
    } finally {
      isBeating = false;
    }
  };
  const timer = setInterval(() => void beat(), BEAT_MS);

  return {
    pulseOf(jobId) {
      const pulse = pulses.get(jobId);
      if (!pulse) throw new Error(`Job ${jobId} has no heartbeat.`);
      return pulse;
    },
    end() {
      clearInterval(timer);
    },
  };
}

interface BeatingPulse extends Pulse {
  abort(reason: StopReason): void;
  /** Whether progress has been reported since the last write. */
  hasNews(): boolean;
  takeBeat(): Beat;
  /** Called if a beat could not be written. The next beat then includes the latest progress again. */
  keepNews(): void;
}

function createPulse({ jobId, attempt, fence, firstLogPart }: ClaimedJob): BeatingPulse {
  const controller = new AbortController();
  const logs = createLogBuffer(firstLogPart);
  let latest: Progress | null = null;
  let isNews = false;
  return {
    stop: controller.signal,
    progress(fraction, note) {
      if (!(fraction >= 0 && fraction <= 1)) {
        throw new RangeError(`progress takes a fraction from 0 to 1, not ${String(fraction)}.`);
      }
      latest = { fraction, note: note === undefined ? null : storableText(note, MAX_NOTE) };
      isNews = true;
    },
    latest: () => latest,
    logs,
    abort(reason) {
      controller.abort(reason);
    },
    hasNews: () => isNews,
    takeBeat() {
      const progress = isNews ? latest : null;
      isNews = false;
      const parts = logs.take();
      return { jobId, attempt, fence, progress, ...(parts && { logs: parts }) };
    },
    keepNews() {
      isNews = latest !== null;
    },
  };
}
