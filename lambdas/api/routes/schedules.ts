import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import {
  deleteSchedule,
  getSchedule,
  putSchedule,
  setScheduleState,
  setStateOfAllSchedules,
  type SchedulePorts,
} from '../../job/schedules/manage-schedules.ts';
import { toView, type ScheduleState } from '../../job/schedules/schedule.ts';
import type { JsonEvent } from '../../middleware/json-body.ts';
import { json } from '../response.ts';
import { readDefinition } from '../schedule-definition.ts';
import { submissionSchema } from '../schemas.ts';
import type { SubmissionRules } from '../submission.ts';
import type { OfTenant } from '../caller.ts';
import { described } from '../described.ts';
import { validate } from '../validation.ts';

/** What the operations on schedules stand on. */
export interface ScheduleRoutes extends SchedulePorts, SubmissionRules {
  now: () => Date;
}

type Answer = Promise<APIGatewayProxyStructuredResultV2>;

/** EventBridge Scheduler takes 64 characters; the end of them tells tenants apart. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;
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
    { description: 'What the caller calls the schedule.' },
  ),
});

const MAX_LIMIT = 50;
const LIMIT_MESSAGE = `must be a whole number from 1 to ${MAX_LIMIT}`;

/** The query of `GET /v1/schedules`. */
export const schedulesQuerySchema = z.strictObject({
  limit: z._default(
    described(
      z
        .pipe(z.string().check(z.regex(/^\d{1,4}$/, LIMIT_MESSAGE)), z.transform(Number))
        .check(z.refine((limit) => limit >= 1 && limit <= MAX_LIMIT, LIMIT_MESSAGE)),
      {
        type: 'integer',
        minimum: 1,
        maximum: MAX_LIMIT,
        description: 'The most items of the page.',
      },
    ),
    MAX_LIMIT,
  ),
  cursor: z.optional(
    described(
      z
        .pipe(
          z.string(),
          z.transform((text: string) => Buffer.from(text, 'base64url').toString()),
        )
        .check(
          z.refine(
            (name) => NAME.test(name),
            'is not a cursor of this service; use next_cursor of the page before',
          ),
        ),
      { description: '`next_cursor` of the page before.' },
    ),
  ),
});

/** `PUT /v1/schedules/{name}`: 201 a new schedule, 200 one that was there. */
export function replaceSchedule(routes: ScheduleRoutes): (event: JsonEvent & OfTenant) => Answer {
  const schema = submissionSchema(routes.jobTimeout);
  return async (event) => {
    const name = readName(event);
    const definition = readDefinition(event.body, event.tenant, schema, routes);
    const { created, schedule } = await putSchedule(event.tenant, name, definition, routes);
    const view = toView(schedule, routes.now());
    return created ? json(201, view, { location: `/v1/schedules/${name}` }) : json(200, view);
  };
}

/** `GET /v1/schedules/{name}` */
export function showSchedule(routes: ScheduleRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const schedule = await getSchedule(event.tenant, readName(event), routes);
    return json(200, toView(schedule, routes.now()));
  };
}

/** `GET /v1/schedules`: a page of schedules in the order of their names. */
export function listSchedules({
  store,
  now,
}: ScheduleRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const { limit, cursor = '' } = validate(schedulesQuerySchema, event.queryStringParameters ?? {}, 'query');
    // One more than the page holds tells whether there is another.
    const found = await store.list(event.tenant, cursor, limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return json(200, {
      items: page.map((schedule) => toView(schedule, now())),
      limit,
      next_cursor: last ? Buffer.from(last.name).toString('base64url') : null,
    });
  };
}

/** `DELETE /v1/schedules/{name}`: 204. Jobs that it has submitted stay. */
export function removeSchedule(routes: ScheduleRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    await deleteSchedule(event.tenant, readName(event), routes);
    return { statusCode: 204 };
  };
}

/** `PUT /v1/schedules/{name}/start`, `…/stop` */
export function changeState(
  state: ScheduleState,
  routes: ScheduleRoutes,
): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const schedule = await setScheduleState(event.tenant, readName(event), state, routes);
    return json(200, toView(schedule, routes.now()));
  };
}

/** `PUT /jobs/start`, `PUT /jobs/stop`: every schedule. */
export function changeStateOfAll(state: ScheduleState, routes: ScheduleRoutes): (event: OfTenant) => Answer {
  return async (event) => {
    const { count, left } = await setStateOfAllSchedules(event.tenant, state, routes);
    return json(200, { state, schedules: count, not_started: left });
  };
}

function readName(event: Pick<APIGatewayProxyEventV2, 'pathParameters'>): string {
  return validate(scheduleNameSchema, event.pathParameters ?? {}, 'path').name;
}
