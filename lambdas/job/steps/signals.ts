import type { Activity } from '../activity.ts';
import type { NewAuditEntry } from '../audit.ts';
import type { Clock } from '../clock.ts';
import { JobNotFoundError, StateConflictError, TooManySignalsError } from '../errors.ts';
import type { Json } from '../job.ts';
import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import type { JobStatus } from '../status.ts';

/** The maximum number of signals that a job can receive. */
export const MAX_SIGNALS = 1_000;

export interface NewSignal {
  readonly name: string;
  /** Identifies the signal: signals to the same job with the same name and key count as one signal. */
  readonly key: string;
  readonly payload: Json;
}

/** The outcome of {@link SignalStore.signal}. */
export type Signaled =
  | {
      readonly verdict: 'accepted';
      /** Whether an earlier request had already sent the signal. */
      readonly deduplicated: boolean;
      /** The job, if it was waiting for the signal. A message must then wake a worker. */
      readonly woken?: JobOfTenant | undefined;
    }
  | { readonly verdict: 'ended'; readonly status: JobStatus }
  | { readonly verdict: 'full' };

export interface SignalStore {
  /**
   * Stores a signal, and wakes the job if it is waiting for a signal with this name. Idempotent: the audit entry's id
   * identifies a repeated request. Returns undefined if the tenant has no such job.
   */
  signal(
    tenant: string,
    jobId: string,
    signal: NewSignal,
    entry: NewAuditEntry,
  ): Promise<Signaled | undefined>;
}

export interface SendSignalPorts {
  readonly store: SignalStore;
  readonly queue: JobQueue;
  readonly activity: Activity;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** A signal to a job, and whether an earlier request had already sent the signal. */
export interface SentSignal {
  readonly jobId: string;
  readonly name: string;
  readonly key: string;
  readonly deduplicated: boolean;
}

/**
 * Sends a signal to a job. A job that is waiting for the signal continues; any other job keeps the signal until a step waits
 * for it.
 *
 * @param signal without a key, each request sends a separate signal
 * @throws JobNotFoundError
 * @throws StateConflictError if the job has ended
 * @throws TooManySignalsError if the job already has {@link MAX_SIGNALS} signals
 */
export async function sendSignal(
  tenant: string,
  jobId: string,
  name: string,
  signal: { readonly payload: Json; readonly key?: string | undefined },
  entry: NewAuditEntry,
  { store, queue, activity, clock, log }: SendSignalPorts,
): Promise<SentSignal> {
  const { payload, key = clock.newId() } = signal;
  // Mark activity first. The signal may make a job due, and an idle sweeper would not find that job until the next known due
  // time, which may be far in the future.
  await activity.mark();
  const answer = await store.signal(tenant, jobId, { name, key, payload }, entry);
  if (!answer) throw new JobNotFoundError(jobId);
  if (answer.verdict === 'full') throw new TooManySignalsError(jobId, MAX_SIGNALS);
  if (answer.verdict === 'ended') {
    const { status } = answer;
    throw new StateConflictError(
      jobId,
      status,
      `Job ${jobId} has already ended (${status}), so it can't receive a signal.`,
    );
  }
  const { deduplicated, woken } = answer;
  log.debug('signal_accepted', 'A signal was accepted.', {
    job_id: jobId,
    tenant,
    signal: name,
    deduplicated,
    woken: woken !== undefined,
  });
  // If the message can't be sent now, the sweeper sends it later.
  if (woken) await queue.send([{ ...woken, delaySeconds: 0 }]);
  return { jobId, name, key, deduplicated };
}
