import type { BulkAction, BulkResult, JobFilter } from 'errand-client';
import { errand } from '../app/session.ts';
import type { JobStatus } from './filter.ts';
import type { JobSummary } from './job-list.ts';

export type { BulkAction } from 'errand-client';

interface Verb {
  readonly verb: string;
  /** The last words of the result message, such as `retried` in `312 jobs retried`. */
  readonly done: string;
  readonly explanation: string;
  /** The statuses in which the action is possible. */
  readonly from: readonly JobStatus[];
}

export const VERBS: Readonly<Record<BulkAction, Verb>> = {
  retry: {
    verb: 'Retry',
    done: 'retried',
    explanation: 'Failed and canceled jobs run again with their current payload.',
    from: ['failed', 'canceled'],
  },
  cancel: {
    verb: 'Cancel',
    done: 'canceled or asked to stop',
    explanation: 'Waiting jobs are canceled immediately. Running jobs are asked to stop.',
    from: ['created', 'running'],
  },
  delete: {
    verb: 'Delete',
    done: 'deleted',
    explanation: 'Ended jobs are deleted with their results, attempts and logs. This can’t be undone.',
    from: ['success', 'failed', 'canceled'],
  },
};

export interface BulkProgress {
  /** The completed share, from 0 to 1. */
  readonly fraction: number;
  readonly changed: number;
  readonly skipped: number;
  readonly isOver: boolean;
}

/** Changes jobs one after another. A job that can no longer be changed is skipped. */
export async function changeEach(
  action: BulkAction,
  jobs: readonly JobSummary[],
  report: (progress: BulkProgress) => void,
): Promise<void> {
  let [changed, skipped] = [0, 0];
  for (const { job_id: jobId } of jobs) {
    try {
      if (action === 'retry') await errand.retry(jobId);
      else await errand.cancel(jobId);
      changed += 1;
    } catch (error) {
      if (!isConflict(error)) throw error;
      skipped += 1;
    }
    report({ fraction: (changed + skipped) / jobs.length, changed, skipped, isOver: false });
  }
  report({ fraction: 1, changed, skipped, isOver: true });
}

/** Submits a bulk job for all matching jobs, and follows its progress. */
export async function changeMatching(
  action: BulkAction,
  filter: JobFilter,
  isForAll: boolean,
  report: (progress: BulkProgress) => void,
): Promise<void> {
  const run = await errand.bulk(action, filter, isForAll ? { confirm: 'all' } : {});
  const follow = setInterval(() => {
    void run.get().then(({ progress }) => {
      if (progress) report({ fraction: progress.fraction, changed: 0, skipped: 0, isOver: false });
    });
  }, 1_000);
  try {
    const { changed, skipped }: BulkResult = await run.result();
    report({ fraction: 1, changed, skipped, isOver: true });
  } finally {
    clearInterval(follow);
  }
}

function isConflict(error: unknown): boolean {
  const { status } = error as { status?: unknown };
  return status === 404 || status === 409;
}
