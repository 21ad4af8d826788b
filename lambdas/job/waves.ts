import { jobsOf, type Delivery } from './settle.ts';

// Runs the jobs of one execution in waves. A message can name as many jobs as one execution runs in parallel, and an
// execution can receive ten messages, so the jobs may have to run in several waves, one after another. Messages whose jobs
// can't be started soon are returned to the queue: docs/decisions/0097-messages-that-name-several-jobs.md.

/**
 * The latest start of a wave, in milliseconds after the start of the first wave. Jobs in a later wave have less time left,
 * because all waves share the function's time.
 */
export const LATEST_WAVE_MS = 1_000;

/**
 * The latest start of a wave, as a fraction of the function's remaining time. If {@link LATEST_WAVE_MS} is lower, it applies
 * instead.
 */
const LATEST_WAVE_SHARE = 1 / 50;

export interface WavePorts<Unfinished> {
  /** The number of jobs that run in parallel. */
  readonly batchSize: number;
  /** The function's remaining time in milliseconds. */
  readonly remainingMs: () => number;
  /**
   * Runs a wave's jobs, and settles their deliveries. Does not throw.
   *
   * @param wave the number of the wave, from 1
   * @param giveBackWaiting returns unstarted jobs' messages to the queue
   * @returns the deliveries that stay on the queue
   */
  readonly run: (
    deliveries: readonly Delivery[],
    wave: number,
    giveBackWaiting: () => Promise<void>,
  ) => Promise<readonly Unfinished[]>;
  /** Returns messages to the queue. Does not throw. @returns the deliveries that stay on the queue */
  readonly giveBack: (deliveries: readonly Delivery[]) => Promise<readonly Unfinished[]>;
  /** @default - real time */
  readonly startTimer?: StartTimer;
}

/** Calls `onEnd` once after `ms` milliseconds, unless the timer is stopped first. */
export type StartTimer = (
  ms: number,
  onEnd: () => void,
) => {
  /**
   * Whether the time has elapsed. This must be checked because a handler that blocks the event loop delays the call to
   * `onEnd`.
   */
  isOver(): boolean;
  stop(): void;
};

const startRealTimer: StartTimer = (ms, onEnd) => {
  const endsAt = performance.now() + ms;
  const timer = setTimeout(onEnd, ms);
  return {
    isOver: () => performance.now() >= endsAt,
    stop() {
      clearTimeout(timer);
    },
  };
};

/**
 * Runs the jobs in a batch of deliveries. All jobs named in a message run in the same wave.
 *
 * @returns the deliveries that stay on the queue, because a wave left them there or because they were returned
 */
export async function runInWaves<Unfinished>(
  deliveries: readonly Delivery[],
  { batchSize, remainingMs, run, giveBack, startTimer = startRealTimer }: WavePorts<Unfinished>,
): Promise<Unfinished[]> {
  let waiting: readonly Delivery[] = deliveries;
  let returning: Promise<readonly Unfinished[]> = Promise.resolve([]);
  const giveBackWaiting = async (): Promise<void> => {
    if (waiting.length > 0) {
      returning = giveBack(waiting);
      waiting = [];
    }
    await returning;
  };
  const timer = startTimer(
    Math.min(LATEST_WAVE_MS, remainingMs() * LATEST_WAVE_SHARE),
    () => void giveBackWaiting(),
  );
  const unfinished: Unfinished[] = [];
  try {
    for (let wave = 1; waiting.length > 0; wave += 1) {
      const fitting = thatFit(waiting, batchSize);
      waiting = waiting.filter((delivery) => !fitting.includes(delivery));
      unfinished.push(...(await run(fitting, wave, giveBackWaiting)));
      if (timer.isOver()) void giveBackWaiting();
    }
  } finally {
    timer.stop();
  }
  return [...unfinished, ...(await returning)];
}

/**
 * Selects the deliveries of the next wave, at least one. Messages with the highest receive count come first. Otherwise, a
 * message could be returned so many times that it ends up in the dead-letter queue.
 */
function thatFit(deliveries: readonly Delivery[], batchSize: number): Delivery[] {
  const jobs = new Set<string>();
  return deliveries
    .toSorted((one, other) => (other.receives ?? 1) - (one.receives ?? 1))
    .filter((delivery) => {
      const all = new Set([...jobs, ...jobsOf(delivery)]);
      if (jobs.size > 0 && all.size > batchSize) return false;
      for (const jobId of all) jobs.add(jobId);
      return true;
    });
}
