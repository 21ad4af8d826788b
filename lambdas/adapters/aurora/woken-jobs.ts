import type { JobOfTenant, MadeRoom } from '../../job/job-queue.ts';

/** A woken job, as returned by a statement; see `WOKEN` in sql/locked-jobs.ts. */
export interface WokenJob {
  job_id: string;
  tenant: string;
  queue: string;
}

/** Converts the rows of woken jobs to the jobs that need a message. */
export function toWoken(rows: readonly WokenJob[] | null): JobOfTenant[] {
  return (rows ?? []).map(({ job_id: jobId, tenant, queue }) => ({ jobId, tenant, queue }));
}

/** Returns the jobs that a statement woke, if any. */
export function madeRoom(rows: readonly WokenJob[] | null): MadeRoom {
  return rows ? { woken: toWoken(rows) } : {};
}
