import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { BATCH_ID } from '../../../job/job-fields.ts';
import { batchId as batchIdField } from '../../batch-request.ts';
import { batch, batchExample, batchPage } from '../../documents/views/batch.ts';
import { CURSOR_MESSAGE, described, limitField } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { RETRY_AFTER_DOCS, waitQuerySchema } from '../jobs/job-request.ts';

/** Gets one batch. Waits up to `wait` seconds for the batch to complete before responding. */
export const getBatch = operation({
  id: 'getBatch',
  method: 'GET',
  path: '/v1/batches/{batch_id}',
  scope: 'read',
  request: { path: z.strictObject({ batch_id: batchIdField }), query: waitQuerySchema },
  handle: lazy(async () => (await import('./batch-handlers.ts')).get),
  docs: !import.meta.bundled && {
    tag: 'Batches',
    summary: 'Get a batch',
    description: 'Counts a batch’s jobs by state. With `wait`, Errand responds when the batch is completed.',
    responses: [
      {
        status: 200,
        description: 'The batch.',
        optionalHeaders: RETRY_AFTER_DOCS,
        content: { schema: batch, example: batchExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['batch-not-found'] },
  },
});

/** The position of the previous page's last batch: its creation time in microseconds since 1970, and its id. */
const batchCursor = described(
  z.pipe(
    z.string(),
    z.transform((cursor: string, context) => {
      const [, createdAtMicros, batchId = ''] =
        /^(\d{1,16}) (.*)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
      if (createdAtMicros !== undefined && BATCH_ID.test(batchId))
        return { createdAtMicros: Number(createdAtMicros), batchId };
      context.issues.push({ code: 'custom', message: CURSOR_MESSAGE, input: cursor });
      return z.NEVER;
    }),
  ),
  !import.meta.bundled && { type: 'string', description: 'The `next_cursor` of the previous page.' },
);

/** Lists a page of batches, newest first. */
export const listBatches = operation({
  id: 'listBatches',
  method: 'GET',
  path: '/v1/batches',
  scope: 'read',
  request: { query: z.strictObject({ limit: limitField(200), cursor: z.optional(batchCursor) }) },
  handle: lazy(async () => (await import('./batch-handlers.ts')).list),
  docs: !import.meta.bundled && {
    tag: 'Batches',
    summary: 'List batches',
    description: 'Newest first.',
    responses: [
      {
        status: 200,
        description: 'A page of batches.',
        content: { schema: batchPage, example: { items: [batchExample], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
