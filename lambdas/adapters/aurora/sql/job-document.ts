import { DEFAULT_MAX_DURATION_SECONDS } from '../../../job/definition.ts';

/**
 * A listed job's fields, with the API's names, from a table or row source named `j`. A parked job's `run_at` is in the far
 * future, so the list shows `due_at` instead. A job that was woken to take a free slot of its concurrency key no longer
 * counts as held.
 */
const SUMMARY = `
  'job_id', j.job_id,
  'object_id', j.object_id,
  'type', j.type,
  'queue', j.queue,
  'status', j.status,
  'attempt', j.attempt,
  'max_attempts', j.max_attempts,
  'timeout_seconds', j.timeout_seconds,
  'max_duration_seconds', COALESCE(j.max_duration_seconds, ${DEFAULT_MAX_DURATION_SECONDS}),
  'create_time', iso_8601(j.create_time),
  'run_at', iso_8601(CASE WHEN j.status = 'created' AND j.wake_at IS NULL THEN j.due_at ELSE j.run_at END),
  'start_time', iso_8601(j.start_time),
  'end_time', iso_8601(j.end_time),
  'message', j.message,
  'cancel_requested', j.cancel_requested_at IS NOT NULL,
  'progress', CASE WHEN j.progress IS NOT NULL
              THEN json_build_object('fraction', j.progress, 'note', j.progress_note) END,
  'callback_job_id', CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END,
  'debounced', j.debounced,
  'trace_id', substr(j.trace ->> 'traceparent', 4, 32),
  'parent_job_id', j.parent_job_id,
  'batch_id', j.batch_id,
  'tags', COALESCE(to_json(j.tags), '[]'),
  'metadata', COALESCE(j.metadata, '{}'),
  'priority', j.priority,
  'concurrency', CASE WHEN j.concurrency_key IS NOT NULL
                 THEN json_build_object('key', j.concurrency_key, 'limit', j.concurrency_limit) END,
  'rate_limit', CASE WHEN j.rate_key IS NOT NULL
                THEN json_build_object('key', j.rate_key, 'limit', j.rate_limit, 'per_seconds', j.rate_seconds, 'burst', j.rate_burst) END,
  'held_by', CASE WHEN j.status = 'created' AND (j.held_by <> 'concurrency' OR j.wake_at IS NULL) THEN j.held_by END`;

/**
 * A job in a list. The payload and the result are omitted, because they could make a page exceed the Data API's limit of 1
 * MiB.
 */
export const JOB_SUMMARY = `json_build_object(${SUMMARY})`;

/**
 * The maximum size, in bytes, of a payload or result that is returned in the job's row. The Data API returns rows of up to
 * 64 KB (docs.aws.amazon.com, "Limitations with RDS Data API"). A 64 KB row can hold a payload and a result of this size,
 * plus the job's other fields.
 */
export const INLINE_BYTES = 24 * 1024;

/**
 * A full job. A payload or result that is too large for one row is omitted, and `…_in_parts` is true; see {@link
 * readParts}.
 */
export const JOB_DOCUMENT = `json_build_object(${SUMMARY},
  'waiting_for', CASE WHEN j.status = 'created' AND j.waits_for IS NOT NULL THEN waits_of(j.job_id, j.expires_at) END,
  'payload', CASE WHEN j.payload_bytes <= ${INLINE_BYTES} THEN j.payload END,
  'payload_in_parts', j.payload_bytes > ${INLINE_BYTES},
  'result', CASE WHEN j.result_bytes <= ${INLINE_BYTES} THEN j.result END,
  'result_in_parts', COALESCE(j.result_bytes > ${INLINE_BYTES}, false))`;
