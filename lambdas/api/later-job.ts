import * as z from 'zod/mini';
import { MAX_ATTEMPTS, MAX_DURATION } from '../job/definition.ts';
import { described } from './fields.ts';
import { flowFields } from './flow-schema.ts';
import { metadata, tags } from './submission-schema.ts';

/**
 * A job that Errand submits later: when a schedule fires, or when a batch is completed. This schema only describes the
 * fields; `readLaterJob` validates them with the rules for submissions.
 */
export function laterJob(maxPayloadBytes: number) {
  return z.strictObject(
    {
      type: fieldOfJob(
        !import.meta.bundled && { type: 'string', description: 'The job type.', default: 'sleep' },
      ),
      payload: fieldOfJob(
        !import.meta.bundled && {
          description: `The job type’s input, at most ${maxPayloadBytes} bytes of JSON.`,
        },
      ),
      max_attempts: fieldOfJob(
        !import.meta.bundled && {
          type: 'integer',
          minimum: 1,
          maximum: MAX_ATTEMPTS,
          description: 'The maximum number of attempts. Defaults to the job type’s.',
        },
      ),
      timeout_seconds: fieldOfJob(
        !import.meta.bundled && {
          type: 'integer',
          minimum: 1,
          description: 'The timeout of one attempt, in seconds. Defaults to the deployment’s JOB_TIMEOUT.',
        },
      ),
      max_duration_seconds: fieldOfJob(
        !import.meta.bundled && {
          type: 'integer',
          minimum: 1,
          maximum: MAX_DURATION,
          description:
            'The maximum total duration of a job with steps, including its waits, in seconds. Defaults to the job type’s, which is a day unless the type sets its own.',
        },
      ),
      callback_url: fieldOfJob(
        !import.meta.bundled && {
          type: 'string',
          description: 'The URL to notify of the outcome when the job ends.',
        },
      ),
      ...flowFields,
      tags: z.optional(tags),
      metadata: z.optional(metadata),
    },
    'must be an object: the job that is submitted',
  );
}

/** Describes a field, without validating the value. */
function fieldOfJob(text: Parameters<typeof described>[1]) {
  return z.optional(described(z.unknown(), text));
}
