import { lazy } from '../../../lazy.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import {
  schedule,
  scheduleDefinition,
  scheduleExample,
  unfiredExample,
} from '../../documents/views/schedule.ts';
import { operation } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';
import { scheduleNameSchema } from './schedule-name.ts';

export const putSchedule = operation({
  id: 'putSchedule',
  method: 'PUT',
  path: '/v1/schedules/{name}',
  scope: 'admin',
  // No schema for the body: the handler has it, for it reads cron expressions.
  request: { path: scheduleNameSchema, body: { maxBytes: MAX_BODY_BYTES } },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).replace),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Create or replace a schedule',
    description: 'A schedule submits a job at each of its times. The request is idempotent.',
    body: {
      schema: scheduleDefinition,
      examples: {
        rate: { rate: '2 minutes', job: { type: 'sleep', payload: { seconds: 2 } } },
        cron: { cron: '0 9 ? * MON-FRI *', timezone: 'Europe/Berlin', job: { payload: { seconds: 2 } } },
        bounded: {
          rate: '1 hour',
          start_at: '2030-02-01T00:00:00Z',
          end_at: '2030-03-01T00:00:00+01:00',
          overlap: 'allow',
          state: 'stopped',
          job: { max_attempts: 5, timeout_seconds: 10 },
        },
      },
    },
    responses: [
      {
        status: 201,
        description: 'A new schedule.',
        headers: { Location: 'The path of the schedule.' },
        content: { schema: schedule, example: unfiredExample },
      },
      {
        status: 200,
        description: 'The replaced schedule.',
        content: { schema: schedule, example: scheduleExample },
      },
    ],
    problems: { ...BODY_PROBLEMS, 400: ['malformed-body', 'invalid-request'] },
  },
});

export const deleteSchedule = operation({
  id: 'deleteSchedule',
  method: 'DELETE',
  path: '/v1/schedules/{name}',
  scope: 'admin',
  request: { path: scheduleNameSchema },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).remove),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Delete a schedule',
    description: 'Jobs that it has submitted stay.',
    responses: [{ status: 204, description: 'The schedule is deleted.' }],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'] },
  },
});
