import * as z from 'zod/mini';
import { MAX_DOCUMENT_BYTES } from '../job/job.ts';
import { batchIdText } from '../job/job-fields.ts';
import { described } from './fields.ts';
import { laterJob } from './later-job.ts';

export const batchId = described(
  batchIdText,
  !import.meta.bundled && {
    description: 'The batch’s id, which you choose. Each tenant has its own batches.',
  },
);

/** The batch that a request adds its jobs to. */
export const batchOfRequest = z.strictObject(
  {
    id: batchId,
    on_complete: z.optional(
      described(
        laterJob(MAX_DOCUMENT_BYTES),
        !import.meta.bundled && {
          description:
            'The job that Errand submits once, when the batch is completed. If several requests set it, the last one before the batch is closed wins.',
        },
      ),
    ),
    more: z._default(
      described(
        z.boolean('must be true or false'),
        !import.meta.bundled && {
          description:
            'Whether further requests will add jobs to the batch. If it is missing, the request closes the batch, unless one of the request’s jobs is rejected.',
        },
      ),
      false,
    ),
  },
  'must be an object: {"id", "on_complete", "more"}',
);

export type BatchOfRequest = z.output<typeof batchOfRequest>;
