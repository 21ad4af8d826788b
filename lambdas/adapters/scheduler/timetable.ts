import { createHash } from 'node:crypto';
import type { CreateScheduleCommandInput } from '@aws-sdk/client-scheduler';
import { InvalidRequestError } from '../../job/errors.ts';
import type { Timetable } from '../../job/schedules/ports.ts';
import type { Schedule } from '../../job/schedules/schedule.ts';
import { firingMessage } from '../sqs/firing-queue.ts';
import {
  commonInput,
  isRefusal,
  toUnavailable,
  type Scheduler,
  type SchedulerSettings,
} from './scheduler.ts';

/** The settings for schedules that send their firings to a queue. */
export interface TimetableSettings extends SchedulerSettings {
  /** The firing queue's URL. */
  readonly firingsQueueUrl: string;
}

/** Creates a timetable that keeps its schedules in EventBridge Scheduler. */
export function createTimetable(scheduler: Scheduler, settings: TimetableSettings): Timetable {
  return {
    async enter(schedule, from) {
      const { client, sdk } = await scheduler();
      const input = toInput(schedule, from, settings);
      const update = () => client.send(new sdk.UpdateScheduleCommand(input));
      const create = () => client.send(new sdk.CreateScheduleCommand(input));
      try {
        for (let round = 1; ; round += 1) {
          if (await succeedsUnless(update, 'ResourceNotFoundException')) return;
          // Loop, because concurrent requests may create the schedule between the two calls, and then delete the schedule
          // again.
          if (await succeedsUnless(create, 'ConflictException')) return;
          if (round === MOST_ROUNDS) throw new Error('Concurrent requests create and delete the schedule.');
        }
      } catch (error) {
        if (!isRefusal(error, 'ValidationException')) throw toUnavailable(error);
        const field = schedule.rate === null ? 'cron' : 'rate';
        const message = `EventBridge Scheduler rejected it: ${(error as Error).message}`;
        throw new InvalidRequestError('body', [{ field, message }]);
      }
    },

    async strike(tenant, name) {
      const { client, sdk } = await scheduler();
      const input = { Name: nameOf(tenant, name), GroupName: settings.scheduleGroup };
      try {
        await client.send(new sdk.DeleteScheduleCommand(input));
      } catch (error) {
        if (!isRefusal(error, 'ResourceNotFoundException')) throw toUnavailable(error);
      }
    },
  };
}

/**
 * A placeholder that EventBridge Scheduler replaces with the scheduled time
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html).
 */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/**
 * The maximum number of tries to update or create a schedule that other requests are creating and deleting at the same
 * time.
 */
const MOST_ROUNDS = 5;

/**
 * Makes a call. Returns true if the call succeeds, and false if it fails with the error code `code`. @throws any other
 * error
 */
async function succeedsUnless(call: () => Promise<unknown>, code: string): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (isRefusal(error, code)) return false;
    throw error;
  }
}

/**
 * Returns a name that is unique across tenants, because all tenants share one schedule group. The name has at most 64
 * characters, which is AWS's limit.
 */
function nameOf(tenant: string, name: string): string {
  return `${name}.${createHash('sha256').update(tenant).digest('hex').slice(0, 8)}`;
}

function toInput(
  schedule: Schedule,
  from: Date | undefined,
  settings: TimetableSettings,
): CreateScheduleCommandInput {
  const { tenant, name, rate, cron, timezone, revision, end_at: endAt } = schedule;
  const message = firingMessage({ tenant, name, revision, fireTime: SCHEDULED_TIME });
  return {
    ...commonInput(settings, settings.firingsQueueUrl, message),
    Name: nameOf(tenant, name),
    Description: `The schedule ${name}`,
    ScheduleExpression: rate === null ? `cron(${cron ?? ''})` : `rate(${rate})`,
    ScheduleExpressionTimezone: timezone,
    State: 'ENABLED',
    ...(from && { StartDate: from }),
    ...(endAt !== null && { EndDate: new Date(endAt) }),
  };
}
