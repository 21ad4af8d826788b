import fc from 'fast-check';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Json, NewJob } from '../../../lambdas/job/job.ts';
import type { DedupHolder } from '../../../lambdas/job/dedup.ts';
import { hasEndedWindow } from '../../../lambdas/job/holding-job.ts';
import type { WakeUp } from '../../../lambdas/job/job-queue.ts';
import {
  submit,
  type Submission,
  type SingleSubmitPorts,
  type Submitted,
} from '../../../lambdas/job/submit.ts';
import type { Inserted } from '../../../lambdas/job/submission-store.ts';
import { submitBatch } from '../../../lambdas/job/submit-batch.ts';
import { DEDUP_CALLS, watchReleases, WHOLE, writeEach } from './dedup-calls.ts';
import type { Fault, Faults } from './faults.ts';
import { SubmissionRows } from './submission-rows.ts';
import { SUBMISSION, summaryOf } from './submissions.ts';
import { DedupTable, type KeyWritten } from '../../helpers/dedup-table.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

export const WINDOW_SECONDS = 300;

/** A dedup window that was opened, and may have ended since. The window begins when its key is written, not when the write is requested. */
export interface OpenedWindow {
  objectId: string;
  jobId: string;
  from: number;
  to: number;
}

export interface Outcome {
  submission: Submission;
  /** The time of the client's request. */
  askedAt: number;
  answer?: Submitted;
  error?: Error;
}

/**
 * In-memory stores for submissions. Each call waits for the scheduler twice: before it takes effect, and before it returns its response. Other
 * submissions' calls may run in the meantime.
 */
