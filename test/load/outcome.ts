import type { Errand } from 'errand-client';
import type { Submitted } from './submit-load.ts';

/** The outcome of the jobs. Everything but `succeeded` should be 0. */
export interface Outcome {
  readonly succeeded: number;
  /** Acknowledged jobs that the service does not know, and refused submissions. */
  readonly lost: number;
  /** Jobs that never ended. */
  readonly stuck: number;
  /** Objects that got more than one job, and jobs that ran more than once. */
  readonly doubled: number;
  /** Jobs that did not succeed, and jobs that were not submitted. */
  readonly wrong: number;
}

/** Reads every job back from the service, page by page, and compares them with the submissions. */
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
