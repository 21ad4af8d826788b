import * as z from 'zod/mini';
import { described, limitField, nameCursor } from '../../fields.ts';
import { lazy } from '../../../lazy.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import {
  schedule,
  scheduleDefinition,
  scheduleExample,
  unfiredExample,
  schedulePage,
} from '../../documents/views/schedule.ts';
import { operation } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';

/**
 * The pattern for schedule names. EventBridge Scheduler accepts names of up to 64 characters, and Errand appends a suffix
 * that distinguishes tenants.
 */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;

export const scheduleNameSchema = z.strictObject({
  name: described(
    z
      .string()
      .check(
        z.regex(
          NAME,
          'must have 1 to 48 letters, digits, hyphens and underscores, and begin with a letter or a digit',
        ),
      ),
    !import.meta.bundled && { description: 'The schedule’s name.' },
  ),
});

export const putSchedule = operation({
  id: 'putSchedule',
  method: 'PUT',
  path: '/v1/schedules/{name}',
  scope: 'admin',
  audit: 'schedule.put',
  // The body's schema needs the cron parser, so the schema is in the handler's module, which is lazy-loaded.
  request: { path: scheduleNameSchema, body: { maxBytes: MAX_BODY_BYTES } },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).replace),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Create or replace a schedule',
    description: 'A schedule submits a job each time it fires. The request is idempotent.',
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
  audit: 'schedule.delete',
  request: { path: scheduleNameSchema },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).remove),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Delete a schedule',
    description: 'Jobs that the schedule has already submitted are kept.',
    responses: [{ status: 204, description: 'The schedule is deleted.' }],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'] },
  },
});

export const getSchedule = operation({
  id: 'getSchedule',
  method: 'GET',
  path: '/v1/schedules/{name}',
  scope: 'read',
  request: { path: scheduleNameSchema },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).show),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Get a schedule',
    responses: [
      { status: 200, description: 'The schedule.', content: { schema: schedule, example: scheduleExample } },
    ],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'] },
  },
});

/** Lists a page of schedules, ordered by name. The cursor is the last name on the previous page. */
export const listSchedules = operation({
  id: 'listSchedules',
  method: 'GET',
  path: '/v1/schedules',
  scope: 'read',
  request: {
    query: z.strictObject({
      limit: limitField(50),
      cursor: z.optional(nameCursor((name) => NAME.test(name))),
    }),
  },
  handle: lazy(async () => (await import('./schedule-handlers.ts')).list),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'List schedules',
    description: 'Ordered by name.',
    responses: [
      {
        status: 200,
        description: 'A page of schedules.',
        content: {
          schema: schedulePage,
          example: { items: [scheduleExample], limit: 50, next_cursor: null },
        },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
