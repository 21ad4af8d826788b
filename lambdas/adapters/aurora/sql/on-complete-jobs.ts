import type { Statement } from '../data-api.ts';
import { lengthOf } from './counted-rows.ts';

/**
 * `batches` (text): a JSON array of `{"tenant", "batchId"}`. Returns the on_complete job of each batch that is completed,
 * unless a worker has already claimed that job.
 */
export const FIND_ON_COMPLETE_JOBS: Statement = {
  name: 'find-on-complete-jobs',
  sql: `
SELECT json_build_object('job_id', j.job_id, 'tenant', j.tenant, 'queue', j.queue)::text
FROM (
  SELECT * FROM json_to_recordset(:batches::json) AS o(tenant text, "batchId" text) LIMIT ${lengthOf('batches')}
) AS wanted
JOIN batches b ON b.tenant = wanted.tenant AND b.batch_id = wanted."batchId"
JOIN jobs j ON j.job_id = (b.on_complete ->> 'job_id')::uuid
WHERE b.end_time IS NOT NULL AND j.status = 'created' AND j.attempt = 0`,
};
