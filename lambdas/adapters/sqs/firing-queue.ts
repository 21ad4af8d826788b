import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Firing } from '../../job/schedules/firing.ts';
import type { FiringQueue } from '../../job/schedules/ports.ts';
import { messageOf } from './job-queue.ts';

/** A firing in the format of its message. */
interface FiringContent {
  readonly tenant: string;
  readonly schedule: string;
  readonly revision: string;
  readonly fire_time: string;
}

/** Creates a firing's message, in the tenant's message group. */
export function firingMessage({ tenant, name, revision, fireTime }: Firing): ReturnType<typeof messageOf> {
  return messageOf(tenant, {
    ...{ tenant, schedule: name, revision },
    fire_time: fireTime,
  } satisfies FiringContent);
}

/** Parses the firing in a message's content. Returns undefined if the content is not a firing. */
export function toFiring(content: unknown): Firing | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const { tenant, schedule: name, revision, fire_time: time } = content as Partial<FiringContent>;
  const fireTime = new Date(time ?? '');
  if (!tenant || !name || !revision || Number.isNaN(fireTime.getTime())) return undefined;
  return { tenant, name, revision, fireTime: fireTime.toISOString() };
}

/** Creates the firing queue. The `scheduled` function receives its messages. */
export function createFiringQueue(client: SQSClient, queueUrl: string): FiringQueue {
  return {
    async send(firing) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...firingMessage(firing) }));
    },
  };
}