export class SubmissionModel {
  readonly #table = new DedupTable((written) => {
    this.#note(written);
  });
  readonly #rows = new SubmissionRows();
  readonly rows = this.#rows.all;
  readonly sent: WakeUp[] = [];
  /** All calls to the ports, in order. */
  readonly calls: string[] = [];
  readonly outcomes: Outcome[] = [];
  readonly windows: OpenedWindow[] = [];
  /** Calls that violate the ports' contracts. */
  readonly violations: string[] = [];
  readonly log = createRecordingLog();
  /** The limits on unfinished jobs and on submissions per second. 0 means no limit. In this model, no job ends. */
  limits = { maxJobsInFlight: 0, perSecond: 0 };
  readonly #taken = new Map<number, number>();
  now = Date.parse('2026-01-01T00:00:00Z');

  readonly #step: (label: string) => Promise<void>;
  #isMarked = false;
  #ids = 0;

  constructor(step: (label: string) => Promise<void> = () => Promise.resolve()) {
    this.#step = step;
  }

  /** Submits a job and stores the outcome. If a submission's process dies, the submission never gets an outcome. */
  async submit(overrides: Partial<Submission> = {}, faults: Faults = []): Promise<Outcome> {
    const submission = { ...SUBMISSION, ...overrides };
    const outcome: Outcome = { submission, askedAt: this.now };
    try {
      outcome.answer = await submit(submission, this.portsOf(faults));
    } catch (error) {
      outcome.error = error as Error;
    }
    this.outcomes.push(outcome);
    return outcome;
  }

  /** Submits several jobs in one request, and stores their outcomes in order. */
  async submitBatch(batch: readonly Partial<Submission>[], faults: Faults = []): Promise<Outcome[]> {
    const submissions = batch.map((overrides) => ({ ...SUBMISSION, ...overrides }));
    const askedAt = this.now;
    let outcomes: Outcome[];
    try {
      const results = await submitBatch(SUBMISSION.tenant, submissions, this.portsOf(faults));
      outcomes = submissions.map((submission, index): Outcome => {
        const result = results[index];
        if (!result) throw new Error(`A batch of ${submissions.length} has ${results.length} outcomes.`);
        if ('submitted' in result) return { submission, askedAt, answer: result.submitted };
        return { submission, askedAt, error: result.error as Error };
      });
    } catch (error) {
      outcomes = submissions.map((submission) => ({ submission, askedAt, error: error as Error }));
    }
    this.outcomes.push(...outcomes);
    return outcomes;
  }

  /** Returns the current payload of the job that a submission's response names. */
  payloadOf(outcome: Outcome | undefined): Json | undefined {
    return this.rows.get(outcome?.answer?.job.job_id ?? '')?.job.payload;
  }

  /** Lets a worker start the job that was last submitted for an object. */
  readonly start = (objectId: string) => this.#rows.start(objectId, this.now);

  /** Deletes expired keys. The real DynamoDB deletes a key some time after it expires. */
  deleteExpiredKeys(): void {
    this.#table.deleteExpired(this.now);
  }

  get keys(): ReadonlyMap<string, DedupHolder> {
    return this.#table.keys;
  }

  /** Returns the ports of one submission. */
  portsOf(faults: Faults = []): SingleSubmitPorts {
    const plan = faults[Symbol.iterator]();
    /** Whether it is certain that this submission's row was not written. */
    let isRefused = false;
    const call = async <Answer>(
      store: string,
      what: string,
      effect: (fault: Fault | 'none') => Answer | Promise<Answer>,
      refusal: 'no' | 'unknown',
      isOfSeveral = false,
    ): Promise<Answer> => {
      const planned = plan.next().value ?? 'none';
      const fault = isOfSeveral ? planned : (WHOLE[planned] ?? planned);
      this.calls.push(what);
      await this.#step(`${what} is asked for`);
      if (fault === 'died before') return new Promise<never>(() => undefined);
      if (fault === 'refused' || fault === 'resuming') {
        await this.#step(`${what} is refused`);
        throw new StoreUnavailableError(store, refusal, new Error(fault), fault === 'resuming');
      }
      if (fault === 'late') {
        void this.#step(`${what} happens late`).then(() => effect('none'));
        throw new StoreUnavailableError(store, 'unknown', new Error(fault));
      }
      let answer = await effect(fault);
      if (fault === 'died after') return new Promise<never>(() => undefined);
      if (fault === 'doubled') {
        await this.#step(`${what} is sent again`);
        answer = await effect('none');
      }
      await this.#step(`${what} is answered`);
      if (fault === 'lost') throw new StoreUnavailableError(store, 'unknown', new Error(fault));
      return answer;
    };

    return {
      dedupWindowSeconds: WINDOW_SECONDS,
      log: this.log,
      clock: { now: () => new Date(this.now), newId: () => this.#newId(), random: () => 0 },
      limits: {
        maxJobsInFlight: this.limits.maxJobsInFlight,
        rate: {
          take: async (_tenant, submissions) => {
            const { perSecond } = this.limits;
            if (perSecond === 0) return submissions;
            // A submission writes its row only after this call returns.
            isRefused = true;
            const second = Math.floor(this.now / 1000);
            const count = (): number => {
              const before = this.#taken.get(second) ?? 0;
              this.#taken.set(second, before + submissions);
              return Math.min(submissions, Math.max(0, perSecond - before));
            };
            const inTime = await call('dynamodb', 'the rate', count, 'unknown');
            isRefused = inTime < submissions;
            return inTime;
          },
        },
      },
      activity: {
        mark: () =>
          call(
            'dynamodb',
            'the mark',
            () => {
              this.#isMarked = true;
            },
            'unknown',
          ),
      },
      dedup: watchReleases(
        this.#table.adapter(
          () => this.now,
          (what, _keys, writes) =>
            call(
              'dynamodb',
              DEDUP_CALLS[what],
              (fault) => writeEach(writes, fault, this.#step),
              'unknown',
              writes.length > 1,
            ),
        ),
        (owner) => {
          if (!isRefused) this.violations.push(`${owner} releases its key, and may have written its row.`);
          if (!this.windows.some(({ jobId }) => jobId === owner))
            this.violations.push(`${owner} releases a key that it adopted.`);
        },
      ),
      store: {
        get: (_tenant, jobId) => call('aurora', 'the job', () => this.rows.get(jobId)?.job, 'no'),
      },
      submissions: {
        find: (_tenant, jobIds) =>
          call(
            'aurora',
            'the job',
            () =>
              jobIds.flatMap((jobId) => {
                const row = this.rows.get(jobId);
                return row ? [summaryOf(row.job)] : [];
              }),
            'no',
          ),
        insert: async (jobs) => {
          try {
            return await call('aurora', 'the row', () => jobs.map((job) => this.#insert(job)), 'no');
          } catch (error) {
            isRefused = error instanceof StoreUnavailableError && error.applied === 'no';
            throw error;
          }
        },
        replace: (_tenant, replacements) =>
          call(
            'aurora',
            'the replacement',
            () => replacements.flatMap((replacement) => this.#rows.replace(replacement, this.now)),
            'no',
          ),
        insertThatFit: async (jobs, maxInFlight) => {
          let runs = 0;
          const insertThatFit = (): Inserted[] => {
            runs += 1;
            return jobs.flatMap((job) =>
              this.rows.has(job.job_id) || this.rows.size < maxInFlight ? [this.#insert(job)] : [],
            );
          };
          try {
            const written = await call('aurora', 'the row', insertThatFit, 'no');
            isRefused = runs === 1 && written.length < jobs.length;
            return { written, applied: runs === 1 ? 'no' : 'unknown' };
          } catch (error) {
            isRefused = error instanceof StoreUnavailableError && error.applied === 'no';
            throw error;
          }
        },
      },
      queue: {
        // By contract, this port never throws, and returns the wake-ups that were not sent.
        send: async (wakeUps) => {
          const ids = wakeUps.map(({ jobId }) => jobId);
          return call(
            'sqs',
            'the message',
            () => {
              for (const id of ids)
                if (!this.rows.has(id)) this.violations.push(`${id} is sent before it is written.`);
              this.sent.push(...wakeUps);
              return [];
            },
            'unknown',
          ).catch(() => ids);
        },
      },
    };
  }

  #newId(): string {
    this.#ids += 1;
    return `id-${String(this.#ids).padStart(3, '0')}`;
  }

  #note({ objectId, holder, before }: KeyWritten): void {
    if (before && before.windowEndsAt.getTime() > this.now) {
      const job = this.rows.get(before.jobId)?.job;
      if (!job || !hasEndedWindow(job))
        this.violations.push(`The window of ${before.jobId} ended before its job started.`);
    }
    for (const window of this.windows) {
      if (window.jobId === before?.jobId) Object.assign(window, { to: Math.min(window.to, this.now) });
    }
    const to = holder.windowEndsAt.getTime();
    this.windows.push({ objectId, jobId: holder.jobId, from: this.now, to });
  }

  #insert(newJob: NewJob): Inserted {
    if (!this.#isMarked) this.violations.push(`${newJob.job_id} is written before the activity is marked.`);
    return this.#rows.insert(newJob, this.now);
  }
}

/** Creates a model. fast-check chooses the order of the model's steps. */
export function scheduledModel(scheduler: fc.Scheduler): SubmissionModel {
  return new SubmissionModel((label) => scheduler.schedule(Promise.resolve(), label));
}

/** Returns the ids of different jobs with overlapping dedup windows for the same object. The result must be empty. */
export function jobsOfOverlappingWindows(model: SubmissionModel): string[][] {
  const taken = model.windows.filter(({ jobId }) => model.rows.has(jobId));
  return taken
    .map((one) =>
      taken.filter((other) => other.objectId === one.objectId && other.from < one.to && one.from < other.to),
    )
    .map((windows) => [...new Set(windows.map(({ jobId }) => jobId))])
    .filter((jobIds) => jobIds.length > 1);
}
