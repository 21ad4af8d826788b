import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { setImmediate as turnOfTheEventLoop, setTimeout as delay } from 'node:timers/promises';
import type { InvocableFunctions, InvokeResult } from '../lambda/invocation.ts';
import { failedMessageIds } from './batch-response.ts';
import { receiveBatches, type Batch } from './receive.ts';
import { sqsEvent } from './sqs-event.ts';

export interface EventSourceMappingProps {
  /** The client that receives and deletes messages. The client's credentials belong to the mapping, not to the function. */
  readonly sqs: SQSClient;
  readonly lambda: InvocableFunctions;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** The function's name, followed by `:` and the version or alias unless the mapping invokes `$LATEST`. */
  readonly functionName: string;
  /** The number of messages per invocation, 1 to 10,000. More than 10 messages require a batching window. */
  readonly batchSize: number;
  /** How long to gather a batch, 0 to 300 seconds. @default 0 - the messages of each receive call are delivered immediately */
  readonly batchingWindowSeconds?: number;
  /** The maximum number of concurrent batches, 2 to 1,000. @default 5, the number of pollers that AWS starts with */
  readonly maximumConcurrency?: number;
  /** Whether the function's response lists the failed messages. */
  readonly reportBatchItemFailures: boolean;
  /** Called for each failed delivery, with the reason. */
  readonly log: (line: string) => void;
}

export interface EventSourceMapping {
  /** If the mapping invokes `before`, makes it invoke `after` from now on. */
  replaceFunction(before: string, after: string): void;
  /**
   * Stops receiving messages. Does not wait for batches that were already received. During a deployment, these batches are still delivered.
   * When Lambda stops, these batches end because their sandboxes exit.
   */
  end(): Promise<void>;
}

const DEFAULT_CONCURRENCY = 5;
/** The first retry delay for a throttled batch, in milliseconds. Later delays grow to one second. */
const FIRST_THROTTLE_DELAY_MS = 50;
const MAX_THROTTLE_DELAY_MS = 1_000;

/**
 * Delivers a queue's messages to a function, like Lambda. If the function succeeds, the batch is deleted. If the function fails, the messages
 * reappear after their visibility timeout. A throttled batch is retried until the visibility timeout ends.
 *
 * @throws Error named InvalidParameterValueException if Lambda would refuse the mapping
 */
export async function startEventSourceMapping(props: EventSourceMappingProps): Promise<EventSourceMapping> {
  const { sqs, lambda, queueUrl, queueArn, reportBatchItemFailures, log } = props;
  let { functionName } = props;
  const concurrency = props.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  const visibilityTimeout = await queueVisibilityTimeout(sqs, queueUrl);
  validate(props, visibilityTimeout, lambda.configuration(functionName).timeoutSeconds);

  const stopping = new AbortController();
  const { signal } = stopping;

  async function deliver({ messages, receivedAt }: Batch): Promise<void> {
    const event = JSON.stringify(sqsEvent(messages, queueArn));
    const result = await invokeUntil(receivedAt + visibilityTimeout * 1000, event);
    if (result.throttled) {
      log(
        `${functionName} was throttled until the visibility timeout ended; the messages return to the queue`,
      );
    } else if (result.functionError) {
      log(`${functionName} failed; its messages reappear after their visibility timeout`);
    } else {
      await deleteSucceeded(messages, result.payload.toString());
    }
  }

  async function invokeUntil(deadline: number, event: string): Promise<InvokeResult> {
    for (let wait = FIRST_THROTTLE_DELAY_MS; ; wait = Math.min(wait * 2, MAX_THROTTLE_DELAY_MS)) {
      const result = await lambda.invoke(functionName, event);
      if (!result.throttled || performance.now() + wait >= deadline) return result;
      // Once the mapping has ended, its last batches must not keep the process alive.
      await delay(wait, undefined, { ref: !signal.aborted });
    }
  }

  async function deleteSucceeded(messages: readonly Message[], answer: string): Promise<void> {
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const failed = reportBatchItemFailures ? failedMessageIds(answer, ids) : new Set<string>();
    const succeeded = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''));
    for (let start = 0; start < succeeded.length; start += 10) {
      const Entries = succeeded
        .slice(start, start + 10)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  const polling = receiveBatches({ ...props, concurrency, signal, deliver });
  return {
    replaceFunction(before, after) {
      if (functionName === before) functionName = after;
    },
    async end() {
      stopping.abort();
      await polling;
      // Gives SQS time to notice the closed connection. Until then, SQS could still deliver a message to the aborted receive call.
      await turnOfTheEventLoop();
      await turnOfTheEventLoop();
    },
  };
}

async function queueVisibilityTimeout(sqs: SQSClient, queueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['VisibilityTimeout'],
  });
  return Number((await sqs.send(command)).Attributes?.VisibilityTimeout);
}

/** Refuses mappings that Lambda refuses. */
function validate(props: EventSourceMappingProps, visibilityTimeout: number, functionTimeout: number): void {
  const { batchSize, batchingWindowSeconds = 0, maximumConcurrency } = props;
  if (visibilityTimeout < functionTimeout) {
    refuse(
      `Queue visibility timeout: ${visibilityTimeout} seconds is less than ` +
        `Function timeout: ${functionTimeout} seconds`,
    );
  }
  requireWithin('BatchSize', batchSize, 1, 10_000);
  requireWithin('MaximumBatchingWindowInSeconds', batchingWindowSeconds, 0, 300);
  if (maximumConcurrency !== undefined) requireWithin('MaximumConcurrency', maximumConcurrency, 2, 1_000);
  if (batchSize > 10 && batchingWindowSeconds === 0) {
    refuse('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  }
}

function requireWithin(property: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(`${property} must be ${least} to ${most}, got ${value}`);
  }
}

function refuse(message: string): never {
  throw Object.assign(new Error(message), { name: 'InvalidParameterValueException' });
}
