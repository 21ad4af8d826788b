import { DEFAULT_PRIORITY } from '../../../job/flow-control.ts';
import { DEFAULT_MAX_DURATION_SECONDS } from '../../../job/definition.ts';
import type { Statement } from '../data-api.ts';
import { auditEntry } from './audit-entry.ts';

/**
 * A {@link Schedule} as JSON, from a row source named `s`. The status of the schedule's last job comes from a row source
 * named `last`.
 */
const SCHEDULE_DOCUMENT = `json_build_object(
  'tenant', s.tenant,
  'name', s.name,
  'rate', s.rate,
  'cron', s.cron,
  'timezone', s.timezone,
  'start_at', iso_8601(s.start_at),
  'end_at', iso_8601(s.end_at),
  'anchor_at', iso_8601(s.anchor_at),
  'overlap', s.overlap,
  'state', s.state,
  'job', json_build_object(
    'type', s.type,
    'payload', s.payload,
    'max_attempts', s.max_attempts,
    'timeout_seconds', s.timeout_seconds,
    'max_duration_seconds', COALESCE(s.max_duration_seconds, ${DEFAULT_MAX_DURATION_SECONDS}),
    'callback_url', s.callback ->> 'url',
    'tags', COALESCE(to_json(s.tags), '[]'),
    'metadata', COALESCE(s.metadata, '{}'),
    'priority', COALESCE((s.flow ->> 'priority')::smallint, ${DEFAULT_PRIORITY}),
    'concurrency', s.flow -> 'concurrency',
    'rate_limit', s.flow -> 'rate_limit'),
  'create_time', iso_8601(s.create_time),
  'update_time', iso_8601(s.update_time),
  'revision', s.revision::text,
  'is_placed', s.placed_revision IS NOT DISTINCT FROM s.revision,
  'last_time', iso_8601(s.last_time),
  'last_job_id', s.last_job_id,
  'last_outcome', COALESCE(last.status, s.last_outcome),
  'last_skipped_time', iso_8601(s.last_skipped_time))`;

const LAST_JOB = 'LEFT JOIN jobs last ON last.job_id = s.last_job_id';

/**
 * The time from which a newly started rate's firings are counted: a whole second, as in EventBridge Scheduler.
 */
const FROM_NOW = `date_trunc('second', now())`;

/**
 * `tenant`, `name` (text), `definition` (text): a {@link ScheduleDefinition} as JSON; and the parameters of {@link
 * auditEntry}. The audit entry's id is also the request's id. Writes the whole schedule. If the definition has no state, a
 * new schedule is started, and an existing schedule keeps its state. An unchanged rate keeps its firing times; a new or
 * restarted rate is counted from now. `created` says whether this request created the schedule, even if the request is
 * repeated. `before` is the previous row, as a JSON string for {@link RESTORE_SCHEDULE}.
 */
export const PUT_SCHEDULE: Statement = {
  name: 'put-schedule',
  sql: `
WITH new AS (
  SELECT *
  FROM json_to_record(:definition::json) AS d(
    rate text, cron text, timezone text, start_at timestamptz, end_at timestamptz, overlap text, state text,
    type text, payload json, max_attempts int, timeout_seconds int, max_duration_seconds int, callback jsonb, flow jsonb,
    tags text[], metadata jsonb)
),
s AS (
  INSERT INTO schedules AS present
    (tenant, name, rate, cron, timezone, start_at, end_at, anchor_at, overlap, state,
     type, payload, max_attempts, timeout_seconds, max_duration_seconds, callback, created_by,
     flow, tags, metadata)
  SELECT :tenant, :name, rate, cron, timezone, start_at, end_at, GREATEST(${FROM_NOW}, start_at), overlap,
         COALESCE(state, 'started'), type, COALESCE(payload, 'null'), max_attempts, timeout_seconds,
         max_duration_seconds,
         NULLIF(callback, 'null'), :entry_id::uuid,
         flow, tags, metadata
  FROM new
  ON CONFLICT (tenant, name) DO UPDATE SET
    rate = excluded.rate, cron = excluded.cron, timezone = excluded.timezone,
    start_at = excluded.start_at, end_at = excluded.end_at, overlap = excluded.overlap,
    state = COALESCE((SELECT state FROM new), present.state),
    anchor_at = CASE
      WHEN present.state = 'started' AND COALESCE((SELECT state FROM new), 'started') = 'started'
        AND present.rate IS NOT DISTINCT FROM excluded.rate
        AND present.start_at IS NOT DISTINCT FROM excluded.start_at
      THEN present.anchor_at ELSE excluded.anchor_at END,
    type = excluded.type, payload = excluded.payload, max_attempts = excluded.max_attempts,
    timeout_seconds = excluded.timeout_seconds, max_duration_seconds = excluded.max_duration_seconds,
    callback = excluded.callback, flow = excluded.flow,
    tags = excluded.tags, metadata = excluded.metadata,
    update_time = now(), revision = nextval('schedule_revisions')
  RETURNING present.*
),${auditEntry('s.name', 's')}
SELECT json_build_object(
  'created', s.created_by = :entry_id::uuid,
  'before', (SELECT row_to_json(b)::text FROM schedules b WHERE b.tenant = :tenant AND b.name = :name),
  'schedule', ${SCHEDULE_DOCUMENT})::text
FROM s ${LAST_JOB}`,
};

