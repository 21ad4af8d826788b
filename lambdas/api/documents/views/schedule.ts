import * as z from 'zod';
import type { ScheduleView } from '../../../job/schedules/schedule.ts';
import { definitionSchema } from '../../schedule-definition.ts';
import { named, shapeOf, pageFields } from '../components.ts';
import { jobSummary, json, moment, uuid } from '../../../job/job-schema.ts';
import { jobExample, jobStatus } from './job.ts';

named('ScheduledSubmission', definitionSchema.shape.job);
export const scheduleDefinition = named('ScheduleDefinition', definitionSchema);

const scheduleState = z.enum(['started', 'stopped']);

export const schedule = named(
  'Schedule',
  shapeOf<ScheduleView>()(
    z.object({
      name: z.string(),
      rate: z.string().nullable(),
      cron: z.string().nullable(),
      timezone: z.string(),
      start_at: moment.nullable(),
      end_at: moment.nullable(),
      overlap: z.enum(['skip', 'allow']),
      state: scheduleState,
      job: z
        .object({
          type: z.string(),
          payload: json,
          max_attempts: z.int().min(1),
          timeout_seconds: z.int().min(1),
          max_duration_seconds: jobSummary.shape.max_duration_seconds,
          callback_url: z.string().nullable(),
          tags: z.array(z.string()),
          metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
          priority: jobSummary.shape.priority,
          concurrency: jobSummary.shape.concurrency,
          rate_limit: jobSummary.shape.rate_limit,
        })
        .meta({ description: 'The job that each firing submits, with defaults filled in.' }),
      create_time: moment,
      update_time: moment,
      next_time: moment
        .nullable()
        .meta({ description: 'When the schedule fires next; null if it is stopped or has no firings left.' }),
      last_time: moment.nullable().meta({ description: 'When the schedule last fired.' }),
      last_job_id: uuid.nullable(),
      last_outcome: jobStatus.nullable().meta({
        description:
          'The last job’s status, or, once the job is deleted, its final status; null if there is no such job.',
      }),
      last_skipped_time: moment.nullable().meta({
        description:
          'The last firing that submitted nothing, because the previous job had not ended, the tenant had reached its job limit, the deployment can’t run the job type, or the firing was more than four days late.',
      }),
    }),
  ),
);

export const schedulePage = named('SchedulePage', z.object({ items: z.array(schedule), ...pageFields }));

export const allSchedules = named(
  'AllSchedules',
  z.object({
    state: scheduleState,
    schedules: z.int().min(0).meta({ description: 'The number of schedules that are now in this state.' }),
    not_started: z
      .array(z.object({ name: z.string(), reason: z.string() }))
      .meta({ description: 'Schedules that stay stopped because this deployment can’t run their jobs.' }),
  }),
);

export const scheduleExample: ScheduleView = {
  name: 'daily-report',
  rate: null,
  cron: '0 9 ? * MON-FRI *',
  timezone: 'Europe/Berlin',
  start_at: null,
  end_at: null,
  overlap: 'skip',
  state: 'started',
  job: {
    type: 'sleep',
    payload: { seconds: 2 },
    max_attempts: 3,
    timeout_seconds: 46,
    max_duration_seconds: 86_400,
    callback_url: null,
    tags: ['report'],
    metadata: { region: 'eu' },
    priority: 5,
    concurrency: null,
    rate_limit: null,
  },
  create_time: '2030-01-30T12:00:00.000Z',
  update_time: '2030-01-30T12:00:00.000Z',
  next_time: '2030-02-01T08:00:00.000Z',
  last_time: '2030-01-31T08:00:00.000Z',
  last_job_id: jobExample.job_id,
  last_outcome: 'success',
  last_skipped_time: null,
};

export const unfiredExample = { ...scheduleExample, last_time: null, last_job_id: null, last_outcome: null };
export const stoppedExample: ScheduleView = { ...scheduleExample, state: 'stopped', next_time: null };
