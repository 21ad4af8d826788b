import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../../../tools/benchmarks/statistics.ts';
import type { Tenant } from './tenant.ts';

/** What a tenant sees of the service, as 99th percentiles in milliseconds. */
export interface Service {
  /** From the request to its answer. */
  readonly submit: number;
  /** From the job's row to the start of its first attempt. */
  readonly start: number;
}

const JOBS = 25;
/** Between two submissions, whether or not the one before is answered. */
const INTERVAL_MS = 80;

/**
 * Submits jobs at a steady pace, and sees how long their answers and their starts take.
 *
 * @throws Error for a submission that is not taken
 */
export async function measure(tenant: Tenant): Promise<Service> {
  const submissions: Promise<{ jobId: string; ms: number }>[] = [];
  for (let sent = 0; sent < JOBS; sent += 1) {
    submissions.push(submit(tenant));
    await pause(INTERVAL_MS);
  }
  const submitted = await Promise.all(submissions);
  const jobIds = new Set(submitted.map(({ jobId }) => jobId));
  const jobs = (await tenant.jobsAtRest()).filter(({ job_id: jobId }) => jobIds.has(jobId));
  const starts = jobs.map((job) => Date.parse(job.start_time ?? '') - Date.parse(job.create_time));
  return {
    submit: quantile(
      submitted.map(({ ms }) => ms),
      0.99,
    ),
    start: quantile(starts, 0.99),
  };
}

async function submit(tenant: Tenant): Promise<{ jobId: string; ms: number }> {
  const startedAt = performance.now();
  const { status, body } = await tenant.submit({ payload: { seconds: 0 } });
  if (status !== 201) throw new Error(`A submission was answered ${status}: ${JSON.stringify(body)}`);
  return { jobId: body.job_id, ms: performance.now() - startedAt };
}
