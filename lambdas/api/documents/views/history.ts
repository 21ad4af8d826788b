import * as z from 'zod';
import type { Durations } from '../../../job/history/histogram.ts';
import type { History, HistoryPoint, HistorySeries } from '../../../job/history/read-history.ts';
import { moment } from '../../../job/job-schema.ts';
import { named, shapeOf } from '../components.ts';

const count = (description: string) => z.int().min(0).meta({ description });

const milliseconds = z.int().min(0);

const durations = named(
  'Durations',
  shapeOf<Durations>()(
    z
      .object({
        count: count('The number of durations.'),
        mean: milliseconds,
        p50: milliseconds,
        p95: milliseconds,
        p99: milliseconds,
        max: milliseconds,
      })
      .meta({ description: 'Durations in milliseconds. Percentiles are estimates.' }),
  ),
);

const ofNone = 'Null if there were none.';

const point = named(
  'HistoryPoint',
  shapeOf<HistoryPoint>()(
    z.object({
      time: moment.meta({ description: 'When the step began.' }),
      accepted: count('Jobs accepted, including callbacks and jobs submitted by schedules or other jobs.'),
      resubmitted: count('Ended jobs retried by a client.'),
      succeeded: count('Jobs that succeeded.'),
      failed: count('Jobs that failed.'),
      canceled: count('Jobs that were canceled.'),
      started: count('Attempts started.'),
      retried: count('Attempts that were followed by another attempt.'),
      attempts_failed: count('Attempts whose handler threw.'),
      timed_out: count('Attempts that exceeded their timeout.'),
      lost: count('Attempts whose worker crashed or was stopped.'),
      throttled: count('Attempts that could not begin for lack of capacity.'),
      waiting_ms: durations
        .nullable()
        .meta({ description: `How long attempts that started in this step had been due. ${ofNone}` }),
      run_ms: durations
        .nullable()
        .meta({ description: `How long attempts that ended in this step ran. ${ofNone}` }),
      end_to_end_ms: durations.nullable().meta({
        description: `The time from acceptance to end, for jobs that ended in this step and were not retried by a client. ${ofNone}`,
      }),
    }),
  ),
);

const series = named(
  'HistorySeries',
  shapeOf<HistorySeries>()(
    z.object({
      name: z.string().nullable().meta({ description: 'The job type or queue; null without `group_by`.' }),
      points: z
        .array(point)
        .meta({ description: 'Oldest first. Steps in which nothing happened are omitted.' }),
    }),
  ),
);

export const history = named(
  'History',
  shapeOf<History>()(
    z.object({
      from: moment,
      to: moment,
      step: z.int().min(60).meta({ description: 'The length of each step, in seconds.' }),
      group_by: z.enum(['type', 'queue']).nullable(),
      series: z.array(series),
    }),
  ),
);

export const historyExample: History = {
  from: '2026-01-05T09:00:00.000Z',
  to: '2026-01-05T10:00:00.000Z',
  step: 300,
  group_by: 'type',
  series: [
    {
      name: 'sleep',
      points: [
        {
          time: '2026-01-05T09:05:00.000Z',
          accepted: 40,
          resubmitted: 0,
          succeeded: 38,
          failed: 1,
          canceled: 0,
          started: 41,
          retried: 2,
          attempts_failed: 3,
          timed_out: 0,
          lost: 0,
          throttled: 0,
          waiting_ms: { count: 41, mean: 61, p50: 34, p95: 180, p99: 420, max: 512 },
          run_ms: { count: 41, mean: 2011, p50: 2003, p95: 2030, p99: 2100, max: 2110 },
          end_to_end_ms: { count: 39, mean: 2090, p50: 2050, p95: 2300, p99: 2700, max: 2740 },
        },
      ],
    },
  ],
};
