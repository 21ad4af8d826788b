import { lazy } from '../../../lazy.ts';
import { allSchedules, schedule, scheduleExample, stoppedExample } from '../../documents/views/schedule.ts';
import { operation } from '../../operation.ts';
import { scheduleNameSchema } from './manage-schedules.ts';

const changeState = lazy(async () => (await import('./schedule-handlers.ts')).changeState);
const changeStateOfAll = lazy(async () => (await import('./schedule-handlers.ts')).changeStateOfAll);

export const startSchedule = operation({
  id: 'startSchedule',
  method: 'PUT',
  path: '/v1/schedules/{name}/start',
  scope: 'admin',
  audit: 'schedule.start',
  request: { path: scheduleNameSchema },
  handle: async (request, dependencies) => changeState(request, 'started', dependencies),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Start a schedule',
    description: 'Firings missed while the schedule was stopped are skipped.',
    responses: [
      {
        status: 200,
        description: 'The schedule, started.',
        content: { schema: schedule, example: scheduleExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'], 409: ['job-type-unavailable'] },
  },
});

export const stopSchedule = operation({
  id: 'stopSchedule',
  method: 'PUT',
  path: '/v1/schedules/{name}/stop',
  scope: 'admin',
  audit: 'schedule.stop',
  request: { path: scheduleNameSchema },
  handle: async (request, dependencies) => changeState(request, 'stopped', dependencies),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Stop a schedule',
    description: 'Jobs that the schedule has already submitted continue.',
    responses: [
      {
        status: 200,
        description: 'The schedule, stopped.',
        content: { schema: schedule, example: stoppedExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['schedule-not-found'] },
  },
});

export const startSchedules = operation({
  id: 'startSchedules',
  method: 'PUT',
  path: '/jobs/start',
  scope: 'admin',
  audit: 'schedule.start',
  handle: async (request, dependencies) => changeStateOfAll(request, 'started', dependencies),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Start every schedule',
    description: 'Skips schedules whose job types this deployment can’t run; `not_started` lists them.',
    responses: [
      {
        status: 200,
        description: 'The schedules are started.',
        content: { schema: allSchedules, example: { state: 'started', schedules: 3, not_started: [] } },
      },
    ],
  },
});

export const stopSchedules = operation({
  id: 'stopSchedules',
  method: 'PUT',
  path: '/jobs/stop',
  scope: 'admin',
  audit: 'schedule.stop',
  handle: async (request, dependencies) => changeStateOfAll(request, 'stopped', dependencies),
  docs: !import.meta.bundled && {
    tag: 'Schedules',
    summary: 'Stop every schedule',
    responses: [
      {
        status: 200,
        description: 'The schedules are stopped.',
        content: { schema: allSchedules, example: { state: 'stopped', schedules: 3, not_started: [] } },
      },
    ],
  },
});
