import type { CreateScheduleCommandInput, SchedulerClient } from '@aws-sdk/client-scheduler';
import { loadOnce } from '../../lazy.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import { MAX_QUEUE_DELAY_SECONDS } from '../../job/job.ts';
import type { JobQueue, WakeUp } from '../../job/job-queue.ts';
import { wakeUpMessage, type QueueUrls } from '../sqs/job-queue.ts';
import type { ServiceLog } from '../../job/log.ts';

/**
 * A deployment's schedule group, and its schedules' role and dead-letter queue. The properties are named after the
 * function's environment variables.
 */
export interface SchedulerSettings {
  readonly scheduleGroup: string;
  /** The role that EventBridge Scheduler assumes to call its targets. */
  readonly scheduleRoleArn: string;
  /** The queue for messages that EventBridge Scheduler could not deliver. */
  readonly deadLetterArn: string;
}

/** Loads the EventBridge Scheduler client on the first call, because most requests don't need it. */
export type Scheduler = () => Promise<{
  readonly client: SchedulerClient;
  readonly sdk: typeof import('./client.ts').sdk;
}>;

export function createScheduler(): Scheduler {
  return loadOnce(async () => {
    const { createSchedulerClient, sdk } = await import('./client.ts');
    return { client: createSchedulerClient(), sdk };
  });
}

/** Failed deliveries are retried for a day, which is EventBridge Scheduler's maximum. */
const RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };

/**
 * Returns the settings shared by all of a deployment's schedules. Each schedule sends a message to a queue. The
 * schedules' target is SQS's SendMessage action rather than the queue's ARN, because an ARN supports message groups only
 * for FIFO queues (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html).
 */
export function commonInput(
  { scheduleGroup, scheduleRoleArn, deadLetterArn }: SchedulerSettings,
  queueUrl: string,
  message: { MessageBody: string; MessageGroupId: string },
): Pick<CreateScheduleCommandInput, 'GroupName' | 'FlexibleTimeWindow' | 'Target'> {
  const [, partition = 'aws'] = scheduleRoleArn.split(':');
  return {
    GroupName: scheduleGroup,
    // With a flexible window, two firings could get the same dedup key.
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: `arn:${partition}:scheduler:::aws-sdk:sqs:sendMessage`,
      RoleArn: scheduleRoleArn,
      Input: JSON.stringify({ QueueUrl: queueUrl, ...message }),
      RetryPolicy: RETRY,
      DeadLetterConfig: { Arn: deadLetterArn },
    },
  };
}

/** Whether a call was rejected with this error code. */
export function isRefusal(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

/** Converts a failed call's error to a domain error. The call may have succeeded anyway if only its response was lost. */
export function toUnavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError('scheduler', 'unknown', error);
}

/** The maximum number of schedules created concurrently. */
const AT_ONCE = 10;

/**
 * Creates a queue that supports delays of any length. For a delay longer than SQS's maximum, a one-time schedule sends the
 * message when it is due, and then deletes itself.
 */
export function createDelayedQueue(
  queue: JobQueue,
  scheduler: Scheduler,
  settings: SchedulerSettings & { queueUrls: QueueUrls },
  { now, log }: { now: () => Date; log: ServiceLog },
): JobQueue {
  async function wakeAt(wakeUp: WakeUp): Promise<string[]> {
    const { jobId, delaySeconds, queue: name, isSooner } = wakeUp;
    try {
      const queueUrl = settings.queueUrls.get(name);
      if (queueUrl === undefined) throw new Error(`The queue "${name}" does not exist in this deployment.`);
      const { client, sdk } = await scheduler();
      // Round up to whole seconds, so that no message is sent too early.
      const dueAt = new Date((Math.ceil(now().getTime() / 1000) + delaySeconds) * 1000);
      const input = {
        ...commonInput(settings, queueUrl, wakeUpMessage(wakeUp)),
        // If the job has become due sooner, a schedule for the later time already exists, so the new schedule needs
        // another name.
        Name: isSooner ? `job.${jobId}.${dueAt.getTime() / 1000}` : `job.${jobId}`,
        Description: `Wakes a worker for the job ${jobId}`,
        ScheduleExpression: `at(${dueAt.toISOString().slice(0, 19)})`,
        ActionAfterCompletion: sdk.ActionAfterCompletion.DELETE,
      };
      await client.send(new sdk.CreateScheduleCommand(input));
    } catch (error) {
      // An earlier request for the same job has already created the schedule.
      if (isRefusal(error, 'ConflictException')) return [];
      log.error('wake_up_not_scheduled', "EventBridge Scheduler did not accept a job's wake-up.", {
        job_id: jobId,
        error,
      });
      return [jobId];
    }
    return [];
  }

  return {
    async send(wakeUps) {
      const soon = wakeUps.filter(({ delaySeconds }) => delaySeconds <= MAX_QUEUE_DELAY_SECONDS);
      const late = wakeUps.filter(({ delaySeconds }) => delaySeconds > MAX_QUEUE_DELAY_SECONDS);
      const unsent = soon.length > 0 ? await queue.send(soon) : [];
      for (let start = 0; start < late.length; start += AT_ONCE) {
        unsent.push(...(await Promise.all(late.slice(start, start + AT_ONCE).map(wakeAt))).flat());
      }
      return unsent;
    },
  };
}
