import type { Statement } from '../data-api.ts';
import { INLINE_BYTES } from './job-document.ts';
import { CANCELED_JOB, LOCKED_JOBS, LOST_ATTEMPT, LOST_JOB } from './locked-jobs.ts';

/**
 * The most payload bytes that one claim returns; a job whose payload does not fit any more, or is too large for a row, is
 * read by itself. This stays far below the Data API's 1 MiB, which would fail a claim after it was made.
 */
const PAYLOAD_BUDGET = 384 * 1024;

/**
 * What an attempt at a webhook is signed as and with: see {@link Signing}. Read with the claim, so that it costs no call of its
 * own and is never older than the attempt.
 */
const SIGNING = `json_build_object(
    'kind', CASE WHEN outcome_of IS NULL THEN 'webhook' ELSE 'callback' END,
    'generations', COALESCE(
      (SELECT CASE WHEN k.previous_until > clock_timestamp() THEN json_build_array(k.generation, k.generation - 1)
              ELSE json_build_array(k.generation) END
       FROM webhook_keys k WHERE k.tenant = answers.tenant),
      '[1]'))`;

/**
 * `job_ids` (text): a JSON array of UUIDs. `worker` (text): names the invocation. `lease_ms` (integer): how long the
 * function may still run. One row per job that exists, with a verdict:
 *
 * - `claimed`: it was due, or its lease had ended; it runs now as the next attempt. Or this worker held it already, and
 *   the answer of its first claim was lost.
 * - `waiting`, `leased`: not now; `in_ms` says when.
 * - `finished`: terminal, or made so here, because its lease had ended and it was to be cancelled or had no attempt left.
 *
 * Rows are locked in the order of their ids, so two batches that share jobs can't lock each other out. The locked row is
 * the newest version, whatever the snapshot says; what the verdict decides on is therefore current. The update's own row is
 * at first the snapshot's, and is held against the table's constraints as such: every column of one is set, `end_time`
 * included. Leases are counted from a moment after any wait for a lock: they never end before the function does.
 */
export const CLAIM_JOBS: Statement = {
  name: 'claim-jobs',
  sql: `
WITH ${LOCKED_JOBS},
judged AS (
  SELECT *, clock_timestamp() AS moment,
    CASE
      WHEN status IN ('success', 'failed', 'canceled') THEN 'finished'
      WHEN status = 'created' AND run_at > clock_timestamp() THEN 'waiting'
      WHEN status = 'created' THEN 'claim'
      WHEN lease_expires_at > clock_timestamp() AND worker = :worker THEN 'held'
      WHEN lease_expires_at > clock_timestamp() THEN 'leased'
      WHEN cancel_requested_at IS NOT NULL THEN 'cancel'
      WHEN attempt >= max_attempts THEN 'lose'
      ELSE 'reclaim'
    END AS verdict
  FROM locked
),
claimed AS (
  UPDATE jobs j
  SET status = 'running',
      attempt = j.attempt + 1,
      worker = :worker,
      start_time = COALESCE(j.start_time, judged.moment),
      progress = NULL, progress_note = NULL,
      end_time = NULL,
      lease_expires_at = judged.moment + :lease_ms * interval '1 ms',
      wake_at = judged.moment + :lease_ms * interval '1 ms'
  FROM judged
  WHERE j.job_id = judged.job_id AND judged.verdict IN ('claim', 'reclaim')
  RETURNING j.job_id, j.attempt, judged.moment
),
ended AS (
  UPDATE jobs j
  SET status = CASE judged.verdict WHEN 'cancel' THEN 'canceled' ELSE 'failed' END,
      message = CASE judged.verdict WHEN 'cancel' THEN ${CANCELED_JOB}
                ELSE ${LOST_JOB} END,
      end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL
  FROM judged
  WHERE j.job_id = judged.job_id AND judged.verdict IN ('cancel', 'lose')
  RETURNING j.job_id, j.callback ->> 'job_id' AS callback_job_id
),
lost_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = 'lost', message = ${LOST_ATTEMPT}
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
    AND judged.verdict IN ('reclaim', 'cancel', 'lose')
),
new_attempts AS (
  INSERT INTO job_attempts (job_id, attempt, worker, start_time)
  SELECT job_id, attempt, :worker, moment FROM claimed
),
answers AS (
  SELECT judged.*, COALESCE(claimed.attempt, judged.attempt) AS current_attempt,
    judged.verdict IN ('claim', 'reclaim', 'held') AS is_ours,
    ended.callback_job_id,
    sum(judged.payload_bytes) FILTER (WHERE judged.payload_bytes <= ${INLINE_BYTES})
      OVER (ORDER BY judged.job_id) AS answer_bytes
  FROM judged LEFT JOIN claimed USING (job_id) LEFT JOIN ended USING (job_id)
)
SELECT json_build_object(
  'job_id', job_id,
  'verdict', CASE WHEN is_ours THEN 'claimed' WHEN verdict IN ('cancel', 'lose') THEN 'finished' ELSE verdict END,
  'in_ms', CASE verdict
    WHEN 'waiting' THEN ceil(extract(epoch FROM run_at - clock_timestamp()) * 1000)
    WHEN 'leased' THEN ceil(extract(epoch FROM lease_expires_at - clock_timestamp()) * 1000)
  END,
  'waited_ms', CASE verdict WHEN 'claim' THEN GREATEST(0, round(extract(epoch FROM moment - run_at) * 1000)) END,
  'lost', CASE WHEN verdict IN ('reclaim', 'cancel', 'lose') THEN json_build_object(
    'attempt', attempt, 'status', CASE verdict WHEN 'cancel' THEN 'canceled' WHEN 'lose' THEN 'failed' ELSE 'running' END) END,
  'tenant', tenant,
  'type', type,
  'callback_job_id', callback_job_id,
  'batch_id', CASE WHEN verdict IN ('cancel', 'lose') THEN batch_id END,
  'attempt', current_attempt,
  'max_attempts', max_attempts,
  'timeout_seconds', timeout_seconds,
  'trace', trace,
  'signing', CASE WHEN is_ours AND type = 'webhook' THEN ${SIGNING} END,
  'payload_in_parts', payload_bytes > ${INLINE_BYTES} OR answer_bytes > ${PAYLOAD_BUDGET},
  'payload', CASE WHEN is_ours AND payload_bytes <= ${INLINE_BYTES} AND answer_bytes <= ${PAYLOAD_BUDGET} THEN payload END)::text
FROM answers`,
};
