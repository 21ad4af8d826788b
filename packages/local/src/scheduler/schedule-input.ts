import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { ExpressionError } from '../../../../lambdas/schedule-expression/zone.ts';
import { isOneTime, requireReadable, SEND_MESSAGE_TARGET, type Schedule, type Target } from './schedule.ts';

/** Names of schedules and groups. */
const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;

/** AWS refuses a start that is longer ago, in milliseconds. */
const START_GRACE_MS = 5 * 60_000;

const TARGETS = /^arn:aws:(lambda:[^:]*:\d{12}:function:[\w-]+|sqs:[^:]*:\d{12}:[\w.-]+)$/;

/** The ARN of a universal target: a service and one of its actions, as the SDK names them. */
const UNIVERSAL_TARGET = /^arn:aws:scheduler:::aws-sdk:(?<service>[a-z0-9]+):(?<action>[a-z][A-Za-z0-9]*)$/;

/** Actions that only read (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html). */
const READ_ONLY = new RegExp(
  `^(${[
    ...['get', 'describe', 'list', 'poll', 'receive', 'search', 'scan', 'query', 'select', 'read', 'lookup'],
    ...['discover', 'validate', 'batchGet', 'batchDescribe', 'batchRead', 'transactGet', 'adminGet'],
    ...['adminList', 'testMigration', 'retrieve', 'testConnection', 'translateDocument', 'isAuthorized'],
    'invokeModel',
  ].join('|')})`,
);

const KNOWN = new Set([
  ...['ActionAfterCompletion', 'ClientToken', 'Description', 'EndDate', 'FlexibleTimeWindow', 'GroupName'],
  ...['ScheduleExpression', 'ScheduleExpressionTimezone', 'StartDate', 'State', 'Target'],
]);

/**
 * The schedule that a CreateSchedule or an UpdateSchedule asks for. An update replaces everything: what it leaves out has
 * its default again, as in AWS.
 *
 * @throws JsonError `ValidationException` naming the member
 */
export function readSchedule(
  name: string,
  input: JsonObject,
  { now, arn, before }: { now: number; arn: string; before?: Schedule | undefined },
): Schedule {
  requireName(name, 'Name');
  for (const member of Object.keys(input)) {
    if (!KNOWN.has(member)) throw invalid(`${member} is a member that the embedded Scheduler does not know`);
  }
  const { FlexibleTimeWindow: window, StartDate: startDate, EndDate: endDate } = input;
  if ((window as JsonObject | undefined)?.Mode !== 'OFF') {
    throw invalid('FlexibleTimeWindow.Mode must be OFF; the embedded Scheduler fires on time');
  }
  const start = optionalSeconds(startDate, 'StartDate');
  const end = optionalSeconds(endDate, 'EndDate');
  if (start !== undefined && start * 1000 < now - START_GRACE_MS) {
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago');
  }
  if (end !== undefined && end * 1000 <= now) throw invalid('The EndDate you specify must be in the future');
  const schedule: Schedule = {
    Arn: arn,
    GroupName: optionalText(input.GroupName, 'GroupName') ?? 'default',
    Name: name,
    ScheduleExpression: optionalText(input.ScheduleExpression, 'ScheduleExpression') ?? '',
    ScheduleExpressionTimezone:
      optionalText(input.ScheduleExpressionTimezone, 'ScheduleExpressionTimezone') ?? 'UTC',
    State: oneOf(input.State, 'State', ['ENABLED', 'DISABLED']),
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: oneOf(input.ActionAfterCompletion, 'ActionAfterCompletion', ['NONE', 'DELETE']),
    Target: readTarget(input.Target),
    CreationDate: before?.CreationDate ?? now / 1000,
    LastModificationDate: now / 1000,
    firedUntil: 0,
    onTheWay: before?.onTheWay ?? [],
    ...(typeof input.Description === 'string' && { Description: input.Description }),
    ...(start !== undefined && { StartDate: start }),
    ...(end !== undefined && { EndDate: end }),
  };
  const placed = { ...schedule, firedUntil: beginOf(schedule, now) };
  try {
    requireReadable(placed);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw invalid(`Invalid Schedule Expression ${placed.ScheduleExpression}: ${error.message}`);
  }
  return placed;
}

/** @throws JsonError `ValidationException` */
export function requireName(name: string, member: string): void {
  if (!NAME.test(name)) throw invalid(`${member} "${name}" must match ${NAME.source}`);
}

/**
 * Up to when a new schedule counts as fired, in ms since 1970. A rate begins at its start, or at once; a one-time schedule
 * whose moment has just passed fires at once, too.
 */
function beginOf(schedule: Schedule, now: number): number {
  if (isOneTime(schedule)) return 0;
  if (!schedule.ScheduleExpression.startsWith('rate(')) return now;
  return Math.min(now, (schedule.StartDate ?? Infinity) * 1000) - 1;
}

function readTarget(value: unknown): Target {
  const target = (value ?? {}) as Partial<Target>;
  const { Arn: arn = '' } = target;
  if (arn.startsWith('arn:aws:scheduler:::')) requireUniversalTarget(arn, target.Input);
  else if (!TARGETS.test(arn)) {
    throw invalid(
      `Target.Arn "${arn}" must be that of a Lambda function or an SQS queue, or ${SEND_MESSAGE_TARGET}`,
    );
  }
  if (!target.RoleArn) throw invalid('Target.RoleArn is missing');
  return target as Target;
}

function requireUniversalTarget(arn: string, input: string | undefined): void {
  const { service, action = '' } = UNIVERSAL_TARGET.exec(arn)?.groups ?? {};
  if (service === undefined) {
    throw invalid(`Target.Arn "${arn}" must have the form arn:aws:scheduler:::aws-sdk:service:apiAction`);
  }
  if (READ_ONLY.test(action)) {
    throw invalid(`Target.Arn "${arn}" names an action that only reads, which EventBridge Scheduler refuses`);
  }
  if (arn !== SEND_MESSAGE_TARGET) {
    throw invalid(
      `Target.Arn "${arn}" is not implemented: the embedded Scheduler has the universal target ${SEND_MESSAGE_TARGET} only`,
    );
  }
  if (!isJsonObject(input)) throw invalid('Target.Input must be a JSON object: the request to SQS');
}

function isJsonObject(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function oneOf<Value extends string>(
  value: unknown,
  member: string,
  values: readonly [Value, ...Value[]],
): Value {
  if (value === undefined) return values[0];
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw invalid(`${member} must be one of ${values.join(', ')}`);
  return found;
}

function optionalText(value: unknown, member: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${member} must be a text`);
}

function optionalSeconds(value: unknown, member: string): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  throw invalid(`${member} must be a number of seconds since 1970`);
}

function invalid(message: string): JsonError {
  return new JsonError('ValidationException', message);
}
