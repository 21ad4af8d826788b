import { DEFAULT_QUEUE } from '../../../job/definition.ts';
import { DEFAULT_PRIORITY } from '../../../job/flow-control.ts';
import { MAX_FIRING_AGE_DAYS } from '../../../job/schedules/firing.ts';
import type { Statement } from '../data-api.ts';

/**
 * The number of days for which a processed firing is remembered. After that, a redelivered firing is too old to submit a
 * job anyway.
 */
const KNOWN_DAYS = MAX_FIRING_AGE_DAYS + 1;

/**
 * `tenant`, `name`, `fire_time` (text, ISO 8601), `job_id`, `callback_job_id` (uuid), `unavailable` (text), a JSON array of
 * the job types that can't run, `queues` (text), a JSON object with the queue of each job type that does not use the default
 * queue, `max_in_flight` (integer), 0 for no limit, `trace` (text, JSON, or null). Processes a firing only once, even if
 * it is delivered several times, and writes its job in the same statement. Returns no row if the schedule does not exist.
 * Otherwise, returns a verdict:
 *
 * - `fired`: the job was written and is in `queue`. `skipped`: the previous job is still waiting or running. `stopped`: the
 *   schedule is stopped.
 * - `too-old`: the firing was due more than `MAX_FIRING_AGE_DAYS` ago. `unavailable`: this deployment can't run the job type.
 * - `beyond-limit`: the tenant already has `max_in_flight` jobs in flight.
 * - `repeated`: the firing was already processed. `job_id` is the job that the firing submitted, if that job is already
 *   visible.
 *
 * The tenant's advisory lock is taken before any row lock, as in every statement that checks the tenant's limit. Otherwise,
 * a firing, a retry and a pruning could deadlock.
 *
 * The schedule's row is locked, so that its firings are processed one after another. The jobs are read from the statement's
 * snapshot. If another firing was processed after this statement began, that firing's job is missing from the snapshot,
 * and is therefore assumed to be running.
 */
export const FIRE_SCHEDULE: Statement = {
  name: 'fire-schedule',
  sql: `
WITH admission AS MATERIALIZED (
  SELECT CASE WHEN :max_in_flight::integer = 0 THEN true
         ELSE room_for_jobs(:tenant, :max_in_flight::integer) > 0 END AS has_room
),
s AS (
  SELECT schedules.*, admission.has_room
  FROM admission CROSS JOIN schedules
  WHERE tenant = :tenant AND name = :name
  FOR UPDATE OF schedules
),
judged AS (
  SELECT s.*, clock_timestamp() AS moment, COALESCE(:queues::json ->> s.type, '${DEFAULT_QUEUE}') AS queue,
    CASE
      WHEN s.state = 'stopped' THEN 'stopped'
      WHEN :fire_time::timestamptz < now() - interval '${MAX_FIRING_AGE_DAYS} days' THEN 'too-old'
      WHEN s.type IN (SELECT json_array_elements_text(:unavailable::json)) THEN 'unavailable'
      WHEN s.overlap = 'skip' AND (
        s.last_decided_at >= now()
        OR EXISTS (SELECT FROM jobs j WHERE j.job_id = s.last_job_id AND j.status IN ('created', 'running')))
      THEN 'skipped'
      WHEN NOT s.has_room THEN 'beyond-limit'
      ELSE 'fired'
    END AS verdict
  FROM s
),
firing AS (
  INSERT INTO schedule_firings (tenant, name, fire_time, job_id)
  SELECT tenant, name, :fire_time::timestamptz, CASE verdict WHEN 'fired' THEN :job_id::uuid END
  FROM judged
  WHERE verdict IN ('fired', 'skipped', 'beyond-limit', 'too-old')
  ON CONFLICT (tenant, name, fire_time) DO NOTHING
  RETURNING job_id, fire_time
),
job AS (
  INSERT INTO jobs
    (job_id, submission_id, tenant, object_id, type, queue, payload, max_attempts, timeout_seconds, max_duration_seconds,
     run_at, wake_at, callback,
     submitted_by, trace, priority, concurrency_key, concurrency_limit, rate_key, rate_limit, rate_seconds, rate_burst,
     tags, metadata)
  SELECT firing.job_id, firing.job_id, judged.tenant,
         format('schedule#%s#%s', judged.name, iso_8601(firing.fire_time)),
         judged.type, judged.queue, judged.payload, judged.max_attempts, judged.timeout_seconds, judged.max_duration_seconds,
         judged.moment, judged.moment,
         judged.callback || jsonb_build_object('job_id', :callback_job_id::text),
         'schedule:' || judged.name, :trace::jsonb, COALESCE((judged.flow ->> 'priority')::smallint, ${DEFAULT_PRIORITY}),
         judged.flow #>> '{concurrency,key}', (judged.flow #>> '{concurrency,limit}')::int,
         judged.flow #>> '{rate_limit,key}', (judged.flow #>> '{rate_limit,limit}')::int,
         (judged.flow #>> '{rate_limit,per_seconds}')::int, (judged.flow #>> '{rate_limit,burst}')::int,
         judged.tags, judged.metadata
  FROM firing CROSS JOIN judged
  WHERE firing.job_id IS NOT NULL
),
noted AS (
  UPDATE schedules present
  -- After an outage, firings may arrive in any order.
  SET last_time = GREATEST(present.last_time, firing.fire_time),
      last_decided_at = clock_timestamp(),
      last_job_id = COALESCE(firing.job_id, judged.last_job_id),
      last_skipped_time = CASE
        WHEN firing.job_id IS NULL THEN GREATEST(present.last_skipped_time, :fire_time::timestamptz)
        ELSE present.last_skipped_time END
  FROM judged LEFT JOIN firing ON true
  WHERE present.tenant = judged.tenant AND present.name = judged.name
    AND (firing.fire_time IS NOT NULL OR judged.verdict = 'unavailable')
),
forgotten AS (
  DELETE FROM schedule_firings old
  WHERE old.tenant = :tenant AND old.name = :name AND old.decided_at < now() - interval '${KNOWN_DAYS} days'
    -- A firing is decided after its scheduled time, so this condition only adds a bound for the index.
    AND old.fire_time < now() - interval '${KNOWN_DAYS} days'
)
SELECT json_build_object(
  'verdict', CASE
    WHEN judged.verdict IN ('stopped', 'unavailable') THEN judged.verdict
    WHEN firing.fire_time IS NULL THEN 'repeated'
    ELSE judged.verdict END,
  'job_id', COALESCE(firing.job_id, earlier.job_id),
  'queue', COALESCE(earlier_job.queue, judged.queue),
  'type', judged.type,
  'revision', judged.revision::text)::text
FROM judged
LEFT JOIN firing ON true
LEFT JOIN schedule_firings earlier
  ON earlier.tenant = judged.tenant AND earlier.name = judged.name AND earlier.fire_time = :fire_time::timestamptz
LEFT JOIN jobs earlier_job ON earlier_job.job_id = earlier.job_id`,
};
