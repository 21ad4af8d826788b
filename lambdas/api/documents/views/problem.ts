import * as z from 'zod';
import type { Problem } from '../../../middleware/problem.ts';
import { uuid } from '../../../job/job-schema.ts';
import { named, shapeOf } from '../components.ts';
import { batch } from './batch.ts';
import { submittedSummary } from './job.ts';

export const fieldError = named(
  'FieldError',
  z.object({
    field: z.string().meta({ description: 'The field’s path, such as `payload.seconds` or `limit`.' }),
    message: z.string().meta({ description: 'What is wrong and how to fix it.' }),
  }),
);

/** A problem of any kind (RFC 9457). */
export const problem = named(
  'Problem',
  shapeOf<Problem['body']>()(
    z.object({
      type: z.string().meta({ description: 'Stable: clients can switch on it.' }),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      errors: z.array(fieldError).readonly().exactOptional(),
      job_id: uuid.exactOptional(),
      job_status: z.string().exactOptional(),
      window_ends_at: z.iso.datetime().exactOptional(),
    }),
  ),
);

/** API Gateway's own responses. */
export const gatewayMessage = named('GatewayMessage', z.object({ message: z.string() }));

const batchItem = z.union([
  named('BatchedJob', z.object({ status: z.literal([200, 201]), job: submittedSummary })),
  named('BatchedProblem', z.object({ status: z.int().min(400).max(599), problem })),
]);

/**
 * The outcome of one submission in a batch. Has the fields of a `POST /v1/jobs` response, except for the payload and the
 * result.
 */
export type BatchItem = z.output<typeof batchItem>;

export const batchOutcome = named(
  'BatchOutcome',
  z.object({
    items: z.array(batchItem),
    batch: batch.exactOptional().meta({ description: 'The request’s batch, including the accepted jobs.' }),
  }),
);
