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
    summary: 'Create a schedule, or replace it as a whole',
    description: 'It submits a job at each of its times. The request can be repeated.',
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
        description: 'The schedule of this name, replaced.',
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
    description: 'The jobs that it has submitted stay.',
    responses: [{ status: 204, description: 'It is gone.' }],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'] },
  },
});
