import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { RequestTarget } from '../aws-endpoint/request-target.ts';
import type { SchedulerRoles } from './deliver.ts';
import { conflict, isRepetition, writtenWith, type WrittenWith } from './client-token.ts';
import { invalid, requireKnown } from './members.ts';
import { readSchedule, requireName } from './schedule-input.ts';
import type { Schedule } from './schedule.ts';
import type { ScheduleStore } from './schedule-store.ts';

const ACCOUNT = '000000000000';

/** The maximum number of results in a list, which is also the default. */
const MAX_RESULTS = 100;

/** Executes a call. @throws JsonError */
export type Operate = (method: string, target: RequestTarget, input: JsonObject) => object;

/** Returns a function that executes EventBridge Scheduler's operations, which are selected by method and path as in its REST API. */
export function createOperations(
  store: ScheduleStore,
  { region, roles, now }: { region: string; roles: SchedulerRoles; now: () => number },
): Operate {
  const arnOf = (kind: string, path: string) => `arn:aws:scheduler:${region}:${ACCOUNT}:${kind}/${path}`;

  function find(group: string, name: string): Schedule {
    const schedule = store.get(group, name);
    if (!schedule)
      throw new JsonError('ResourceNotFoundException', `Schedule ${name} does not exist.`, { status: 404 });
    return schedule;
  }

  function requireGroup(group: string): void {
    if (store.hasGroup(group)) return;
    throw new JsonError('ResourceNotFoundException', `Schedule group ${group} does not exist.`, {
      status: 404,
    });
  }

  function newSchedule(name: string, input: JsonObject, before: Schedule | undefined): Schedule {
    const group = groupOf(input.GroupName);
    requireGroup(group);
    const arn = arnOf('schedule', `${group}/${name}`);
    const schedule = readSchedule(name, input, { now: now(), arn, before });
    if (!roles.mayAssume(schedule.Target.RoleArn)) {
      const message =
        'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
      throw new JsonError('ValidationException', message);
    }
    return schedule;
  }

  function create(name: string, input: JsonObject): object {
    const request = writtenWith(input);
    const existing = store.get(groupOf(input.GroupName), name);
    if (existing) {
      if (isRepetition(request, existing.createdWith)) return { ScheduleArn: existing.Arn };
      throw conflict(`Schedule ${name} already exists.`);
    }
    const schedule = { ...newSchedule(name, input, undefined), ...(request && { createdWith: request }) };
    store.set(schedule);
    return { ScheduleArn: schedule.Arn };
  }

  function update(name: string, input: JsonObject): object {
    const request = writtenWith(input);
    const before = find(groupOf(input.GroupName), name);
    const { Arn: arn, createdWith } = before;
    if (isRepetition(request, before.updatedWith)) return { ScheduleArn: arn };
    store.set({
      ...newSchedule(name, input, before),
      ...(createdWith && { createdWith }),
      ...(request && { updatedWith: request }),
    });
    return { ScheduleArn: arn };
  }

  function describeGroup(name: string): object {
    requireGroup(name);
    return { Arn: arnOf('schedule-group', name), Name: name, State: 'ACTIVE' };
  }

  const schedules: Record<string, (name: string, input: JsonObject, query: URLSearchParams) => object> = {
    POST: create,
    PUT: update,
    GET(name, _input, query) {
      const schedule = find(groupOf(query.get('groupName')), name);
      return Object.fromEntries(Object.entries(schedule).filter(([member]) => /^[A-Z]/.test(member)));
    },
    DELETE(name, _input, query) {
      const { GroupName: group } = find(groupOf(query.get('groupName')), name);
      store.remove(group, name);
      return {};
    },
  };

  /** The requests that created groups. The requests are not stored, so after a restart, a retried CreateScheduleGroup fails with a conflict. */
  const groupsCreatedWith = new Map<string, WrittenWith>();

  const groups: Record<string, (name: string, input: JsonObject) => object> = {
    POST(name, input) {
      requireName(name, 'Name');
      requireKnown(input, ['ClientToken']);
      const request = writtenWith(input);
      const created = { ScheduleGroupArn: arnOf('schedule-group', name) };
      if (store.hasGroup(name)) {
        if (isRepetition(request, groupsCreatedWith.get(name))) return created;
        throw conflict(`Schedule group ${name} already exists.`);
      }
      store.addGroup(name);
      if (request) groupsCreatedWith.set(name, request);
      return created;
    },
    GET: describeGroup,
    DELETE(name) {
      requireGroup(name);
      if (name === 'default')
        throw new JsonError('ValidationException', 'The default group cannot be deleted.');
      store.removeGroup(name);
      groupsCreatedWith.delete(name);
      return {};
    },
  };

  function listSchedules(query: URLSearchParams): object {
    const [group, prefix = '', state] = ['ScheduleGroup', 'NamePrefix', 'State'].map(
      (name) => query.get(name) ?? undefined,
    );
    const found = store
      .all()
      .filter((schedule) => group === undefined || schedule.GroupName === group)
      .filter((schedule) => state === undefined || schedule.State === state)
      .filter(({ Name: name }) => name.startsWith(prefix))
      .map(({ Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target }) => ({
        ...{ Arn, Name, GroupName, State, CreationDate, LastModificationDate },
        Target: { Arn: Target.Arn },
      }))
      .sort((a, b) => (a.Arn < b.Arn ? -1 : 1));
    const { page, more } = pageOf(found, query);
    return { Schedules: page, ...more };
  }

  function listGroups(query: URLSearchParams): object {
    const prefix = query.get('NamePrefix') ?? '';
    const { page, more } = pageOf(
      store.groups().filter((name) => name.startsWith(prefix)),
      query,
    );
    return { ScheduleGroups: page.map(describeGroup), ...more };
  }

  return (method, { path, query }, input) => {
    const [, kind = '', encoded = ''] = path.split('/');
    const name = decodedName(encoded);
    if (kind === 'schedules') {
      if (name === '' && method === 'GET') return listSchedules(query);
      const operation = schedules[method];
      if (operation && name !== '') return operation(name, input, query);
    }
    if (kind === 'schedule-groups') {
      if (name === '' && method === 'GET') return listGroups(query);
      const operation = groups[method];
      if (operation && name !== '') return operation(name, input);
    }
    throw new JsonError(
      'UnknownOperationException',
      `The embedded Scheduler does not support the operation ${method} ${path}.`,
    );
  };
}

/** @throws JsonError ValidationException for a name with invalid percent encoding */
function decodedName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid(`${encoded} is not a valid name: its percent encoding is invalid.`);
  }
}

/** Returns the requested page of a list. The token encodes the next page's starting position. */
function pageOf<Item>(items: readonly Item[], query: URLSearchParams): { page: Item[]; more: object } {
  const token = query.get('NextToken') ?? '0';
  if (!/^\d{1,9}$/.test(token)) throw invalid('NextToken is invalid: use one from a previous response.');
  const size = query.get('MaxResults') ?? String(MAX_RESULTS);
  if (!/^\d{1,3}$/.test(size) || Number(size) < 1 || Number(size) > MAX_RESULTS)
    throw invalid(`MaxResults must be a whole number from 1 to ${MAX_RESULTS}`);
  const start = Number(token);
  const end = start + Number(size);
  return { page: items.slice(start, end), more: end < items.length ? { NextToken: String(end) } : {} };
}

function groupOf(value: unknown): string {
  return typeof value === 'string' ? value : 'default';
}
