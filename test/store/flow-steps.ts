import { expect } from '@jest/globals';
import type { Claim } from '../../lambdas/job/attempt-store.ts';
import type { NewJob } from '../../lambdas/job/job.ts';
import type { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, result, TENANT } from './job-rows.ts';

const LEASE_MS = 60_000;

/** The ids of the jobs that a statement woke. */
export function wokenBy(rows: readonly { woken?: readonly { jobId: string }[] }[]): string[] {
  return rows.flatMap(({ woken = [] }) => woken.map(({ jobId }) => jobId));
}

/** Returns a job with a concurrency key. */
export function keyed(limit: number, key = 'customer-1'): Partial<NewJob> {
  return { concurrency: { key, limit } };
}

/** Returns functions that run a worker's statements on jobs in a test's database. */
export function flowSteps(db: ReturnType<typeof useJobDatabase>) {
  let workers = 0;

  /** Inserts due jobs one by one, so that they become due in this order. */
  async function submit(...jobs: Partial<NewJob>[]): Promise<string[]> {
    const ids: string[] = [];
    for (const job of jobs) {
      const row = newJob(job);
      await db.jobs.insert([row]);
      ids.push(row.job_id);
    }
    return ids;
  }

  async function claim(jobIds: readonly string[], worker = `worker-${++workers}`): Promise<Claim[]> {
    return db.attempts.claim(jobIds, worker, LEASE_MS);
  }

  /** Claims the jobs, and returns the claim's verdicts by job id, including verdicts on jobs that were claimed instead. */
  async function verdicts(jobIds: readonly string[], worker?: string): Promise<Record<string, string>> {
    const claims = await claim(jobIds, worker);
    return Object.fromEntries(claims.map(({ jobId, verdict }) => [jobId, verdict]));
  }

  /** Ends a job's running attempt, and returns the jobs that were woken. */
  async function end(jobId: string, overrides: Parameters<typeof result>[1] = {}): Promise<string[]> {
    const [row] = await db.sql<{ attempt: number; fence: number }>(
      'SELECT attempt, fence::int FROM jobs WHERE job_id = $1',
      [jobId],
    );
    const recorded = await db.attempts.record([result(jobId, { ...row, ...overrides })]);
    expect(recorded[0]?.recorded).toBe(true);
    return wokenBy(recorded);
  }

  async function stateOf(
    jobId: string,
  ): Promise<{ status: string; held_by: string | null; is_parked: boolean }> {
    const [row] = await db.sql<{ status: string; held_by: string | null; is_parked: boolean }>(
      "SELECT status, held_by, status = 'created' AND wake_at IS NULL AS is_parked FROM jobs WHERE job_id = $1",
      [jobId],
    );
    if (!row) throw new Error(`There is no job ${jobId}.`);
    return row;
  }

  async function pause(kind: 'queue' | 'type', name: string): Promise<void> {
    await db.sql('INSERT INTO pauses (tenant, kind, name) VALUES ($1, $2, $3)', [TENANT, kind, name]);
  }

  async function resume(kind: 'queue' | 'type', name: string): Promise<string[]> {
    await db.sql('DELETE FROM pauses WHERE (tenant, kind, name) = ($1, $2, $3)', [TENANT, kind, name]);
    const rows = await db.sql<{ woken_id: string }>("SELECT woken_id FROM wake_resumed($1, 'default', 10)", [
      TENANT,
    ]);
    return rows.map(({ woken_id: id }) => id);
  }

  return { submit, claim, verdicts, end, stateOf, pause, resume };
}
