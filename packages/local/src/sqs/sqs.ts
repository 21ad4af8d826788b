import { join } from 'node:path';
import { serveJson } from '../aws-endpoint/json-protocol.ts';
import { publishNothing } from '../cloudwatch/aws-metrics.ts';
import type { CloudWatch } from '../cloudwatch/cloudwatch.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { openDatabase } from './database.ts';
import { refusingUnknownSqsMembers } from './known-members.ts';
import { addQueueGauges } from './queue-gauges.ts';
import { createLongPolling } from './long-polling.ts';
import { messageOperations, type MessageFate } from './message-operations.ts';
import { createMessageStore } from './message-store.ts';
import { numberAttribute } from './queue-attributes.ts';
import { createQueueDirectory } from './queue-directory.ts';
import { queueOperations } from './queue-operations.ts';
import { createQueueStore } from './queue-store.ts';

export interface SqsOptions {
  /** The queues are kept in its folder `sqs`. */
  readonly dataDir: string;
  /** The AWS endpoint's URL, with which queue URLs start so that clients use it. */
  readonly endpointUrl: string;
  /** The region in the queues' ARNs, by default us-east-1. */
  readonly region?: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Receives the metrics of the queues. @default - they are discarded */
  readonly cloudWatch?: Pick<CloudWatch, 'addGauges' | 'measurements'>;
  /** Called for every sent message: whether to lose or duplicate it. @default - neither */
  readonly fateOf?: MessageFate;
}

const RETENTION_CHECK_MS = 60_000;

/**
 * Starts SQS: standard queues in SQLite on disk (see docs/decisions/0005). Their URLs are `<endpointUrl>/000000000000/<name>`,
 * their ARNs `arn:aws:sqs:<region>:000000000000:<name>`. A change reaches the operating system before the response, so it
 * survives a kill of this process; a message in flight then reappears when its visibility timeout ends.
 * @throws if the data folder is in use or unreadable, naming it and what to do
 */
export function startSqs(options: SqsOptions): AwsService & DataStore {
  const { dataDir, endpointUrl, region = 'us-east-1', now = Date.now, fateOf, cloudWatch } = options;
  const publish = cloudWatch?.measurements.publish ?? publishNothing;
  const database = openDatabase(join(dataDir, 'sqs'));
  const queues = createQueueStore(database);
  const messages = createMessageStore(database);
  const directory = createQueueDirectory(queues, { endpointUrl, region });
  const polling = createLongPolling(messages, now);

  const handle = serveJson({
    title: 'SQS',
    operations: refusingUnknownSqsMembers({
      ...queueOperations(queues, messages, directory, now),
      ...messageOperations(messages, polling, directory, { now, publish, fateOf }),
    }),
  });

  if (cloudWatch) addQueueGauges(cloudWatch, queues, messages);
  const retention = setInterval(() => {
    for (const queue of queues.list()) {
      messages.deleteSentBefore(queue.name, now() - numberAttribute(queue, 'MessageRetentionPeriod') * 1000);
    }
  }, RETENTION_CHECK_MS).unref();

  return {
    name: 'sqs',
    handle,
    folder: 'sqs',
    isEmpty: () => queues.list().length === 0,
    end() {
      clearInterval(retention);
      polling.end();
      database.close();
      return Promise.resolve();
    },
  };
}
