import type { Job, Schema } from 'errand-client';
import { compact, cut } from './compact.ts';

/** The maximum length of a job's message in a list, in characters. */
const MESSAGE_LIMIT = 300;

/** Returns a job as a list item, with as few fields as possible. */
export function jobLine(job: Schema<'JobSummary'>): object {
  return compact({
    job_id: job.job_id,
    type: job.type,
    status: job.status,
    queue: job.queue,
    object_id: job.object_id,
    attempt: `${job.attempt}/${job.max_attempts}`,
    create_time: job.create_time,
    // `run_at` is irrelevant once a job has started.
    run_at: job.status === 'created' ? job.run_at : null,
    start_time: job.start_time,
    end_time: job.end_time,
    held_by: job.held_by,
    message: cut(job.message ?? '', MESSAGE_LIMIT),
    progress: job.progress,
    tags: job.tags,
    batch_id: job.batch_id,
    parent_job_id: job.parent_job_id,
  });
}

/** The maximum length of a step's result in a list, in characters of JSON. */
const STEP_RESULT_LIMIT = 300;

/** Describes a step in a list. */
export function stepLine({ result, ...step }: Schema<'Step'>): object {
  return compact({
    ...step,
    failures: step.failures || null,
    timed_out: step.timed_out || null,
    message: cut(step.message ?? '', MESSAGE_LIMIT),
    ...boundedField('result', result, STEP_RESULT_LIMIT),
  });
}

/** Returns a job with all its fields. If the payload or the result exceeds the limit, it is cut, and `more` says how to read the rest. */
export function wholeJob({ payload, result, ...job }: Job, limit: number): object {
  const bounded = { ...boundedField('payload', payload, limit), ...boundedField('result', result, limit) };
  const longest = Math.max(jsonOf(payload).length, jsonOf(result).length);
  return compact({
    ...job,
    cancel_requested: job.cancel_requested || null,
    debounced: job.debounced || null,
    ...bounded,
    more: longest > limit ? `get_job with max_characters: ${longest}` : null,
  });
}

function boundedField(name: string, value: unknown, limit: number): object {
  const json = jsonOf(value);
  return json.length <= limit ? { [name]: value } : { [`${name}_start`]: cut(json, limit) };
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}
