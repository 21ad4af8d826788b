import type { ScheduleState, ScheduleView } from '../../../job/schedules/schedule.ts';
import { scheduleNameSchema, schedulesQuerySchema } from '../../routes/schedules.ts';
import { definitionSchema } from '../../schedule-definition.ts';
import { named } from '../components.ts';
import { summaryExample } from '../examples.ts';
import { BODY_PROBLEMS, type Operation } from '../operation.ts';
import { allSchedules, schedule, schedulePage } from '../views/schedule.ts';

named('ScheduledSubmission', definitionSchema.shape.job);
const definition = named('ScheduleDefinition', definitionSchema);

const example: ScheduleView = {
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
    callback_url: null,
  },
  create_time: '2030-01-30T12:00:00.000Z',
  update_time: '2030-01-30T12:00:00.000Z',
  next_time: '2030-02-01T08:00:00.000Z',
  last_time: '2030-01-31T08:00:00.000Z',
  last_job_id: summaryExample.job_id,
  last_outcome: 'success',
  last_skipped_time: null,
};

const unfired = { ...example, last_time: null, last_job_id: null, last_outcome: null };
const stopped: ScheduleView = { ...example, state: 'stopped', next_time: null };

const tag = 'Schedules';
const path = '/v1/schedules/{name}';
const parameters = scheduleNameSchema;
const problems = { 400: ['invalid-request'], 404: ['schedule-not-found'] } as const;

export const scheduleOperations: readonly Operation[] = [
  {
    id: 'putSchedule',
    method: 'PUT',
    path,
    scope: 'admin',
    tag,
    summary: 'Create a schedule, or replace it as a whole',
    description: 'It submits a job at each of its times. The request can be repeated.',
    parameters,
    body: {
      schema: definition,
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
    answers: [
      {
        status: 201,
        description: 'A new schedule.',
        headers: { Location: 'The path of the schedule.' },
        content: { schema: schedule, example: unfired },
      },
      {
        status: 200,
        description: 'The schedule of this name, replaced.',
        content: { schema: schedule, example },
      },
    ],
    problems: { ...BODY_PROBLEMS, 400: ['malformed-body', 'invalid-request'] },
  },
  {
    id: 'getSchedule',
    method: 'GET',
    path,
    scope: 'read',
    tag,
    summary: 'Get a schedule',
    parameters,
    answers: [{ status: 200, description: 'The schedule.', content: { schema: schedule, example } }],
    problems,
  },
  {
    id: 'deleteSchedule',
    method: 'DELETE',
    path,
    scope: 'admin',
    tag,
    summary: 'Delete a schedule',
    description: 'The jobs that it has submitted stay.',
    parameters,
    answers: [{ status: 204, description: 'It is gone.' }],
    problems,
  },
  {
    id: 'listSchedules',
    method: 'GET',
    path: '/v1/schedules',
    scope: 'read',
    tag,
    summary: 'List schedules',
    description: 'In the order of their names.',
    query: schedulesQuerySchema,
    answers: [
      {
        status: 200,
        description: 'A page of schedules.',
        content: { schema: schedulePage, example: { items: [example], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
  {
    id: 'startSchedule',
    method: 'PUT',
    path: `${path}/start`,
    scope: 'admin',
    tag,
    summary: 'Start a schedule',
    description: 'What was due while it was stopped is not made up for.',
    parameters,
    answers: [{ status: 200, description: 'The schedule, started.', content: { schema: schedule, example } }],
    problems: { ...problems, 409: ['job-type-unavailable'] },
  },
  {
    id: 'stopSchedule',
    method: 'PUT',
    path: `${path}/stop`,
    scope: 'admin',
    tag,
    summary: 'Stop a schedule',
    description: 'The jobs that it has submitted go on.',
    parameters,
    answers: [
      { status: 200, description: 'The schedule, stopped.', content: { schema: schedule, example: stopped } },
    ],
    problems,
  },
  {
    id: 'startSchedules',
    method: 'PUT',
    path: '/jobs/start',
    scope: 'admin',
    tag,
    summary: 'Start every schedule',
    description: 'But for those whose jobs this deployment can not run; `not_started` names them.',
    answers: answersOfAll('started'),
  },
  {
    id: 'stopSchedules',
    method: 'PUT',
    path: '/jobs/stop',
    scope: 'admin',
    tag,
    summary: 'Stop every schedule',
    answers: answersOfAll('stopped'),
  },
];

function answersOfAll(state: ScheduleState): Operation['answers'] {
  return [
    {
      status: 200,
      description: `The schedules are ${state}.`,
      content: { schema: allSchedules, example: { state, schedules: 3, not_started: [] } },
    },
  ];
}
