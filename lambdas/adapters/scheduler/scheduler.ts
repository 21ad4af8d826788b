import type { CreateScheduleCommandInput, SchedulerClient } from '@aws-sdk/client-scheduler';
import { loadOnce } from '../../lazy.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import { MAX_QUEUE_DELAY_SECONDS } from '../../job/job.ts';
import type { JobQueue, WakeUp } from '../../job/job-queue.ts';
import type { Log } from '../../job/log.ts';

/** The schedule group of a deployment, and the role and dead-letter queue of its schedules, named like the variables of a function. */
export interface SchedulerSettings {
  readonly scheduleGroup: string;
  /** The role that EventBridge Scheduler assumes to call its targets. */
  readonly scheduleRoleArn: string;
  /** The queue for what it could not deliver. */
  readonly deadLetterArn: string;
}

/** Loads EventBridge Scheduler's client at the first call, because most requests need no schedules. */
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

/** Failed deliveries are retried for a day, the maximum of EventBridge Scheduler. */
const RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };

/** The input that all schedules of a deployment share. */
export function commonInput(
  { scheduleGroup, scheduleRoleArn, deadLetterArn }: SchedulerSettings,
  target: { arn: string; input: string },
): Pick<CreateScheduleCommandInput, 'GroupName' | 'FlexibleTimeWindow' | 'Target'> {
  return {
    GroupName: scheduleGroup,
    // Fires on time. A flexible window would let two firings have the same dedup key.
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: target.arn,
      RoleArn: scheduleRoleArn,
      Input: target.input,
      RetryPolicy: RETRY,
      DeadLetterConfig: { Arn: deadLetterArn },
    },
  };
}

/** Whether a call was refused with this code. */
export function isRefusal(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

/** Converts the error of a failed call for the domain. The call may have succeeded without its response arriving. */
export function toUnavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError('scheduler', 'unknown', error);
}

/**
 * The ARNs of a deployment's queues. All are in one account and region, so they differ from its dead-letter queue's only by their
 * names, which their URLs end with. A function's environment holds 4 KB, and has no room for both.
 */
export function queueArns(
  queueUrls: ReadonlyMap<string, string>,
  deadLetterArn: string,
): ReadonlyMap<string, string> {
  const prefix = deadLetterArn.slice(0, deadLetterArn.lastIndexOf(':') + 1);
  return new Map([...queueUrls].map(([name, url]) => [name, prefix + url.slice(url.lastIndexOf('/') + 1)]));
}

/** Schedules that are created concurrently. */
const AT_ONCE = 10;

/**
 * A queue for delays of any length. For a delay longer than SQS's maximum, a one-time schedule sends the message when it is due, and
 * then deletes itself.
 */
export function createDelayedQueue(
  queue: JobQueue,
  scheduler: Scheduler,
  settings: SchedulerSettings & { queueArns: ReadonlyMap<string, string> },
  { now, log }: { now: () => Date; log: Log },
): JobQueue {
  async function wakeAt({ jobId, delaySeconds, queue: name }: WakeUp): Promise<string[]> {
    try {
      const queueArn = settings.queueArns.get(name);
      if (queueArn === undefined) throw new Error(`The queue "${name}" does not exist in this deployment.`);
      const { client, sdk } = await scheduler();
      // Rounded up to whole seconds, so that no job is early.
      const dueAt = new Date((Math.ceil(now().getTime() / 1000) + delaySeconds) * 1000);
      const input = {
        ...commonInput(settings, { arn: queueArn, input: JSON.stringify({ job_id: jobId }) }),
        Name: `job.${jobId}`,
        Description: `Wakes a worker for the job ${jobId}`,
        ScheduleExpression: `at(${dueAt.toISOString().slice(0, 19)})`,
        ActionAfterCompletion: sdk.ActionAfterCompletion.DELETE,
      };
      await client.send(new sdk.CreateScheduleCommand(input));
    } catch (error) {
      // An earlier request for the same job created it.
      if (isRefusal(error, 'ConflictException')) return [];
      log.error('EventBridge Scheduler did not take the wake-up of a job.', { job_id: jobId, error });
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
