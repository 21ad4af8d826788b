import type { PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { Dimensions } from '../cloudwatch/metric.ts';
import type { JsonObject, JsonOperation } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import { batchEntries, names, optionalInteger, requiredText } from './input.ts';
import type { LongPolling } from './long-polling.ts';
import { readMessage, receivedMessage, sentMessage, sizeOfEntry, systemAttributeNames } from './message.ts';
import type { MessageStore, Redrive } from './message-store.ts';
import type { NewMessage } from './stored-message.ts';
import { numberAttribute, redrivePolicy } from './queue-attributes.ts';
import { readHandle, type Receipt } from './receipt.ts';
import type { QueueDirectory } from './queue-directory.ts';
import type { Queue } from './queue-store.ts';

// SQS's limits: a visibility timeout of 12 hours, and 1 MiB for a batch's messages in total.
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_BATCH_BYTES = 1_048_576;
const VISIBILITY_RANGE = {
  min: 0,
  max: MAX_VISIBILITY_SECONDS,
  reason: `VisibilityTimeout must be an integer between 0 and ${MAX_VISIBILITY_SECONDS}.`,
};

/** Decides whether a sent message is lost or duplicated. The sender gets a success response even if the message is lost. */
export type MessageFate = (queueName: string, body: string) => 'lose' | 'duplicate' | undefined;

/** Creates the operations on a queue's messages. */
export function messageOperations(
  store: MessageStore,
  polling: LongPolling,
  directory: QueueDirectory,
  {
    now,
    publish,
    fateOf = () => undefined,
  }: { now: () => number; publish: PublishMetric; fateOf?: MessageFate | undefined },
): Record<string, JsonOperation> {
  function redriveOf(queue: Queue): Redrive | undefined {
    const policy = redrivePolicy(queue);
    const target = policy && directory.byArn(policy.deadLetterTargetArn);
    // If the dead-letter queue has been deleted, messages stay in their own queue.
    if (!target) return undefined;
    const { maxReceiveCount } = policy;
    return { queue: target.name, sourceArn: directory.arnOf(queue.name), maxReceiveCount };
  }

  function send(queue: Queue, messages: NewMessage[]): void {
    if (messages.length > 0) publish('AWS/SQS NumberOfMessagesSent', dimensionsOf(queue), messages.length);
    const arriving = messages.flatMap((message) => copiesOf(queue, message));
    if (arriving.length === 0) return;
    store.send(queue.name, arriving);
    polling.notify(queue.name);
  }

  function copiesOf(queue: Queue, message: NewMessage): NewMessage[] {
    const fate = fateOf(queue.name, message.body);
    if (fate === 'lose') return [];
    return fate === 'duplicate' ? [message, message] : [message];
  }

  function remove(queue: Queue, input: JsonObject): void {
    store.delete(receiptIn(input, queue));
    publish('AWS/SQS NumberOfMessagesDeleted', dimensionsOf(queue), 1);
  }

  function changeVisibility(queue: Queue, input: JsonObject): void {
    const receipt = receiptIn(input, queue);
    const timeout = optionalInteger(input, 'VisibilityTimeout', VISIBILITY_RANGE);
    if (timeout === undefined) {
      throw new SqsError(
        'MissingRequiredParameterException',
        'The request must contain the parameter VisibilityTimeout.',
      );
    }
    const message = store.find(receipt);
    if (!message) {
      throw invalidParameter(
        'ReceiptHandle',
        input.ReceiptHandle,
        'Message does not exist or is not available for visibility timeout change.',
      );
    }
    const time = now();
    // If the visibility timeout has ended and the message has not been received again, SQS accepts the call and changes nothing.
    if (message.visibleAt <= time) return;
    const hiddenSeconds = Math.floor((time - message.receivedAt) / 1000);
    if (hiddenSeconds + timeout > MAX_VISIBILITY_SECONDS) {
      throw invalidParameter(
        'VisibilityTimeout',
        timeout,
        `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
      );
    }
    store.setVisibleAt(receipt, time + timeout * 1000);
    polling.notify(queue.name);
  }

  return {
    SendMessage(input, call) {
      const queue = directory.named(input);
      const message = readMessage(input, queue, call, now());
      send(queue, [message]);
      return sentMessage(message, input);
    },

    SendMessageBatch(input, call) {
      const queue = directory.named(input);
      const entries = batchEntries(input);
      const size = entries.reduce((sum, entry) => sum + sizeOfEntry(entry), 0);
      if (size > MAX_BATCH_BYTES) {
        throw new SqsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${size} bytes.`,
        );
      }
      const messages: NewMessage[] = [];
      const outcome = eachEntry(entries, (entry) => {
        const message = readMessage(entry, queue, call, now());
        messages.push(message);
        return sentMessage(message, entry);
      });
      send(queue, messages);
      return outcome;
    },

    async ReceiveMessage(input, { signal }) {
      const queue = directory.named(input);
      const maxMessages =
        optionalInteger(input, 'MaxNumberOfMessages', {
          min: 1,
          max: 10,
          reason: 'Must be between 1 and 10, if provided.',
        }) ?? 1;
      const visibilityTimeoutSeconds =
        optionalInteger(input, 'VisibilityTimeout', VISIBILITY_RANGE) ??
        numberAttribute(queue, 'VisibilityTimeout');
      const waitSeconds =
        optionalInteger(input, 'WaitTimeSeconds', {
          min: 0,
          max: 20,
          reason: 'Must be >= 0 and <= 20, if provided.',
        }) ?? numberAttribute(queue, 'ReceiveMessageWaitTimeSeconds');
      const attributeNames = {
        system: systemAttributeNames(input),
        message: names(input, 'MessageAttributeNames'),
      };
      const request = { maxMessages, visibilityTimeoutSeconds, redrive: redriveOf(queue) };
      const messages = await polling.receive(queue.name, request, waitSeconds, signal);
      if (messages.length === 0) {
        publish('AWS/SQS NumberOfEmptyReceives', dimensionsOf(queue), 1);
        return {};
      }
      publish('AWS/SQS NumberOfMessagesReceived', dimensionsOf(queue), messages.length);
      return { Messages: messages.map((message) => receivedMessage(message, attributeNames)) };
    },

    DeleteMessage(input) {
      remove(directory.named(input), input);
      return {};
    },

    DeleteMessageBatch(input) {
      const queue = directory.named(input);
      return eachEntry(batchEntries(input), (entry) => {
        remove(queue, entry);
        return {};
      });
    },

    ChangeMessageVisibility(input) {
      changeVisibility(directory.named(input), input);
      return {};
    },

    ChangeMessageVisibilityBatch(input) {
      const queue = directory.named(input);
      return eachEntry(batchEntries(input), (entry) => {
        changeVisibility(queue, entry);
        return {};
      });
    },
  };
}

/**
 * Returns a queue's metric dimensions:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
function dimensionsOf(queue: Queue): readonly Dimensions[] {
  return [{ QueueName: queue.name }];
}

/** Processes each entry of a batch. A failed entry does not fail the other entries. */
function eachEntry<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  work: (entry: Entry) => JsonObject,
): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message });
    }
  }
  return { ...(Successful.length > 0 && { Successful }), ...(Failed.length > 0 && { Failed }) };
}

function receiptIn(input: JsonObject, queue: Queue): Receipt {
  const handle = requiredText(input, 'ReceiptHandle');
  const receipt = readHandle(handle);
  if (receipt?.queue === queue.name) return receipt;
  throw new SqsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  );
}
