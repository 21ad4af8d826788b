/** The outcome of one attempt to process an asynchronous event. */
export type AttemptOutcome = 'succeeded' | 'failed' | 'throttled';

/** The delays before the first and second retries after a function error, in milliseconds (Lambda, "Error handling"). */
const RETRY_DELAYS_MS = [60_000, 120_000];
/** Throttled events are retried after 1 s, then at increasing intervals of up to 5 minutes, for up to 6 hours. */
const THROTTLE_DELAY_MS = 1_000;
const MAX_THROTTLE_DELAY_MS = 300_000;
const MAX_EVENT_AGE_MS = 6 * 3_600_000;

/** How Lambda handles failed events, as configured in AWS::Lambda::EventInvokeConfig. */
export interface EventInvokeConfiguration {
  /** @default 2 */
  readonly maximumRetryAttempts?: number;
  /** @default six hours */
  readonly maximumEventAgeSeconds?: number;
}

/**
 * Lambda's queue for asynchronous events. The queue is kept in memory, so events waiting for a retry are lost with the process.
 */
export class AsynchronousInvocations {
  readonly #retryDelaysMs: readonly number[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #ended = false;

  /** @param retryDelaysMs the delay before each retry after a function error, in milliseconds */
  constructor(retryDelaysMs: readonly number[] = RETRY_DELAYS_MS) {
    this.#retryDelaysMs = retryDelaysMs;
  }

  /** Processes an event, with retries, until an attempt succeeds. Calls `onDropped` if the event gets no further retry. */
  start(
    attempt: () => Promise<AttemptOutcome>,
    onDropped: (reason: string) => void,
    { maximumRetryAttempts = Infinity, maximumEventAgeSeconds }: EventInvokeConfiguration = {},
  ): void {
    const maximumAgeMs =
      maximumEventAgeSeconds === undefined ? MAX_EVENT_AGE_MS : maximumEventAgeSeconds * 1000;
    const acceptedAt = performance.now();
    let failures = 0;
    let throttles = 0;
    const run = async (): Promise<void> => {
      const outcome = await attempt();
      if (outcome === 'failed') {
        const delay = failures < maximumRetryAttempts ? this.#retryDelaysMs[failures] : undefined;
        failures += 1;
        if (delay === undefined) onDropped(`it failed ${failures === 1 ? 'once' : `${failures} times`}`);
        else if (performance.now() + delay - acceptedAt > maximumAgeMs)
          onDropped('it was too old for another retry');
        else this.#later(run, delay);
      } else if (outcome === 'throttled') {
        const delay = Math.min(THROTTLE_DELAY_MS * 2 ** throttles, MAX_THROTTLE_DELAY_MS);
        throttles += 1;
        if (performance.now() + delay - acceptedAt > maximumAgeMs) onDropped('it was throttled for too long');
        else this.#later(run, delay);
      }
    };
    void run();
  }

  /** Drops events that are waiting for a retry, and stops retrying. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #later(run: () => Promise<void>, delay: number): void {
    if (this.#ended) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void run();
    }, delay);
    this.#timers.add(timer);
  }
}
