import {
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
  type GetScheduleCommandOutput,
} from '@aws-sdk/client-scheduler';
import type { Cloud } from './cloud.ts';
import { invoke } from './embedded.ts';

export function createSchedulerClient({ awsEndpointUrl: endpoint }: Cloud): SchedulerClient {
  return new SchedulerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}

/** Returns the names of all EventBridge Scheduler schedules with this prefix. */
export async function placed(cloud: Cloud, scheduler: SchedulerClient, prefix: string): Promise<string[]> {
  const { Schedules: found = [] } = await scheduler.send(
    new ListSchedulesCommand({ GroupName: cloud.output('ScheduleGroupName'), NamePrefix: prefix }),
  );
  return found.map(({ Name: name = '' }) => name);
}

/** Builds the message that EventBridge Scheduler sends to the queue when a schedule fires at the given time. */
export async function eventOf(
  cloud: Cloud,
  scheduler: SchedulerClient,
  name: string,
  fireTime: string,
): Promise<Record<string, string>> {
  const [full] = await placed(cloud, scheduler, `${name}.`);
  const { Target: target } = await scheduler.send(
    new GetScheduleCommand({ GroupName: cloud.output('ScheduleGroupName'), Name: full }),
  );
  const input = target?.Input?.replace('<aws.scheduler.scheduled-time>', fireTime) ?? '';
  const { MessageBody: body } = JSON.parse(input) as { MessageBody: string };
  return JSON.parse(body) as Record<string, string>;
}

/** Makes EventBridge Scheduler fire a schedule once, now. @returns the scheduled time, in whole seconds */
export async function fireNow(
  scheduler: SchedulerClient,
  { Name, GroupName, FlexibleTimeWindow, Target }: GetScheduleCommandOutput,
  target: typeof Target = Target,
): Promise<string> {
  const time = new Date().toISOString().slice(0, 19);
  await scheduler.send(
    new UpdateScheduleCommand({
      ...{ Name, GroupName, FlexibleTimeWindow, Target: target },
      ScheduleExpression: `at(${time})`,
    }),
  );
  return `${time}Z`;
}

/**
 * Delivers a firing to the function directly instead of through the queue, and returns the firing's outcome. Schedules from earlier releases invoke
 * the function directly, too.
 */
export function fire(
  cloud: Cloud,
  event: Record<string, string>,
): Promise<{ verdict: string; job_id: string | null }> {
  return invoke(cloud, cloud.output('ScheduledFunctionName'), event) as never;
}
