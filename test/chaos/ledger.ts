import type { PlannedJob } from './schedule.ts';

/** A job's fields in a response that must not change once the job is terminal. */
export interface Seen {
  readonly status: string;
  readonly end_time: string | null;
}

/** The clients' requests about one job, and their responses. */
export interface Dealings {
  readonly planned: PlannedJob;
  /** Responses that said that the job was new. */
  newAnswers: number;
  /** The ends of its dedup window in responses. */
  readonly windowEnds: Set<string>;
  /** Requests sent, with or without a response. */
  cancelRequests: number;
  retryRequests: number;
  /** Whether a response to a cancellation showed the job as canceled. */
  toldCanceled: boolean;
  /** The last terminal state in a response, unless a client requested another run since. */
  shown: Seen | undefined;
}

/** The promises to the clients. It is filled as the responses arrive, and compared with the database at the end. */
export class Ledger {
  /** Every job in a response, by job_id. */
  readonly jobs = new Map<string, Dealings>();
  /** The submissions of each object. */
  readonly objects = new Map<string, PlannedJob>();
  /** Objects whose submission never got a response; they are submitted again after the faults have stopped. */
  readonly unanswered = new Set<PlannedJob>();
  /** The ids of the batches that were submitted. */
  readonly batches = new Set<string>();
  /** Batches whose closing request never got a response. It is sent again once the faults have stopped. */
  readonly unclosed = new Set<string>();
  /** Jobs that bulk jobs were to cancel; such a job may still end otherwise. */
  readonly canceledInBulk = new Set<PlannedJob>();
  /** The keys of the signals that were accepted, by job. */
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
    serverErrors: 0,
    throttled: 0,
    brokenConnections: 0,
  };
  /** Invalid responses, such as a status that the operation does not have. */
  readonly strange: string[] = [];

  /** Records that a response named this job for a submission, and the end of its dedup window if it has one. */
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
      toldCanceled: false,
      shown: undefined,
    };
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
    if (!dealings) throw new Error(`No answer has named job ${jobId}.`);
    return dealings;
  }
}
