import { readCron } from '../../../../lambdas/schedule-expression/cron.ts';
import { ExpressionError, momentOf, requireZone } from '../../../../lambdas/schedule-expression/zone.ts';
import { readRate, nextTime } from '../../../../lambdas/schedule-expression/recurrence.ts';
import type { WrittenWith } from './client-token.ts';

/** The universal target that calls SQS's SendMessage with the target's input. */
export const SEND_MESSAGE_TARGET = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';

/** A schedule's target, in the API's format. */
export interface Target {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input?: string;
  readonly RetryPolicy?: {
    readonly MaximumEventAgeInSeconds?: number;
    readonly MaximumRetryAttempts?: number;
  };
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

/** A stored schedule: the members that the API returns, and the schedule's progress. Dates are seconds since the epoch. */
export interface Schedule {
  readonly Arn: string;
  readonly GroupName: string;
  readonly Name: string;
  readonly Description?: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly State: 'ENABLED' | 'DISABLED';
  readonly FlexibleTimeWindow: { readonly Mode: 'OFF' };
  readonly ActionAfterCompletion: 'NONE' | 'DELETE';
  readonly Target: Target;
  readonly CreationDate: number;
  readonly LastModificationDate: number;
  /** The time up to which all due firings have been sent, in ms since the epoch. */
  readonly firedUntil: number;
  /** Identifies the CreateSchedule request, if it had a ClientToken. `updatedWith` identifies the last UpdateSchedule request. */
  readonly createdWith?: WrittenWith;
  readonly updatedWith?: WrittenWith;
  /** The scheduled times of firings in delivery, in ms since the epoch. */
  readonly onTheWay: readonly number[];
}

/** Returns the time of a schedule's next firing, in ms since the epoch, or undefined if the schedule will not fire again. */
export function nextFiring(schedule: Schedule): number | undefined {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: zone, firedUntil } = schedule;
  const bounds = { from: toMs(schedule.StartDate), until: toMs(schedule.EndDate) };
  const [, kind, inner = ''] = /^(at|rate|cron)\((.*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'at': {
      const moment = readAt(inner, zone);
      return moment > firedUntil ? moment : undefined;
    }
    case 'rate': {
      const anchor = bounds.from ?? schedule.LastModificationDate * 1000;
      return nextTime({ kind, rate: readRate(inner), anchor }, firedUntil, bounds);
    }
    case 'cron':
      return nextTime({ kind, cron: readCron(inner), zone }, firedUntil, bounds);
    case undefined:
    default:
      throw new ExpressionError(`"${expression}" is not an at(…), rate(…) or cron(…) expression`);
  }
}

/** @throws ExpressionError for an invalid expression or time zone */
export function requireReadable(schedule: Schedule): void {
  requireZone(schedule.ScheduleExpressionTimezone);
  // Recorded from AWS: packages/local/test/contract/suites/scheduler-inputs.ts
  if (/^rate\((\s|.*\s\)$)/.test(schedule.ScheduleExpression)) {
    throw new ExpressionError('a rate must not begin or end with a space');
  }
  nextFiring(schedule);
}

export function isOneTime({ ScheduleExpression: expression }: Schedule): boolean {
  return expression.startsWith('at(');
}

/** Parses `yyyy-mm-ddThh:mm:ss` in a time zone's local time. If daylight saving time skips the time, the result is one hour later. */
function readAt(text: string, zone: string): number {
  const wallClock = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text}Z`) : NaN;
  if (Number.isNaN(wallClock))
    throw new ExpressionError(`"${text}" is not a time in the format yyyy-mm-ddThh:mm:ss`);
  return momentOf(wallClock, zone) ?? momentOf(wallClock + 3_600_000, zone) ?? wallClock;
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
