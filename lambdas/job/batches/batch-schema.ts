import * as z from 'zod';
import { moment, uuid } from '../job-schema.ts';

// The single source of a batch's fields. Used like the schemas in job-schema.ts.

const count = z.int().min(0);

export const batch = z.object({
  batch_id: z.string(),
  status: z.enum(['open', 'closed', 'completed']).meta({
    description:
      'open: accepts further jobs → closed: accepts no further jobs and waits for its own → completed: all of its jobs have ended. A completed batch stays completed, even if one of its jobs is retried.',
  }),
  jobs: count.meta({ description: 'The number of jobs submitted with the batch.' }),
  counts: z.object({ created: count, running: count, success: count, failed: count, canceled: count }).meta({
    description: 'The number of jobs in each state, including jobs deleted after they ended.',
  }),
  create_time: moment,
  close_time: moment.nullable().meta({ description: 'When the last request for this batch closed it.' }),
  end_time: moment.nullable().meta({ description: 'When the batch was completed.' }),
  on_complete: z
    .object({
      type: z.string(),
      job_id: uuid.nullable().meta({ description: 'The job’s id; null until the batch is completed.' }),
    })
    .nullable()
    .meta({ description: 'The job that Errand submits once, when the batch is completed.' }),
});
