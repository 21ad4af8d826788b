/** How an event contributes to a metric. */
export interface Measure {
  readonly metric: MetricName;
  /** The event field that contains the number to add: a count, or a time in milliseconds. @default - counts the events */
  readonly field?: string;
  /** Measures only events with these field values. @default - all events */
  readonly when?: Readonly<Record<string, unknown>>;
}

/** The metrics that are times in milliseconds; all others are counts. */
export const TIMES = ['WaitingTime', 'RunTime', 'EndToEndTime'] as const;

/** Metrics for the whole deployment. These metrics have no queue or type dimension, and any function may emit them. */
export const OF_THE_SERVICE: readonly MetricName[] = ['DataApiErrors', 'JobsSwept'];

/**
 * All metrics, derived from the log events (docs/reference/events.md). A metric is derived from the same event as the log
 * line, so the metric and the log can't contradict each other. The metrics are explained in descriptions.ts, which no
 * function loads.
 */
export const measuredEvents = {
  job_accepted: [{ metric: 'JobsAccepted' }],
  schedule_fired: [{ metric: 'JobsAccepted', when: { verdict: 'fired' } }],
  job_deduplicated: [{ metric: 'JobsDeduplicated' }],
  attempt_started: [{ metric: 'AttemptsStarted' }, { metric: 'WaitingTime', field: 'waited_ms' }],
  attempt_ended: [{ metric: 'RunTime', field: 'run_ms' }],
  attempt_lost: [
    { metric: 'AttemptsLost' },
    { metric: 'JobsFailed', when: { status: 'failed' } },
    { metric: 'JobsCanceled', when: { status: 'canceled' } },
  ],
  outcome_recorded: [
    { metric: 'JobsSucceeded', when: { status: 'success' } },
    { metric: 'JobsFailed', when: { status: 'failed' } },
    { metric: 'JobsCanceled', when: { status: 'canceled' } },
    // Count only failed attempts. A suspended attempt also has the status `created`, but will be continued, not retried.
    { metric: 'AttemptsRetried', when: { status: 'created', outcome: 'failed' } },
    { metric: 'AttemptsRetried', when: { status: 'created', outcome: 'timeout' } },
    { metric: 'AttemptsRetried', when: { status: 'created', outcome: 'throttled' } },
    { metric: 'AttemptsFailed', when: { outcome: 'failed' } },
    { metric: 'AttemptsTimedOut', when: { outcome: 'timeout' } },
    { metric: 'AttemptsThrottled', when: { outcome: 'throttled' } },
    { metric: 'EndToEndTime', field: 'lifetime_ms' },
  ],
  cancellation_recorded: [{ metric: 'JobsCanceled', when: { status: 'canceled', is_new: true } }],
  queue_missing: [{ metric: 'JobsFailed' }],
  dead_letter_settled: [
    { metric: 'DeadLettersRevived', when: { verdict: 'send_again' } },
    { metric: 'JobsFailed', when: { verdict: 'lost' } },
    { metric: 'AttemptsLost', when: { verdict: 'lost' } },
  ],
  jobs_resent: [{ metric: 'JobsSwept', field: 'sent' }],
  statement_failed: [{ metric: 'DataApiErrors' }],
  batch_not_settled: [{ metric: 'SettlesFailed', when: { is_resuming: false } }],
} as const satisfies Readonly<Record<string, readonly Measure[]>>;

export type MetricName =
  | 'JobsAccepted'
  | 'JobsDeduplicated'
  | 'JobsSucceeded'
  | 'JobsFailed'
  | 'JobsCanceled'
  | 'JobsSwept'
  | 'AttemptsStarted'
  | 'AttemptsFailed'
  | 'AttemptsTimedOut'
  | 'AttemptsLost'
  | 'AttemptsThrottled'
  | 'AttemptsRetried'
  | 'DeadLettersRevived'
  | 'DataApiErrors'
  | 'SettlesFailed'
  | (typeof TIMES)[number];
