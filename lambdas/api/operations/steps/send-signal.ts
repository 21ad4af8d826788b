import * as z from 'zod/mini';
import { STEP_NAME, STEP_NAME_EXPECTED } from '../../../job/definition-schemas.ts';
import { WITHOUT_CONTROL } from '../../../job/job-fields.ts';
import type { Json } from '../../../job/job.ts';
import { lazy } from '../../../lazy.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { sentSignal, sentSignalExample } from '../../documents/views/step.ts';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';
import { jobIdSchema } from '../jobs/job-request.ts';

const MAX_KEY = 128;

const signalPath = z.extend(jobIdSchema, {
  name: described(
    z.string().check(z.regex(STEP_NAME, `must have ${STEP_NAME_EXPECTED}`)),
    !import.meta.bundled && { description: 'The name of the signal that the job waits for.' },
  ),
});

export const signalBody = z.strictObject(
  {
    payload: z._default(
      described(
        z.custom<Json>(),
        !import.meta.bundled && {
          description:
            'The data for the job: any JSON of at most 256 KiB. If the job type declares the signal, the payload must match its schema.',
        },
      ),
      null,
    ),
    key: z.optional(
      described(
        z.string('must be a string').check(
          z.minLength(1, 'must have at least 1 character'),
          z.maxLength(MAX_KEY, `must have at most ${MAX_KEY} characters`),
          z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
          z.refine((key) => key.isWellFormed(), 'must not contain half a surrogate pair'),
        ),
        !import.meta.bundled && {
          description:
            'Makes the request idempotent: a second signal with the same name and key changes nothing. Without a key, each request sends a separate signal.',
        },
      ),
    ),
  },
  'must be a JSON object',
);

export const sendSignal = operation({
  id: 'sendSignal',
  method: 'POST',
  path: '/v1/jobs/{job_id}/signals/{name}',
  scope: 'submit',
  audit: 'job.signal',
  request: { path: signalPath, body: { maxBytes: MAX_BODY_BYTES, whenAbsent: {}, schema: signalBody } },
  handle: lazy(async () => (await import('./step-handlers.ts')).send),
  docs: !import.meta.bundled && {
    tag: 'Steps',
    summary: 'Send a signal to a job',
    description:
      'A job that is waiting for the signal continues. Any other unfinished job keeps the signal until a step waits for it. Signals with the same name are taken in the order of arrival, each by one step.',
    body: {
      schema: named('Signal', signalBody),
      examples: {
        keyed: { payload: { approved: true, by: 'ada' }, key: 'invoice-42' },
        empty: {},
      },
    },
    responses: [
      {
        status: 202,
        description: 'The job has the signal.',
        content: { schema: sentSignal, example: sentSignalExample },
      },
    ],
    problems: {
      ...BODY_PROBLEMS,
      400: ['malformed-body', 'invalid-request'],
      404: ['job-not-found'],
      409: ['state-conflict', 'too-many-signals'],
    },
  },
});
