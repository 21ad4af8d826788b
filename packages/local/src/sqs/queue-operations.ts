import type { JsonObject, JsonOperation } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import { names, optionalObject, requiredText } from './input.ts';
import type { MessageStore } from './message-store.ts';
import { attributesWithDefaults, readQueueAttributes } from './queue-attributes.ts';
import type { QueueDirectory } from './queue-directory.ts';
import type { Queue, QueueStore } from './queue-store.ts';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** The operations on queues themselves. */
export function queueOperations(
  queues: QueueStore,
  messages: MessageStore,
  directory: QueueDirectory,
  now: () => number,
): Record<string, JsonOperation> {
  const exists = (arn: string): boolean => directory.byArn(arn) !== undefined;

  function allAttributes(queue: Queue): Record<string, string> {
    const { visible, inFlight, delayed } = messages.counts(queue.name, now());
    return {
      ...attributesWithDefaults(queue),
      QueueArn: directory.arnOf(queue.name),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      CreatedTimestamp: seconds(queue.createdAt),
      LastModifiedTimestamp: seconds(queue.modifiedAt),
    };
  }

  return {
    CreateQueue(input) {
      const name = requiredText(input, 'QueueName');
      if (name.endsWith('.fifo')) {
        throw new SqsError(
          'UnsupportedOperation',
          'The embedded SQS has standard queues only, no .fifo ones.',
        );
      }
      if (!QUEUE_NAME.test(name)) {
        throw invalidParameter(
          'QueueName',
          name,
          'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
        );
      }
      const { set } = readQueueAttributes(optionalObject(input, 'Attributes'), exists);
      const existing = queues.find(name);
      if (existing) refuseDifference(existing, set);
      else queues.save({ name, attributes: set, createdAt: now(), modifiedAt: now() });
      return { QueueUrl: directory.urlOf(name) };
    },

    DeleteQueue(input) {
      queues.delete(directory.named(input).name);
      return {};
    },

    GetQueueUrl(input) {
      const name = requiredText(input, 'QueueName');
      if (!queues.find(name)) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
      return { QueueUrl: directory.urlOf(name) };
    },

    ListQueues({ QueueNamePrefix: prefix }) {
      const start = typeof prefix === 'string' ? prefix : '';
      const found = queues.list().filter(({ name }) => name.startsWith(start));
      return { QueueUrls: found.map(({ name }) => directory.urlOf(name)) };
    },

    GetQueueAttributes(input) {
      const queue = directory.named(input);
      const wanted = names(input, 'AttributeNames');
      if (wanted.length === 0) return {};
      const all = allAttributes(queue);
      if (wanted.includes('All')) return { Attributes: all };
      return {
        Attributes: Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name))),
      };
    },

    SetQueueAttributes(input) {
      const queue = directory.named(input);
      const { set, unset } = readQueueAttributes(optionalObject(input, 'Attributes'), exists);
      const kept = Object.entries(queue.attributes).filter(([name]) => !unset.includes(name));
      queues.save({ ...queue, attributes: { ...Object.fromEntries(kept), ...set }, modifiedAt: now() });
      return {};
    },

    PurgeQueue(input) {
      messages.purge(directory.named(input).name);
      return {};
    },
  };
}

// CreateQueue of a queue that exists is no error as long as nothing that it asks for differs.
function refuseDifference(existing: Queue, asked: JsonObject): void {
  const current = attributesWithDefaults(existing);
  const name = Object.keys(asked).find((key) => asked[key] !== current[key]);
  if (name === undefined) return;
  throw new SqsError(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${name}`,
  );
}

function seconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}
