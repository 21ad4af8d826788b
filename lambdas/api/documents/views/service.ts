import * as z from 'zod';
import { SCOPES } from '../../../access/identity.ts';
import { named, shapeOf } from '../components.ts';
import type { QueueCounts, Statistics, StatusCounts } from '../../../job/statistics.ts';
import { moment, uuid } from '../../../job/job-schema.ts';
import { jobExample } from './job.ts';

export const alive = named('Alive', z.object({ status: z.literal('ok') }));

export const caller = named(
  'Caller',
  z.object({
    tenant: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    actor: z.string().nullable().meta({
      description: 'The caller’s name in the audit. Null if the credentials don’t identify anyone.',
    }),
  }),
);

export const callerExample: z.output<typeof caller> = {
  tenant: 'acme',
  scopes: ['read', 'submit'],
  actor: 'key:516069fe8e2095c3',
};

const healthStatus = z.enum(['ok', 'unavailable']);

const checkResult = z.object({
  status: healthStatus,
  latency_ms: z.int().min(0),
  error: z.string().exactOptional().meta({ description: 'The error’s name.' }),
});

export const health = named(
  'Health',
  z.object({ status: healthStatus, checks: z.record(z.string(), checkResult) }),
);

export type CheckResult = z.output<typeof checkResult>;
export type HealthReport = z.output<typeof health>;

export const healthyExample: HealthReport = {
  status: 'ok',
  checks: {
    aurora: { status: 'ok', latency_ms: 14 },
    dynamodb: { status: 'ok', latency_ms: 6 },
    sqs: { status: 'ok', latency_ms: 7 },
  },
};

export const unhealthyExample: HealthReport = {
  status: 'unavailable',
  checks: {
    ...healthyExample.checks,
    aurora: { status: 'unavailable', latency_ms: 5000, error: 'TimeoutError' },
  },
};

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
        visible: count.meta({ description: 'Messages that can be received now.' }),
        in_flight: count.meta({
          description: 'Messages that were received, but are neither deleted nor visible again.',
        }),
        delayed: count,
      })
      .meta({
        description:
          'Message counts as estimated by SQS, up to about a minute old. With `JOB_BATCH_SIZE` above 1, a message may name several jobs.',
      }),
  ),
);

const QUEUES = 'null without the `admin` scope, because all tenants share the queues.';

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
          run_at: moment.meta({ description: 'When the job became due.' }),
          age_seconds: z.number().min(0),
        })
        .nullable()
        .meta({ description: 'The due job that has been waiting for a worker the longest.' }),
      queue: queueCounts.nullable().meta({ description: `All queues together; ${QUEUES}` }),
      queues: z
        .record(z.string(), queueCounts)
        .nullable()
        .meta({ description: `Each queue, by name; ${QUEUES}` }),
      dead_letter_queue: queueCounts.nullable().meta({ description: QUEUES }),
    }),
  ),
);

const NO_MESSAGES = { visible: 0, in_flight: 0, delayed: 0 };
const COUNTS = { created: 1, running: 4, success: 120, failed: 2, canceled: 0 };

export const statisticsExample: Statistics = {
  jobs: { total: 127, by_status: COUNTS, by_type: { sleep: COUNTS } },
  oldest_waiting: {
    job_id: jobExample.job_id,
    type: 'sleep',
    run_at: jobExample.run_at,
    age_seconds: 0.412,
  },
  queue: { ...NO_MESSAGES, visible: 1, in_flight: 4 },
  queues: { default: { ...NO_MESSAGES, visible: 1, in_flight: 4 } },
  dead_letter_queue: NO_MESSAGES,
};
