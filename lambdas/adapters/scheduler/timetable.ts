import { createHash } from 'node:crypto';
import type { CreateScheduleCommandInput } from '@aws-sdk/client-scheduler';
import { InvalidRequestError } from '../../job/errors.ts';
import type { Timetable } from '../../job/schedules/ports.ts';
import type { Schedule } from '../../job/schedules/schedule.ts';
import {
  commonInput,
  isRefusal,
  toUnavailable,
  type Scheduler,
  type SchedulerSettings,
} from './scheduler.ts';

/** The event with which EventBridge Scheduler invokes the function `scheduled`. */
export interface FiringEvent {
  tenant: string;
  schedule: string;
  revision: string;
  /** EventBridge Scheduler fills in the scheduled time. */
  fire_time: string;
}

/**
 * The schedules in EventBridge Scheduler.
 * @param targetArn the function that submits a firing's job
 */
export function createTimetable(
  scheduler: Scheduler,
  settings: SchedulerSettings,
  targetArn: () => string,
): Timetable {
  return {
    async enter(schedule, from) {
      const { client, sdk } = await scheduler();
      const input = toInput(schedule, from, settings, targetArn());
      const update = () => client.send(new sdk.UpdateScheduleCommand(input));
      try {
        await update().catch(async (error: unknown) => {
          if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
          await client.send(new sdk.CreateScheduleCommand(input)).catch(async (refusal: unknown) => {
            // A concurrent request has created it.
            if (!isRefusal(refusal, 'ConflictException')) throw refusal;
            await update();
          });
        });
      } catch (error) {
        if (!isRefusal(error, 'ValidationException')) throw toUnavailable(error);
        const field = schedule.rate === null ? 'cron' : 'rate';
        const message = `EventBridge Scheduler refused it: ${(error as Error).message}`;
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

/** Unique across tenants, which share one schedule group, and at most 64 characters long, AWS's limit. */
function nameOf(tenant: string, name: string): string {
  return `${name}.${createHash('sha256').update(tenant).digest('hex').slice(0, 8)}`;
}

function toInput(
  schedule: Schedule,
  from: Date | undefined,
  settings: SchedulerSettings,
  targetArn: string,
): CreateScheduleCommandInput {
  const { tenant, name, rate, cron, timezone, revision, end_at: endAt } = schedule;
  const event: FiringEvent = {
    tenant,
    schedule: name,
    revision,
    fire_time: '<aws.scheduler.scheduled-time>',
  };
  return {
    ...commonInput(settings, { arn: targetArn, input: JSON.stringify(event) }),
    Name: nameOf(tenant, name),
    Description: `The schedule ${name}`,
    ScheduleExpression: rate === null ? `cron(${cron ?? ''})` : `rate(${rate})`,
    ScheduleExpressionTimezone: timezone,
    State: 'ENABLED',
    ...(from && { StartDate: from }),
    ...(endAt !== null && { EndDate: new Date(endAt) }),
  };
}
