import type { Errand } from 'errand-client';
import type { Submitted } from './submit-load.ts';

/** The outcome of the jobs. Everything except `succeeded` should be 0. */
export interface Outcome {
  readonly succeeded: number;
  /** The number of acknowledged jobs that the API does not list, plus the number of refused submissions. */
  readonly lost: number;
  /** The number of jobs that never ended. */
  readonly stuck: number;
  /** The number of objects with more than one job, plus the number of jobs that ran more than once. */
  readonly doubled: number;
  /** The number of failed or canceled jobs, plus the number of jobs that were never submitted. */
  readonly wrong: number;
}

/** Reads all jobs from the API, page by page, and compares them with the submissions. */
export async function outcomeOf(errand: Errand, submitted: Submitted): Promise<Outcome> {
  const acknowledged = new Set([...submitted.jobIds.values()].flatMap((ids) => [...ids]));
  const twice = [...submitted.jobIds.values()].filter(({ size }) => size > 1).length;
  let [succeeded, rerun, wrong] = [0, 0, 0];
  for await (const job of errand.list({ pageSize: 200 })) {
    const isOurs = acknowledged.delete(job.job_id);
    if (job.status === 'success' && isOurs) succeeded += 1;
    else if (!isOurs || job.status === 'failed' || job.status === 'canceled') wrong += 1;
    if (job.attempt > 1) rerun += 1;
  }
  return {
    succeeded,
    lost: acknowledged.size + submitted.refused.length,
    stuck: submitted.stuck,
    doubled: twice + rerun,
    wrong,
  };
}
