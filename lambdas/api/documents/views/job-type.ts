import * as z from 'zod';
import { jobSummary } from '../../../job/job-schema.ts';
import { named } from '../components.ts';

const { shape } = jobSummary;

const jsonSchema = z.record(z.string(), z.unknown());

const jobType = named(
  'JobType',
  z.object({
    name: z.string(),
    queue: z.string().meta({ description: 'The queue that runs jobs of this type.' }),
    max_attempts: z.int().min(1).meta({ description: 'The default for `max_attempts` in submissions.' }),
    timeout_seconds: z.int().min(1).nullable().meta({
      description: 'The default for `timeout_seconds` in submissions; null for the queue’s timeout.',
    }),
    max_duration_seconds: z
      .int()
      .min(1)
      .meta({ description: 'The default for `max_duration_seconds` in submissions.' }),
    priority: shape.priority.meta({ description: 'The default for `priority` in submissions.' }),
    concurrency: shape.concurrency.meta({
      description:
        'The default for `concurrency` in submissions. A key such as `payload.customer` is a path into the payload.',
    }),
    rate_limit: shape.rate_limit.meta({
      description:
        'The default for `rate_limit` in submissions. A key such as `payload.customer` is a path into the payload.',
    }),
    payload: jsonSchema.meta({ description: 'The payload’s JSON Schema, draft 2020-12.' }),
    signals: z.record(z.string(), jsonSchema).nullable().meta({
      description:
        'The JSON Schemas of the signals’ payloads, by signal name. Null if the job type accepts every signal.',
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
