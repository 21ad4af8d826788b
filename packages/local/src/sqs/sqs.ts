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
  /** The data folder. Queues are kept in its `sqs` subfolder. */
  readonly dataDir: string;
  /** The AWS endpoint's URL. Queue URLs start with this URL, so that clients call the endpoint. */
  readonly endpointUrl: string;
  /** The region in the queues' ARNs. Defaults to us-east-1. */
  readonly region?: string;
  /** Returns the current time, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Receives the queues' metrics. @default - they are discarded */
  readonly cloudWatch?: Pick<CloudWatch, 'addGauges' | 'measurements'>;
  /** Decides for each sent message whether to lose or duplicate it. @default - messages are neither lost nor duplicated */
  readonly fateOf?: MessageFate;
}

const RETENTION_CHECK_MS = 60_000;

/**
 * Starts SQS with support for standard queues, which are stored in SQLite on disk (see docs/decisions/0005). Queue URLs are
 * `<endpointUrl>/000000000000/<name>`, and ARNs are `arn:aws:sqs:<region>:000000000000:<name>`. Each change reaches the operating system
 * before its response is sent, so the change survives if this process is killed. After a restart, an in-flight message reappears after its
 * visibility timeout.
 * @throws if the data folder is in use or unreadable; the message names the folder and the remedy
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
