import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { ExpressionError } from '../../../../lambdas/schedule-expression/zone.ts';
import { invalid, oneOf, optionalObject, optionalSeconds, optionalText, requireKnown } from './members.ts';
import { isOneTime, requireReadable, type Schedule } from './schedule.ts';
import { readTarget } from './target-input.ts';

/** The pattern for the names of schedules and groups. */
const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;

/** The maximum age of a start date, in milliseconds. AWS refuses older start dates. */
const START_GRACE_MS = 5 * 60_000;

const KNOWN = [
  ...['ActionAfterCompletion', 'ClientToken', 'Description', 'EndDate', 'FlexibleTimeWindow', 'GroupName'],
  ...['ScheduleExpression', 'ScheduleExpressionTimezone', 'StartDate', 'State', 'Target'],
];

/**
 * Reads the schedule in a CreateSchedule or UpdateSchedule request. As in AWS, an update replaces everything: missing members get
 * their defaults again.
 *
 * @throws JsonError `ValidationException` that names the member
 */
export function readSchedule(
  name: string,
  input: JsonObject,
  { now, arn, before }: { now: number; arn: string; before?: Schedule | undefined },
): Schedule {
  requireName(name, 'Name');
  requireKnown(input, KNOWN);
  const { StartDate: startDate, EndDate: endDate } = input;
  const window = optionalObject(input.FlexibleTimeWindow, 'FlexibleTimeWindow');
  if (window.Mode !== 'OFF') {
    throw invalid('FlexibleTimeWindow.Mode must be OFF; the embedded Scheduler fires on time');
  }
  requireKnown(window, ['Mode'], 'FlexibleTimeWindow.');
  const description = optionalText(input.Description, 'Description');
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
    ...(description !== undefined && { Description: description }),
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
 * Returns a new schedule's initial `firedUntil`, in ms since the epoch. A rate schedule begins at its start date, or immediately if it has none.
 * A one-time schedule whose time has already passed fires immediately.
 */
function beginOf(schedule: Schedule, now: number): number {
  if (isOneTime(schedule)) return 0;
  if (!schedule.ScheduleExpression.startsWith('rate(')) return now;
  return Math.min(now, (schedule.StartDate ?? Infinity) * 1000) - 1;
}
