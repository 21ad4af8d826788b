import * as z from 'zod';
import { jobSummary } from '../../../job/job-schema.ts';
import { named } from '../components.ts';

const { shape } = jobSummary;

const jsonSchema = z.record(z.string(), z.unknown());

const jobType = named(
  'JobType',
  z.object({
    name: z.string(),
    queue: z.string().meta({ description: 'The queue that runs its jobs.' }),
    max_attempts: z.int().min(1).meta({ description: 'The default of a submission’s `max_attempts`.' }),
    timeout_seconds: z.int().min(1).nullable().meta({
      description: 'The default of a submission’s `timeout_seconds`; null for the timeout of the queue.',
    }),
    max_duration_seconds: z
      .int()
      .min(1)
      .meta({ description: 'The default of a submission’s `max_duration_seconds`.' }),
    priority: shape.priority.meta({ description: 'The default of a submission’s `priority`.' }),
    concurrency: shape.concurrency.meta({
      description:
        'The default of a submission’s `concurrency`. A key such as `payload.customer` is a path into the payload.',
    }),
    rate_limit: shape.rate_limit.meta({
      description:
        'The default of a submission’s `rate_limit`. A key such as `payload.customer` is a path into the payload.',
    }),
    payload: jsonSchema.meta({ description: 'A JSON Schema, draft 2020-12.' }),
    signals: z.record(z.string(), jsonSchema).nullable().meta({
      description:
        'The JSON Schemas of the payloads of its signals, by the signals’ names. Null for a type that accepts every signal.',
    }),
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
      max_duration_seconds: 86_400,
      priority: 5,
      concurrency: null,
      rate_limit: null,
      payload: {
        type: 'object',
        properties: { image: { type: 'string' }, width: { type: 'integer', maximum: 4000 } },
        required: ['image', 'width'],
      },
      signals: null,
    },
  ],
};
