import type { PlannedJob } from './schedule.ts';

/** How a job looked in an answer, as far as it must not change any more once it is terminal. */
export interface Seen {
  readonly status: string;
  readonly end_time: string | null;
}

/** What the clients asked of one job, and were told of it. */
export interface Dealings {
  readonly planned: PlannedJob;
  /** Answers that said that the job was new. */
  newAnswers: number;
  /** The ends of its dedup window that answers named. */
  readonly windowEnds: Set<string>;
  /** Requests sent, answered or not. */
  cancelRequests: number;
  retryRequests: number;
  /** Whether a cancellation was answered with the job as canceled. */
  toldCanceled: boolean;
  /** The last terminal state that was shown, as long as nobody had asked for another run. */
  shown: Seen | undefined;
}

/** What the clients were promised. It is written as the answers come in, and held against the database at the end. */
export class Ledger {
  /** By job_id, each job that an answer named. */
  readonly jobs = new Map<string, Dealings>();
  /** What has been submitted of each object. */
  readonly objects = new Map<string, PlannedJob>();
  /** Objects whose submission was never answered with a job; they are submitted again once the faults are over. */
  readonly unanswered = new Set<PlannedJob>();
  /** The ids of the batches that were submitted. */
  readonly batches = new Set<string>();
  /** Batches whose closing request never got a response. It is sent again once the faults have stopped. */
  readonly unclosed = new Set<string>();
  /** What bulk jobs were asked to cancel; such a job may end all the same. */
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
  /** Answers that no API may give, such as another status than the operation has. */
  readonly strange: string[] = [];

  /** Notes that an answer named this job for a submission, and the end of its dedup window if it has one. */
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
