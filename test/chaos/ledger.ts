import type { PlannedJob, Tenant } from './schedule.ts';

/** Returns a key for a tenant's batch. The batch id alone is not unique, because both tenants use the same ids. */
export function batchKey(tenant: string, batchId: string): string {
  return `${tenant}/${batchId}`;
}

/** The clients' requests about one job, and the responses. */
export interface Dealings {
  readonly planned: PlannedJob;
  /** The number of responses that reported a new job. */
  newAnswers: number;
  /** Every end time that a response reported for the job's dedup window. */
  readonly windowEnds: Set<string>;
  /** The number of cancellation requests sent, with or without a response. */
  cancelRequests: number;
  retryRequests: number;
}

/** The number of bulk changes that were requested for a batch, with or without a response. */
export interface BulkRequests {
  cancel: number;
  retry: number;
}

/**
 * The promises that the API's responses made to the clients. At the end, the promises are compared with the database.
 */
export class Ledger {
  /** Every job named in a response, keyed by job_id. */
  readonly jobs = new Map<string, Dealings>();
  /** Jobs for which no submission got a response. These jobs are submitted again after the faults have stopped. */
  readonly unanswered = new Set<PlannedJob>();
  /** The keys of the submitted batches. */
  readonly batches = new Set<string>();
  /** Batches whose closing request never got a response, by batch key. The request is sent again after the faults have stopped. */
  readonly unclosed = new Map<string, { readonly tenant: Tenant; readonly id: string }>();
  readonly #bulk = new Map<string, BulkRequests>();
  /** The accepted signals' keys, grouped by job. */
  readonly signals = new Map<string, Set<string>>();
  readonly #acknowledged = new Set<PlannedJob>();
  readonly counts = {
    requests: 0,
    submissions: 0,
    acknowledged: 0,
    duplicates: 0,
    rejections: 0,
    cancels: 0,
    signals: 0,
    retries: 0,
    bulkChanges: 0,
    serverErrors: 0,
    throttled: 0,
    brokenConnections: 0,
  };
  /** Invalid responses, such as a status that the operation does not define. */
  readonly strange: string[] = [];

  /** Records a submission's response: the job that it named, and the end of the job's dedup window, if any. */
  acknowledge(
    planned: PlannedJob,
    jobId: string,
    how: 'new' | 'duplicate' | 'rejected',
    windowEndsAt: string | null = null,
  ): void {
    const dealings = this.jobs.get(jobId) ?? {
      planned,
      newAnswers: 0,
      windowEnds: new Set(),
      cancelRequests: 0,
      retryRequests: 0,
    };
    if (nameOf(dealings.planned) !== nameOf(planned))
      this.strange.push(
        `Job ${jobId} was named for ${nameOf(planned)}, but earlier for ${nameOf(dealings.planned)}.`,
      );
    this.jobs.set(jobId, dealings);
    if (windowEndsAt !== null) dealings.windowEnds.add(windowEndsAt);
    this.unanswered.delete(planned);
    this.#acknowledged.add(planned);
    this.counts.acknowledged += 1;
    if (how === 'new') dealings.newAnswers += 1;
    else if (how === 'duplicate') this.counts.duplicates += 1;
    else this.counts.rejections += 1;
  }

  isAcknowledged(planned: PlannedJob): boolean {
    return this.#acknowledged.has(planned);
  }

  of(jobId: string): Dealings {
    const dealings = this.jobs.get(jobId);
    if (!dealings) throw new Error(`No response has named job ${jobId}.`);
    return dealings;
  }

  /** Returns the bulk changes requested for a batch. A bulk change affects each of the batch's jobs at most once. */
  bulkOf(key: string): BulkRequests {
    const requested = this.#bulk.get(key) ?? { cancel: 0, retry: 0 };
    this.#bulk.set(key, requested);
    return requested;
  }
}

function nameOf({ tenant, objectId }: PlannedJob): string {
  return `${objectId ?? 'a job without an object'} of ${tenant}`;
}
