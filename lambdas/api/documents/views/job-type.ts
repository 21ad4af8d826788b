import * as z from 'zod';
import { named } from '../components.ts';

const jobType = named(
  'JobType',
  z.object({
    name: z.string(),
    queue: z.string().meta({ description: 'The queue that runs its jobs.' }),
    max_attempts: z.int().min(1).meta({ description: 'The default of a submission’s `max_attempts`.' }),
    timeout_seconds: z.int().min(1).nullable().meta({
      description: 'The default of a submission’s `timeout_seconds`; null for the timeout of the queue.',
    }),
    payload: z.record(z.string(), z.unknown()).meta({ description: 'A JSON Schema, draft 2020-12.' }),
  }),
);

export const jobTypeList = named('JobTypeList', z.object({ items: z.array(jobType) }));

export const jobTypeListExample: z.output<typeof jobTypeList> = {
  items: [
    {
      name: 'resize',
      queue: 'images',
      max_attempts: 5,
      timeout_seconds: null,
      payload: {
        type: 'object',
        properties: { image: { type: 'string' }, width: { type: 'integer', maximum: 4000 } },
        required: ['image', 'width'],
      },
    },
  ],
};
