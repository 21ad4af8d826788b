import { MAX_QUEUE_DELAY_SECONDS } from '../../job/job.ts';
import type { JobQueue, WakeUp } from '../../job/job-queue.ts';
import type { Log } from '../../job/log.ts';
import { commonInput, isRefusal, type Scheduler, type SchedulerSettings } from './scheduler.ts';

/** Schedules that are created at once. */
const AT_ONCE = 10;

/**
 * A queue for delays of any length: what SQS can't delay long enough is sent to it when it is due, by a schedule of its own
 * that deletes itself then.
 */
export function createDelayedQueue(
  queue: JobQueue,
  scheduler: Scheduler,
  settings: SchedulerSettings & { queueArn: string },
  { now, log }: { now: () => Date; log: Log },
): JobQueue {
  async function wakeAt({ jobId, delaySeconds }: WakeUp): Promise<string[]> {
    try {
      const { client, sdk } = await scheduler();
      // In whole seconds, and never early.
      const dueAt = new Date((Math.ceil(now().getTime() / 1000) + delaySeconds) * 1000);
      const input = {
        ...commonInput(settings, { arn: settings.queueArn, input: JSON.stringify({ job_id: jobId }) }),
        Name: `job.${jobId}`,
        Description: `Wakes a worker for the job ${jobId}`,
        ScheduleExpression: `at(${dueAt.toISOString().slice(0, 19)})`,
        ActionAfterCompletion: sdk.ActionAfterCompletion.DELETE,
      };
      await client.send(new sdk.CreateScheduleCommand(input));
    } catch (error) {
      // There from an earlier request for the same job.
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
