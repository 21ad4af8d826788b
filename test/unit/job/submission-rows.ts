import type { Replaced } from '../../../lambdas/job/holding-job.ts';
import type { Job, NewJob, Replacement } from '../../../lambdas/job/job.ts';
import type { Inserted } from '../../../lambdas/job/submission-store.ts';
import { JOB, summaryOf } from './submissions.ts';

interface Row {
  job: Job;
  written: NewJob;
  /** The job's replacements, in order. */
  replacements: Replacement[];
}

/** Job rows by id, shared by all in-memory stores of a model. */
export class SubmissionRows {
  readonly all = new Map<string, Row>();

  insert(newJob: NewJob, now: number): Inserted {
    const row = this.all.get(newJob.job_id) ?? {
      job: {
        ...JOB,
        job_id: newJob.job_id,
        object_id: newJob.object_id,
        type: newJob.type,
        queue: newJob.queue,
        payload: newJob.payload,
        run_at: dueAt(newJob.delay_seconds, now),
        debounced: newJob.debounced ?? false,
      },
      written: newJob,
      replacements: [],
    };
    this.all.set(newJob.job_id, row);
    return { job: summaryOf(row.job), inserted: row.written.submission_id === newJob.submission_id };
  }

  replace(replacement: Replacement, now: number): Replaced[] {
    const own = this.all.get(replacement.submission_id);
    const isWriter = own?.written.submission_id === replacement.submission_id;
    const row = isWriter ? own : this.all.get(replacement.job_id);
    if (!row) return [];
    const { submission_id: submissionId } = replacement;
    const isRepeated =
      row.written.submission_id === submissionId ||
      [...this.all.values()].some(({ replacements }) =>
        replacements.some((earlier) => earlier.submission_id === submissionId),
      );
    const answer = (verdict: Replaced['verdict'], wakeInMs: number | null = null): Replaced[] => [
      { job: summaryOf(row.job), submissionId, verdict, isRepeated, wakeInMs },
    ];
    if (isRepeated) return answer('replaced', 0);
    if (row.job.status !== 'created') return answer('started');
    if (row.job.type !== replacement.type) return answer('other_type');
    const runAt = dueAt(replacement.delay_seconds, now);
    const isSooner = runAt < row.job.run_at;
    row.replacements.push(replacement);
    row.job = {
      ...row.job,
      payload: replacement.payload,
      run_at: runAt,
      debounced: row.job.debounced || (replacement.debounced ?? false),
    };
    return answer('replaced', isSooner ? replacement.delay_seconds * 1000 : null);
  }

  /** Lets a worker start the job that was last submitted for an object. */
  start(objectId: string, now: number): Job | undefined {
    const row = [...this.all.values()].findLast(({ job }) => job.object_id === objectId);
    if (row?.job.status !== 'created') return undefined;
    row.job = { ...row.job, status: 'running', attempt: 1, start_time: new Date(now).toISOString() };
    return row.job;
  }
}

function dueAt(delaySeconds: number, now: number): string {
  return new Date(now + delaySeconds * 1000).toISOString();
}
