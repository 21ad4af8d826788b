import { v7 as uuidv7 } from 'uuid';
import { createBulkStore } from '../../lambdas/adapters/aurora/bulk-store.ts';
import {
  filterOf,
  type BulkAction,
  type BulkRound,
  type BulkRoundResult,
} from '../../lambdas/job/bulk/bulk-change.ts';
import type { JobFilter } from '../../lambdas/job/job-filter.ts';
import type { useJobDatabase } from '../helpers/job-database.ts';
import { putJob, TENANT } from './job-rows.ts';

interface RoundOptions {
  filter?: JobFilter;
  limit?: number;
  maxJobsInFlight?: number;
}

/** Runs rounds of bulk jobs in a test's database. */
export function bulkRounds(db: ReturnType<typeof useJobDatabase>) {
  const bulk = () => createBulkStore(db.dataApi, ['default']);

  /** Creates a running bulk job that was submitted after all existing jobs. */
  async function putBulkJob(): Promise<string> {
    const jobId = await putJob(db, { status: 'running' });
    await db.sql(`UPDATE jobs SET type = 'bulk', create_time = now() WHERE job_id = $1`, [jobId]);
    return jobId;
  }

  /** Returns a bulk job's next round. The test can run the round repeatedly. */
  async function nextRound(
    jobId: string,
    action: BulkAction,
    options: RoundOptions = {},
  ): Promise<BulkRound> {
    const { filter = {}, limit = 100, maxJobsInFlight = 0 } = options;
    const { position } = await bulk().begin(TENANT, jobId);
    return {
      ...{ tenant: TENANT, jobId, action, position, limit, maxJobsInFlight, newId: uuidv7() },
      filter: filterOf(action, filter),
    };
  }

  /** Runs a bulk job's next round. */
  async function change(
    jobId: string,
    action: BulkAction,
    options: RoundOptions = {},
  ): Promise<BulkRoundResult> {
    return bulk().change(await nextRound(jobId, action, options));
  }

  return { bulk, putBulkJob, nextRound, change };
}