/** `tenant`, `name` (text). Returns one schedule, or no row. */
export const GET_SCHEDULE: Statement = {
  name: 'get-schedule',
  sql: `SELECT ${SCHEDULE_DOCUMENT}::text FROM schedules s ${LAST_JOB} WHERE s.tenant = :tenant AND s.name = :name`,
};

/** `tenant`, `after` (text), `limit` (integer). Returns a page of schedules, ordered by name. */
export const LIST_SCHEDULES: Statement = {
  name: 'list-schedules',
  sql: `
SELECT ${SCHEDULE_DOCUMENT}::text
FROM schedules s ${LAST_JOB}
WHERE s.tenant = :tenant AND s.name > :after
ORDER BY s.name
LIMIT :limit`,
};

/** `tenant` (text), `limit` (integer). Returns schedules whose current revision may not be in EventBridge Scheduler yet. */
export const LIST_UNPLACED_SCHEDULES: Statement = {
  name: 'list-unplaced-schedules',
  sql: `
SELECT ${SCHEDULE_DOCUMENT}::text
FROM schedules s ${LAST_JOB}
WHERE s.tenant = :tenant AND s.placed_revision IS DISTINCT FROM s.revision
ORDER BY s.name
LIMIT :limit`,
};

/**
 * Returns CTEs that start or stop schedules. `s` contains the schedules that now have the requested state. The locked rows
 * (`before`) are the newest versions, so they show whether the state changes.
 *
 * @param chosen the condition that selects the schedules, in addition to the tenant
 */
const startOrStop = (chosen: string): string => `
WITH before AS (
  SELECT tenant, name, state FROM schedules WHERE tenant = :tenant AND ${chosen} ORDER BY name FOR UPDATE
),
s AS (
  UPDATE schedules present
  SET state = :state,
      anchor_at = CASE WHEN before.state = :state THEN present.anchor_at ELSE GREATEST(${FROM_NOW}, present.start_at) END,
      update_time = CASE WHEN before.state = :state THEN present.update_time ELSE now() END,
      revision = nextval('schedule_revisions')
  FROM before
  WHERE present.tenant = before.tenant AND present.name = before.name
  RETURNING present.*, before.state <> :state AS is_changed
)`;

/**
 * `tenant`, `name`, `state` (text), and the parameters of {@link auditEntry}. Starts or stops one schedule. The schedule is
 * marked as unplaced even if it already had the requested state, so that a repeated request places it again.
 */
export const SET_SCHEDULE_STATE: Statement = {
  name: 'set-schedule-state',
  sql: `
${startOrStop('name = :name')},${auditEntry('name', 's WHERE is_changed')}
SELECT ${SCHEDULE_DOCUMENT}::text FROM s ${LAST_JOB}`,
};

/**
 * `tenant`, `state`, `actor`, `action` (text), `entry_id` (uuid), `left_out` (text): a JSON array of job types. Starts or
 * stops all schedules except those with these job types. Returns one row with the number of schedules that now have the
 * requested state, and with the schedules that were left unchanged.
 *
 * Each schedule whose state changes gets an audit entry. The entry's id consists of the timestamp of `entry_id` and a hash.
 */
