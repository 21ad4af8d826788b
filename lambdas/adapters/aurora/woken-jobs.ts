import type { MadeRoom } from '../../job/attempt-store.ts';
import type { JobOfTenant } from '../../job/job-queue.ts';

/** A job as a statement names it that wakes parked jobs: see `WOKEN` in sql/locked-jobs.ts. */
export interface WokenJob {
  job_id: string;
  tenant: string;
  queue: string;
}

/** The jobs whose messages are to be sent. */
export function toWoken(rows: readonly WokenJob[] | null): JobOfTenant[] {
  return (rows ?? []).map(({ job_id: jobId, tenant, queue }) => ({ jobId, tenant, queue }));
}

/** The jobs that a statement woke, where it woke any. */
export function madeRoom(rows: readonly WokenJob[] | null): MadeRoom {
  return rows ? { woken: toWoken(rows) } : {};
}
