import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  deleteSchedule,
  getSchedule,
  putSchedule,
  setScheduleState,
  setStateOfAllSchedules,
} from '../../../job/schedules/manage-schedules.ts';
import { toView, type ScheduleState } from '../../../job/schedules/schedule.ts';
import type { Dependencies } from '../../dependencies.ts';
import { json } from '../../operation.ts';
import { encodeNameCursor, pageOf } from '../../fields.ts';
import type { ApiRequest } from '../../request.ts';
import { readDefinition } from '../../schedule-definition.ts';

// The handlers of the schedule operations, loaded on the first request for a schedule (see lazy). The handlers parse cron
// expressions, which submissions never need.

interface ScheduleName {
  readonly name: string;
}

type Response = Promise<APIGatewayProxyStructuredResultV2>;

/** Creates or replaces a schedule. Responds with 201 for a new schedule, and with 200 for a replaced one. */
export async function replace(
  { tenant, path: { name }, body, auditEntry }: ApiRequest<ScheduleName>,
  { loadSchedules }: Dependencies,
): Response {
  const schedules = await loadSchedules();
  const definition = readDefinition(body, tenant, schedules);
  const { created, schedule } = await putSchedule(tenant, name, definition, auditEntry(), schedules);
  const view = toView(schedule, schedules.now());
  return created ? json(201, view, { location: `/v1/schedules/${name}` }) : json(200, view);
}

export async function show(
  { tenant, path: { name } }: ApiRequest<ScheduleName>,
  { loadSchedules }: Dependencies,
): Response {
  const schedules = await loadSchedules();
  return json(200, toView(await getSchedule(tenant, name, schedules), schedules.now()));
}

export async function list(
  {
    tenant,
    query: { limit, cursor = '' },
  }: ApiRequest<unknown, { limit: number; cursor?: string | undefined }>,
  { loadSchedules }: Dependencies,
): Response {
  const { store, now } = await loadSchedules();
  const { items, ...page } = pageOf(await store.list(tenant, cursor, limit + 1), limit, ({ name }) =>
    encodeNameCursor(name),
  );
  return json(200, { items: items.map((schedule) => toView(schedule, now())), ...page });
}

export async function remove(
  { tenant, path: { name }, auditEntry }: ApiRequest<ScheduleName>,
  { loadSchedules }: Dependencies,
): Response {
  const schedules = await loadSchedules();
  await deleteSchedule(tenant, name, auditEntry(), schedules);
  return { statusCode: 204 };
}

export async function changeState(
  { tenant, path: { name }, auditEntry }: ApiRequest<ScheduleName>,
  state: ScheduleState,
  { loadSchedules }: Dependencies,
): Response {
  const schedules = await loadSchedules();
  const schedule = await setScheduleState(tenant, name, state, auditEntry(), schedules);
  return json(200, toView(schedule, schedules.now()));
}

export async function changeStateOfAll(
  { tenant, auditEntry }: ApiRequest,
  state: ScheduleState,
  { loadSchedules }: Dependencies,
): Response {
  const schedules = await loadSchedules();
  const { count, left } = await setStateOfAllSchedules(tenant, state, auditEntry(), schedules);
  return json(200, { state, schedules: count, not_started: left });
}
