/** A job's five states. docs/job-lifecycle.md has a diagram of the life cycle. */
export const JOB_STATUSES = ['created', 'running', 'success', 'failed', 'canceled'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** The events that can move a job from one state to another. */
export const JOB_EVENTS = [
  'claim',
  'reclaim',
  'succeed',
  'fail',
  'retry_later',
  'suspend',
  'expire',
  'hold',
  'lose',
  'lose_queue',
  'cancel',
  'notice_cancel',
  'resubmit',
] as const;

export type JobEvent = (typeof JOB_EVENTS)[number];

/**
 * The transition table: event → state before → state after. An event has no effect in states that are not listed for it.
 *
 * - `claim`: a worker takes a due job.
 * - `reclaim`: a worker takes over a job with an expired lease, as the next attempt.
 * - `succeed`, `fail`: the attempt that holds the lease records its outcome.
 * - `retry_later`: the attempt failed, but the job has attempts left and waits for its back-off.
 * - `suspend`: the attempt waits for its steps, and the next claim continues the attempt.
 * - `expire`: a suspended job exceeded its maximum duration.
 * - `hold`: a worker would claim the job, but a pause, a concurrency key or a rate limit keeps it from starting.
 * - `lose`: the lease expired and no attempts are left.
 * - `lose_queue`: the job's queue was removed from the deployment while the job was waiting or its lease had expired.
 * - `cancel`: a client cancels a waiting job.
 * - `notice_cancel`: a client's cancellation of a running job takes effect. The attempt stops, or a statement finds its
 *   expired lease.
 * - `resubmit`: a client requests another run; only this event leaves a terminal state.
 */
export const TRANSITIONS: Readonly<Record<JobEvent, Partial<Record<JobStatus, JobStatus>>>> = {
  claim: { created: 'running' },
  reclaim: { running: 'running' },
  succeed: { running: 'success' },
  fail: { running: 'failed' },
  retry_later: { running: 'created' },
  suspend: { running: 'created' },
  expire: { created: 'failed' },
  hold: { created: 'created', running: 'created' },
  lose: { running: 'failed' },
  lose_queue: { created: 'failed', running: 'failed' },
  cancel: { created: 'canceled' },
  notice_cancel: { running: 'canceled' },
  resubmit: { failed: 'created', canceled: 'created' },
};

/** Whether the state is terminal. A job leaves a terminal state only if a client resubmits the job. */
export function isTerminal(status: JobStatus): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}

/** Returns the states in which an event is allowed. */
export function statesThatAllow(event: JobEvent): JobStatus[] {
  return JOB_STATUSES.filter((status) => TRANSITIONS[event][status] !== undefined);
}
