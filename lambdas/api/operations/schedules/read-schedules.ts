import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { schedule, scheduleExample, schedulePage } from '../../documents/views/schedule.ts';
import { described } from '../../field-schemas.ts';
import { operation } from '../../operation.ts';
import { CURSOR_MESSAGE, limitField } from '../../page.ts';
import { NAME, scheduleNameSchema } from './schedule-name.ts';

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

/** A page of schedules, ordered by name. The cursor is the last name of the page before. */
export const listSchedules = operation({
  id: 'listSchedules',
  method: 'GET',
  path: '/v1/schedules',
  scope: 'read',
  request: {
    query: z.strictObject({
      limit: limitField(50),
      cursor: z.optional(
        described(
          z
            .pipe(
              z.string(),
              z.transform((text: string) => Buffer.from(text, 'base64url').toString()),
            )
            .check(z.refine((name) => NAME.test(name), CURSOR_MESSAGE)),
          !import.meta.bundled && { description: 'The `next_cursor` of the previous page.' },
        ),
      ),
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
