import * as z from 'zod';
import type { QueueCounts, Statistics, StatusCounts } from '../../../job/statistics.ts';
import { named } from '../components.ts';
import { shapeOf } from '../shape.ts';
import { moment, uuid } from './job.ts';

const count = z.int().min(0);

const statusCounts = named(
  'StatusCounts',
  shapeOf<StatusCounts>()(
    z.object({ created: count, running: count, success: count, failed: count, canceled: count }),
  ),
);

const queueCounts = named(
  'QueueCounts',
  shapeOf<QueueCounts>()(
    z
      .object({
        visible: count.meta({ description: 'Could be received now.' }),
        in_flight: count.meta({ description: 'Received, and neither deleted nor due again.' }),
        delayed: count,
      })
      .meta({ description: 'Messages, as SQS estimates them: right within about a minute.' }),
  ),
);

/** Of both. */
const QUEUES = 'With the scope `admin`; null without it, as it is the queue of all tenants.';

export const statistics = named(
  'Statistics',
  shapeOf<Statistics>()(
    z.object({
      jobs: z.object({
        total: count,
        by_status: statusCounts,
        by_type: z.record(z.string(), statusCounts),
      }),
      oldest_waiting: z
        .object({
          job_id: uuid,
          type: z.string(),
          run_at: moment.meta({ description: 'Since when it is due.' }),
          age_seconds: z.number().min(0),
        })
        .nullable()
        .meta({ description: 'Of the jobs that are due, the one that has waited longest for a worker.' }),
      queue: queueCounts.nullable().meta({ description: QUEUES }),
      dead_letter_queue: queueCounts.nullable().meta({ description: QUEUES }),
    }),
  ),
);
