import * as z from 'zod/mini';
import { BULK_ACTIONS, type BulkCounts } from '../../job/bulk/bulk-change.ts';
import type { BulkRequest } from '../../job/bulk/run-bulk.ts';
import { BULK_JOB_TYPE } from '../../job/catalogue.ts';
import { job, MAX_ATTEMPTS } from '../../job/definition.ts';
import type { JobContext } from '../../job/job-context.ts';
import { jobFilterFields, toJobFilter } from '../../job/job-filter.ts';

/** Runs one attempt of a bulk job. Only the worker has this function, because the API function never runs jobs. */
export type RunBulk = (request: BulkRequest, context: JobContext) => Promise<BulkCounts>;

const payload = z.strictObject({
  action: z.enum(BULK_ACTIONS),
  filter: z.strictObject(jobFilterFields),
});

/**
 * Defines the job type that cancels, retries or deletes the tenant's jobs that match a filter. Only `POST /v1/jobs/bulk`
 * submits this type.
 */
export function createBulk(runBulk: RunBulk | undefined) {
  return job(BULK_JOB_TYPE, {
    payload,
    // Allow the maximum number of attempts: the job's position is stored, so a retry repeats little work.
    retry: { attempts: MAX_ATTEMPTS, baseSeconds: 1, capSeconds: 60, onTimeout: true },
    async run({ action, filter }, context) {
      if (!runBulk) throw new Error('This function does not run bulk jobs.');
      return { ...(await runBulk({ action, filter: toJobFilter(filter) }, context)) };
    },
  });
}
