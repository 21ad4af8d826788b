import { ReceiveMessageCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as delay } from 'node:timers/promises';

/** SQS's maximum WaitTimeSeconds. With this value, an idle queue causes only one receive call per 20 seconds. */
const LONG_POLL_SECONDS = 20;
/** SQS's maximum number of messages per receive call. */
const MAX_RECEIVED = 10;
const RETRY_AFTER_ERROR_MS = 1_000;

export interface ReceiveProps {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds?: number;
  /** The maximum number of concurrent batches. Messages are received only if they can be delivered immediately. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly deliver: (batch: Batch) => Promise<void>;
  readonly log: (line: string) => void;
}

/** Messages that are delivered in one invocation. */
export interface Batch {
  readonly messages: readonly Message[];
  /** When the first message was received and its visibility timeout started, as returned by `performance.now()`. */
  readonly receivedAt: number;
}

/**
 * Receives and delivers messages until the signal is aborted. Only one receive call waits at a time, so that an idle queue causes few
 * calls.
 */
export async function receiveBatches(props: ReceiveProps): Promise<void> {
  const { batchSize, concurrency, signal, deliver, log } = props;
  let inFlight = 0;
  let freed: PromiseWithResolvers<void> = Promise.withResolvers();
  signal.addEventListener('abort', () => {
    freed.resolve();
  });

  while (!signal.aborted) {
    if (inFlight === concurrency) {
      freed = Promise.withResolvers();
      await freed.promise;
      continue;
    }
    for (const batch of await nextBatches(props, (concurrency - inFlight) * batchSize)) {
      inFlight += 1;
      void deliver(batch)
        .catch((error: unknown) => {
          if (!signal.aborted) log(`a batch could not be delivered: ${String(error)}`);
        })
        .finally(() => {
          inFlight -= 1;
          freed.resolve();
        });
    }
  }
}

/** Returns the batches from one receive call, or a single batch gathered over the batching window. */
async function nextBatches(props: ReceiveProps, capacity: number): Promise<Batch[]> {
  const { batchSize, batchingWindowSeconds = 0 } = props;
  const messages = await receive(props, batchingWindowSeconds > 0 ? batchSize : capacity, LONG_POLL_SECONDS);
  const receivedAt = performance.now();
  const windowEnd = receivedAt + batchingWindowSeconds * 1000;
  while (
    messages.length > 0 &&
    messages.length < batchSize &&
    performance.now() < windowEnd &&
    !props.signal.aborted
  ) {
    const seconds = Math.ceil((windowEnd - performance.now()) / 1000);
    messages.push(
      ...(await receive(props, batchSize - messages.length, Math.min(seconds, LONG_POLL_SECONDS))),
    );
  }
  const batches: Batch[] = [];
  for (let start = 0; start < messages.length; start += batchSize) {
    batches.push({ messages: messages.slice(start, start + batchSize), receivedAt });
  }
  return batches;
}

async function receive(props: ReceiveProps, most: number, waitSeconds: number): Promise<Message[]> {
  const { sqs, queueUrl, signal, log } = props;
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(most, MAX_RECEIVED),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  try {
    return (await sqs.send(command, { abortSignal: signal })).Messages ?? [];
  } catch (error) {
    if (!signal.aborted) {
      log(`receiving from ${queueUrl} failed, and is retried: ${String(error)}`);
      await delay(RETRY_AFTER_ERROR_MS, undefined, { signal }).catch(() => undefined);
    }
    return [];
  }
}
