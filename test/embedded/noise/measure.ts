import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../../../tools/benchmarks/statistics.ts';
import type { Tenant } from './tenant.ts';

/** A tenant's quality of service: 99th-percentile times, in milliseconds. The percentiles are Infinity if any submission was refused. */
export interface Service {
  /** The time from sending a submission to receiving the response. */
  readonly submit: number;
  /** The time from a job's creation to the start of its first attempt. */
  readonly start: number;
}

const JOBS = 16;
/** The time between two submissions, in milliseconds. A submission does not wait for the previous submission's response. */
const INTERVAL_MS = 100;

/** Submits jobs at a steady rate, and measures the tenant's service. */
export async function measure(tenant: Tenant): Promise<Service> {
  const submissions: Promise<{ jobId: string | undefined; ms: number }>[] = [];
  for (let sent = 0; sent < JOBS; sent += 1) {
    submissions.push(submit(tenant));
    await pause(INTERVAL_MS);
  }
  const submitted = await Promise.all(submissions);
  const jobIds = new Set(submitted.map(({ jobId }) => jobId));
  const ended = await tenant.endedJobs();
  if (jobIds.has(undefined)) return { submit: Infinity, start: Infinity };
  const delays = ended
    .filter(({ job_id: jobId }) => jobIds.has(jobId))
    .map((job) => Date.parse(job.start_time ?? '') - Date.parse(job.create_time));
  const times = submitted.map(({ ms }) => ms);
  return { submit: quantile(times, 0.99), start: quantile(delays, 0.99) };
}

async function submit(tenant: Tenant): Promise<{ jobId: string | undefined; ms: number }> {
  const startedAt = performance.now();
  const { status, body } = await tenant.submit({ payload: { seconds: 0 } });
  const ms = performance.now() - startedAt;
  if (status === 201) return { jobId: body.job_id, ms };
  // A 429 means that the tenant's jobs started too slowly, so the tenant reached its limit on jobs in flight.
  if (status === 429) return { jobId: undefined, ms };
  throw new Error(`A submission got ${status}: ${JSON.stringify(body)}`);
}
