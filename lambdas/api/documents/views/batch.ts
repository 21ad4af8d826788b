import * as z from 'zod';
import * as schemas from '../../../job/batches/batch-schema.ts';
import type { Batch } from '../../../job/batches/batch.ts';
import { named, pageFields } from '../components.ts';

export const batch = named('Batch', schemas.batch);

export const batchPage = named('BatchPage', z.object({ items: z.array(batch), ...pageFields }));

export const batchExample: Batch = {
  batch_id: 'import-2030-01-31',
  status: 'closed',
  jobs: 250,
  counts: { created: 90, running: 10, success: 148, failed: 2, canceled: 0 },
  create_time: '2030-01-31T12:00:00.000Z',
  close_time: '2030-01-31T12:00:01.480Z',
  end_time: null,
  on_complete: { type: 'report', job_id: null },
};
