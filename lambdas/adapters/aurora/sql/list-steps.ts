import { MAX_LISTED_RESULT_BYTES } from '../../../job/steps/list-steps.ts';
import type { Statement } from '../data-api.ts';

/**
 * `tenant` (text), `job_id` (uuid), `after`, `limit` (integers). Returns a job's steps after the position `after`, in the
 * order in which they were first recorded. If there are no later steps, returns one row with a null `place`. Returns no row
 * if the job does not exist.
 */
export const LIST_STEPS: Statement = {
  name: 'list-steps',
  sql: `
SELECT json_build_object(
  'place', s.place,
  'document', json_build_object(
    'step', s.step,
    'kind', s.kind,
    'status', CASE WHEN s.kind = 'sleep' AND s.due_at <= clock_timestamp() THEN 'success' ELSE s.status END,
    'failures', s.failures,
    'start_time', iso_8601(s.start_time),
    'end_time', iso_8601(CASE WHEN s.kind = 'sleep' AND s.due_at <= clock_timestamp() THEN s.due_at ELSE s.end_time END),
    'due_time', iso_8601(s.due_at),
    'timed_out', s.timed_out,
    'signal', s.detail ->> 'signal',
    'child_job_id', s.detail ->> 'childJobId',
    'message', s.message,
    'result', CASE WHEN s.result_bytes <= ${MAX_LISTED_RESULT_BYTES} THEN s.result END,
    'result_bytes', s.result_bytes))::text
FROM jobs j LEFT JOIN LATERAL (
  SELECT * FROM job_steps WHERE job_id = j.job_id AND place > :after ORDER BY place LIMIT :limit
) AS s ON true
WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant
ORDER BY s.place`,
};