export const SET_STATE_OF_ALL_SCHEDULES: Statement = {
  name: 'set-state-of-all-schedules',
  sql: `
${startOrStop('type NOT IN (SELECT json_array_elements_text(:left_out::json))')},
audited AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, overlay(md5(:entry_id || name) PLACING left(replace(:entry_id, '-', ''), 12) FROM 1)::uuid, :actor, :action, name
  FROM s WHERE is_changed
  ON CONFLICT DO NOTHING
)
SELECT json_build_object(
  'count', (SELECT count(*) FROM s),
  'left', (
    SELECT COALESCE(json_agg(json_build_object('name', name, 'type', type) ORDER BY name), '[]')
    FROM schedules
    WHERE tenant = :tenant AND type IN (SELECT json_array_elements_text(:left_out::json))))::text`,
};

/**
 * `tenant`, `name`, `revision` (text). Records that EventBridge Scheduler has this revision. Returns one row if the revision
 * is still current.
 */
export const MARK_SCHEDULE_PLACED: Statement = {
  name: 'mark-schedule-placed',
  sql: `
UPDATE schedules SET placed_revision = revision
WHERE tenant = :tenant AND name = :name AND revision = :revision::bigint
RETURNING 'true'`,
};

/** `tenant`, `name`, `revision` (text). Records that this revision is missing from EventBridge Scheduler. */
export const MARK_SCHEDULE_UNPLACED: Statement = {
  name: 'mark-schedule-unplaced',
  sql: `UPDATE schedules SET placed_revision = NULL WHERE tenant = :tenant AND name = :name AND revision = :revision::bigint`,
};

/**
 * `tenant`, `name`, `revision`, `before` (text), and the parameters of {@link auditEntry}. Restores the schedule that {@link
 * PUT_SCHEDULE} replaced, as a new revision. Returns no row if `revision` is no longer current.
 */
export const RESTORE_SCHEDULE: Statement = {
  name: 'restore-schedule',
  sql: `
WITH s AS (
  UPDATE schedules present
  SET rate = b.rate, cron = b.cron, timezone = b.timezone, start_at = b.start_at, end_at = b.end_at,
      anchor_at = b.anchor_at, overlap = b.overlap, state = b.state, type = b.type, payload = b.payload,
      max_attempts = b.max_attempts, timeout_seconds = b.timeout_seconds,
      max_duration_seconds = b.max_duration_seconds, callback = b.callback, flow = b.flow,
      tags = b.tags, metadata = b.metadata,
      update_time = b.update_time, revision = nextval('schedule_revisions')
  FROM json_populate_record(NULL::schedules, :before::json) b
  WHERE present.tenant = :tenant AND present.name = :name AND present.revision = :revision::bigint
  RETURNING present.*
),${auditEntry('s.name', 's')}
SELECT ${SCHEDULE_DOCUMENT}::text FROM s ${LAST_JOB}`,
};

/**
 * `tenant`, `name`, `revision` (text), and the parameters of {@link auditEntry}. Deletes a schedule if `revision` is still
 * current.
 */
export const DELETE_SCHEDULE_REVISION: Statement = {
  name: 'delete-schedule-revision',
  sql: `
WITH deleted AS (
  DELETE FROM schedules WHERE tenant = :tenant AND name = :name AND revision = :revision::bigint RETURNING name
),${auditEntry('name', 'deleted')}
SELECT 'true' FROM deleted`,
};

/**
 * `tenant`, `name` (text), and the parameters of {@link auditEntry}. Deletes a schedule and its firing records. Returns one
 * row if the schedule existed.
 */
export const DELETE_SCHEDULE: Statement = {
  name: 'delete-schedule',
  sql: `
WITH firings AS (
  DELETE FROM schedule_firings WHERE tenant = :tenant AND name = :name
),
deleted AS (
  DELETE FROM schedules WHERE tenant = :tenant AND name = :name RETURNING name
),${auditEntry('name', 'deleted')}
SELECT 'true' FROM deleted`,
};
