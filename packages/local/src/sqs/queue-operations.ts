import type { JsonObject, JsonOperation } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import { names, optionalInteger, optionalObject, requiredText } from './input.ts';
import type { MessageStore } from './message-store.ts';
import { attributesWithDefaults, readQueueAttributes, requireAttributeNames } from './queue-attributes.ts';
import type { QueueDirectory } from './queue-directory.ts';
import type { Queue, QueueStore } from './queue-store.ts';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const MAX_LISTED = 1000;

/** The minimum time between two purges of a queue, and between a queue's deletion and the reuse of its name, in milliseconds. */
const WAIT_MS = 60_000;

/** Creates the operations on the queues themselves. */
export function queueOperations(
  queues: QueueStore,
  messages: MessageStore,
  directory: QueueDirectory,
  now: () => number,
): Record<string, JsonOperation> {
  // The times of deletions and purges, keyed by queue name. The times are kept only in memory, so a restart ends all waiting periods.
  const deletedAt = new Map<string, number>();
  const purgedAt = new Map<string, number>();
  const isRecent = (time: number | undefined): boolean => time !== undefined && now() - time < WAIT_MS;
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
          'The embedded SQS supports only standard queues, not FIFO queues.',
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
      if (!existing && isRecent(deletedAt.get(name))) {
        throw new SqsError(
          'QueueDeletedRecently',
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
        );
      }
      if (existing) refuseDifference(existing, set);
      else queues.save({ name, attributes: set, createdAt: now(), modifiedAt: now() });
      return { QueueUrl: directory.urlOf(name) };
    },

    DeleteQueue(input) {
      const { name } = directory.named(input);
      queues.delete(name);
      deletedAt.set(name, now());
      purgedAt.delete(name);
      return {};
    },

    GetQueueUrl(input) {
      const { name } = directory.find(requiredText(input, 'QueueName'), input.QueueOwnerAWSAccountId);
      return { QueueUrl: directory.urlOf(name) };
    },

    ListQueues(input) {
      const { QueueNamePrefix: prefix, NextToken: token } = input;
      const reason = 'Must be an integer from 1 to 1000.';
      const maxResults = optionalInteger(input, 'MaxResults', { min: 1, max: MAX_LISTED, reason });
      const start = typeof prefix === 'string' ? prefix : '';
      const after = typeof token === 'string' ? Buffer.from(token, 'base64').toString() : '';
      const found = queues.list().filter(({ name }) => name.startsWith(start) && name > after);
      const listed = found.slice(0, maxResults ?? MAX_LISTED);
      // Returns a token only if the caller sets MaxResults.
      const last = maxResults !== undefined && listed.length < found.length ? listed.at(-1) : undefined;
      return {
        ...(listed.length > 0 && { QueueUrls: listed.map(({ name }) => directory.urlOf(name)) }),
        ...(last && { NextToken: Buffer.from(last.name).toString('base64') }),
      };
    },

    GetQueueAttributes(input) {
      const queue = directory.named(input);
      const wanted = names(input, 'AttributeNames');
      requireAttributeNames(wanted);
      const all = Object.entries(allAttributes(queue));
      const selected = wanted.includes('All') ? all : all.filter(([name]) => wanted.includes(name));
      return { ...(selected.length > 0 && { Attributes: Object.fromEntries(selected) }) };
    },

    SetQueueAttributes(input) {
      const queue = directory.named(input);
      const { set, unset } = readQueueAttributes(optionalObject(input, 'Attributes'), exists);
      const kept = Object.entries(queue.attributes).filter(([name]) => !unset.includes(name));
      queues.save({ ...queue, attributes: { ...Object.fromEntries(kept), ...set }, modifiedAt: now() });
      return {};
    },

    PurgeQueue(input) {
      const { name } = directory.named(input);
      if (isRecent(purgedAt.get(name))) {
        throw new SqsError(
          'PurgeQueueInProgress',
          `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
          403,
        );
      }
      messages.purge(name);
      purgedAt.set(name, now());
      return {};
    },
  };
}

// Refuses a CreateQueue call for an existing queue if one of the requested attributes differs. Otherwise, the call succeeds.
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
