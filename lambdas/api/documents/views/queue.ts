import * as z from 'zod';
import { MOST_COUNTED, type ConcurrencyKey } from '../../../job/flow/concurrency-keys.ts';
import type { Pause } from '../../../job/flow/pauses.ts';
import {
  HOLDS,
  type OldestJob,
  type PausedType,
  type QueueReport,
  type QueueReports,
} from '../../../job/flow/queue-report.ts';
import type { Woken } from '../../../job/flow/wake-in-rounds.ts';
import { moment, uuid } from '../../../job/job-schema.ts';
import { named, pageFields, shapeOf } from '../components.ts';
import { jobExample } from './job.ts';

const count = z.int().min(0);
const name = z.string();
const actor = z.string().nullable();

const ACTOR = 'The actor, as in the audit; null if unknown.';

const oldestJob = shapeOf<OldestJob>()(
  z.object({
    job_id: uuid,
    type: name,
    due_at: moment,
    age_seconds: z.number().min(0),
    held_by: z.enum(HOLDS).nullable().meta({ description: 'Null if the job is only waiting for a worker.' }),
  }),
);

const queue = named(
  'Queue',
  shapeOf<QueueReport>()(
    z.object({
      queue: name,
      waiting: count.meta({
        description:
          'Jobs that have not started, because they are waiting for a worker or for their `run_at`, or are held.',
      }),
      held: z
        .object({
          pause: count.meta({ description: 'Jobs held because the queue or their job type is paused.' }),
          concurrency: count.meta({ description: 'Jobs held because their concurrency key is full.' }),
          rate: count.meta({ description: 'Jobs held until the time assigned by their rate limit.' }),
        })
        .meta({
          description: `The waiting jobs that are not allowed to start yet, by reason. Each number is at most ${MOST_COUNTED}, even if more jobs are held.`,
        }),
      running: count,
      oldest_waiting: oldestJob
        .nullable()
        .meta({ description: 'The waiting or held job that has been due the longest.' }),
      paused_at: moment.nullable().meta({ description: 'Null if the queue is not paused.' }),
      paused_by: actor.meta({ description: ACTOR }),
    }),
  ),
);

const pausedJobType = shapeOf<PausedType>()(
  z.object({ type: name, paused_at: moment, paused_by: actor.meta({ description: ACTOR }) }),
);

export const queueList = named(
  'QueueList',
  shapeOf<QueueReports>()(z.object({ items: z.array(queue), paused_types: z.array(pausedJobType) })),
);

const pauseFields = { paused_at: moment, paused_by: actor.meta({ description: ACTOR }) };
const wokenFields = {
  woken: count.meta({ description: 'Jobs that this request woke.' }),
  more: z
    .boolean()
    .meta({ description: 'Whether there are more jobs to wake. The sweeper wakes them within minutes.' }),
};

export const pausedQueue = named(
  'PausedQueue',
  shapeOf<Pause & { queue: string }>()(z.object({ queue: name, ...pauseFields })),
);
export const pausedType = named(
  'PausedJobType',
  shapeOf<Pause & { type: string }>()(z.object({ type: name, ...pauseFields })),
);
export const resumedQueue = named(
  'ResumedQueue',
  shapeOf<Woken & { queue: string }>()(z.object({ queue: name, ...wokenFields })),
);
export const resumedType = named(
  'ResumedJobType',
  shapeOf<Woken & { type: string }>()(z.object({ type: name, ...wokenFields })),
);

const setLimit = count.nullable().meta({
  description: 'The limit set for the key, which overrides the jobs’ own limits; null if none is set.',
});

const concurrencyKey = named(
  'ConcurrencyKey',
  shapeOf<ConcurrencyKey>()(
    z.object({
      key: name,
      running: count.meta({ description: 'Running jobs, and jobs that were woken to use a free slot.' }),
      parked: count.meta({
        description: `Jobs waiting for a free slot. At most ${MOST_COUNTED}, even if more jobs wait.`,
      }),
      limit: count.nullable().meta({
        description:
          'The maximum number of jobs that run at once: `set_limit`, or else the next job’s own limit.',
      }),
      set_limit: setLimit,
      set_at: moment.nullable(),
      set_by: actor.meta({ description: ACTOR }),
    }),
  ),
);

export const concurrencyKeyPage = named(
  'ConcurrencyKeyPage',
  z.object({ items: z.array(concurrencyKey), ...pageFields }),
);

export const changedLimit = named(
  'ChangedConcurrencyLimit',
  shapeOf<Woken & { key: string; set_limit: number | null }>()(
    z.object({ key: name, set_limit: setLimit, ...wokenFields }),
  ),
);

const PAUSED: Pause = { paused_at: '2030-01-31T12:00:00.000Z', paused_by: 'key:516069fe8e2095c3' };
const WOKEN: Woken = { woken: 12, more: false };

export const pausedQueueExample = { queue: 'images', ...PAUSED };
export const pausedTypeExample = { type: 'resize', ...PAUSED };
export const resumedQueueExample = { queue: 'images', ...WOKEN };
export const resumedTypeExample = { type: 'resize', ...WOKEN };

export const queueListExample: QueueReports = {
  items: [
    {
      queue: 'default',
      waiting: 8,
      held: { pause: 0, concurrency: 5, rate: 0 },
      running: 4,
      oldest_waiting: {
        job_id: jobExample.job_id,
        type: 'sleep',
        due_at: jobExample.run_at,
        age_seconds: 0.412,
        held_by: 'concurrency',
      },
      paused_at: null,
      paused_by: null,
    },
    {
      queue: 'images',
      waiting: 0,
      held: { pause: 0, concurrency: 0, rate: 0 },
      running: 0,
      oldest_waiting: null,
      ...PAUSED,
    },
  ],
  paused_types: [pausedTypeExample],
};

export const concurrencyKeyExample: ConcurrencyKey = {
  key: 'customer-7',
  running: 2,
  parked: 5,
  limit: 2,
  set_limit: null,
  set_at: null,
  set_by: null,
};

export const changedLimitExample = { key: 'customer-7', set_limit: 2, woken: 1, more: false };
export const clearedLimitExample = { key: 'customer-7', set_limit: null, woken: 0, more: false };
