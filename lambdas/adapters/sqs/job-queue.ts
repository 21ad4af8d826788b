import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { MAX_QUEUE_DELAY_SECONDS } from '../../job/job.ts';
import type { JobQueue, QueueDepth, WakeUp } from '../../job/job-queue.ts';
import type { ServiceLog } from '../../job/log.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import type { QueueStatistics } from '../../job/statistics.ts';
import { inBatches } from './batches.ts';

/** The URLs of a deployment's queues, by name. */
export type QueueUrls = ReadonlyMap<string, string>;

/**
 * Creates a message in the tenant's message group. On a standard queue, message groups do not order messages, but make the
 * queue fair between tenants
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
 */
export function messageOf(tenant: string, content: object): { MessageBody: string; MessageGroupId: string } {
  return { MessageBody: JSON.stringify(content), MessageGroupId: tenant };
}

/** Creates the message that wakes a worker. @param also other jobs of the same queue and tenant */
export function wakeUpMessage(
  { jobId, tenant }: Pick<WakeUp, 'jobId' | 'tenant'>,
  also: readonly string[] = [],
): ReturnType<typeof messageOf> {
  return messageOf(tenant, { job_id: jobId, ...(also.length > 0 && { also }) });
}

/** Wake-ups that share one message, because they have the same queue, tenant and delay. */
type Packed = readonly [WakeUp, ...WakeUp[]];

/** Packs the wake-ups of one queue into as few messages as possible. */
function pack(wakeUps: readonly WakeUp[], jobsPerMessage: number): Packed[] {
  const alike = Map.groupBy(wakeUps, (wakeUp) => `${delayOf(wakeUp)} ${wakeUp.tenant}`);
  return [...alike.values()].flatMap((group) =>
    inBatches(group, jobsPerMessage).flatMap(([first, ...others]): Packed[] =>
      first ? [[first, ...others]] : [],
    ),
  );
}

function messageInput(packed: Packed): ReturnType<typeof messageOf> & { DelaySeconds: number } {
  const [first, ...others] = packed;
  const also = others.map(({ jobId }) => jobId);
  return { ...wakeUpMessage(first, also), DelaySeconds: delayOf(first) };
}

/**
 * Creates the job queue, with one SQS queue for each URL in `urls`. Each message is `{"job_id": …}`, or `{"job_id": …,
 * "also": […]}` for several jobs.
 *
 * @param batchSizes the number of jobs that each queue's worker runs in parallel, which is also the maximum number of
 * jobs per message.
 * @default - one
 */
export function createJobQueue(
  client: SQSClient,
  urls: QueueUrls,
  log: ServiceLog,
  batchSizes: ReadonlyMap<string, number> = new Map(),
): JobQueue {
  /** Sends one batch of messages. @returns the messages that SQS did not accept */
  async function sendBatch(url: string, messages: readonly Packed[]): Promise<Packed[]> {
    const [first] = messages;
    if (first && messages.length === 1) {
      await client.send(new SendMessageCommand({ QueueUrl: url, ...messageInput(first) }));
      return [];
    }
    const { Failed: failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: messages.map((packed, index) => ({ Id: String(index), ...messageInput(packed) })),
      }),
    );
    return failed.flatMap(({ Id: id }) => {
      const packed = messages[Number(id)];
      return packed ? [packed] : [];
    });
  }

  async function sendTo(queue: string, wakeUps: readonly WakeUp[]): Promise<string[]> {
    const url = urls.get(queue);
    if (url === undefined) {
      log.error('messages_dropped', 'Messages were not sent: the queue no longer exists.', {
        queue,
        count: wakeUps.length,
      });
      return wakeUps.map(({ jobId }) => jobId);
    }
    const messages = pack(wakeUps, batchSizes.get(queue) ?? 1);
    const unsent: Packed[] = [];
    for (const batch of inBatches(messages)) {
      try {
        unsent.push(...(await sendBatch(url, batch)));
      } catch (error) {
        log.error('messages_not_sent', 'SQS did not accept the messages.', {
          queue,
          count: batch.length,
          error,
        });
        unsent.push(...batch);
      }
    }
    return unsent.flat().map(({ jobId }) => jobId);
  }

  return {
    async send(wakeUps) {
      const byQueue = Map.groupBy(wakeUps, ({ queue }) => queue);
      const unsent: string[] = [];
      for (const [queue, ofQueue] of byQueue) unsent.push(...(await sendTo(queue, ofQueue)));
      return unsent;
    },
  };
}

/** Creates the reader of all queues' depths, which makes one call per queue. */
export function createQueueDepth(client: SQSClient, urls: QueueUrls): QueueDepth {
  async function visibleIn(url: string): Promise<number> {
    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Number(attributes?.ApproximateNumberOfMessages ?? 0);
  }

  return {
    async visible() {
      const names = [...urls.keys()];
      const depths = await Promise.all([...urls.values()].map(visibleIn));
      return new Map(names.map((name, index) => [name, depths[index] ?? 0]));
    },
  };
}

function delayOf({ delaySeconds }: WakeUp): number {
  return Math.min(MAX_QUEUE_DELAY_SECONDS, Math.max(0, Math.ceil(delaySeconds)));
}

/** Creates the reader of one queue's depth. */
export function createQueueStatistics(client: SQSClient, queueUrl: string): QueueStatistics {
  return {
    async read() {
      try {
        const { Attributes: counts } = await client.send(
          new GetQueueAttributesCommand({
            QueueUrl: queueUrl,
            AttributeNames: [
              'ApproximateNumberOfMessages',
              'ApproximateNumberOfMessagesNotVisible',
              'ApproximateNumberOfMessagesDelayed',
            ],
          }),
        );
        return {
          visible: Number(counts?.ApproximateNumberOfMessages ?? 0),
          in_flight: Number(counts?.ApproximateNumberOfMessagesNotVisible ?? 0),
          delayed: Number(counts?.ApproximateNumberOfMessagesDelayed ?? 0),
        };
      } catch (error) {
        throw new StoreUnavailableError('sqs', 'no', error);
      }
    },
  };
}
