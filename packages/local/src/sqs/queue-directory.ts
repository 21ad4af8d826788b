import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { SqsError } from './errors.ts';
import { requiredText } from './input.ts';
import type { Queue, QueueStore } from './queue-store.ts';

/** Finds queues by URL for clients, and by ARN for policies. */
export interface QueueDirectory {
  urlOf(name: string): string;
  arnOf(name: string): string;
  /** Returns the queue with the input's QueueUrl. @throws QueueDoesNotExist */
  named(input: JsonObject): Queue;
  byArn(arn: string): Queue | undefined;
  /** @throws QueueDoesNotExist, also for queues in other accounts */
  find(name: string, accountId?: unknown): Queue;
}

const ACCOUNT_ID = '000000000000';

export function createQueueDirectory(
  queues: QueueStore,
  { endpointUrl, region }: { endpointUrl: string; region: string },
): QueueDirectory {
  const arnPrefix = `arn:aws:sqs:${region}:${ACCOUNT_ID}:`;
  const find: QueueDirectory['find'] = (name, accountId = ACCOUNT_ID) => {
    const queue = accountId === ACCOUNT_ID ? queues.find(name) : undefined;
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  return {
    urlOf: (name) => `${endpointUrl}/${ACCOUNT_ID}/${name}`,
    arnOf: (name) => arnPrefix + name,
    named(input) {
      // Only the account and the name identify a queue, because the URL's port can differ after a restart.
      const [, account, name = ''] = /(?:^|\/)([^/]+)\/([^/]+)$/.exec(requiredText(input, 'QueueUrl')) ?? [];
      return find(name, account);
    },
    find,
    byArn: (arn) => (arn.startsWith(arnPrefix) ? queues.find(arn.slice(arnPrefix.length)) : undefined),
  };
}
