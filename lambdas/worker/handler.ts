import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAttemptStore } from '../adapters/aurora/attempt-store.ts';
import { createDataApi } from '../adapters/aurora/data-api.ts';
import { systemChance, createLog } from '../adapters/system.ts';
import { createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createJobQueue } from '../adapters/sqs/job-queue.ts';
import { createFileStore } from '../adapters/s3/file-store.ts';
import { readDeliveries, settleDeliveries } from '../adapters/sqs/deliveries.ts';
import { environments, readEnvironment } from '../environment.ts';
import { createJobTypes } from '../handlers/job-types.ts';
import { readAllowedHosts } from '../handlers/outbound/allowed-hosts.ts';
import { execute } from '../job/execute.ts';
import { createJobFiles } from '../job/job-files.ts';
import { lazySecretReader } from './lazy-secret-reader.ts';
import { createMessages } from './messages.ts';

const environment = readEnvironment(environments.worker);
const { clusterArn, secretArn, databaseName, queueUrl, webhookAllowedHosts, webhookSecretArn } = environment;

const log = createLog();
// Doesn't wait for a paused database: the message stays on the queue, and the function's time is for jobs.
const dataApi = createDataApi({
  client: createRdsDataClient(),
  clusterArn,
  secretArn,
  database: databaseName,
  patienceMs: () => 1_000,
});
const jobTypes = createJobTypes({
  webhook: {
    allowedHosts: readAllowedHosts(webhookAllowedHosts),
    ...(webhookSecretArn !== undefined && {
      readSecret: lazySecretReader(webhookSecretArn, 'The secret of the webhook keys could not be read.'),
    }),
  },
  messages: createMessages(dataApi, environment),
});
const filesOf = createJobFiles(createFileStore(environment.uploadsBucket), environment.uploadRetentionDays);
const sqs = createSqsClient();
const queue = createJobQueue(sqs, queueUrl, log);
const store = createAttemptStore(dataApi);

/** Runs the jobs that a batch of messages wakes; messages that are not done with are reported as failed. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  try {
    const settlements = await execute(deliveries, {
      store,
      queue,
      jobTypes,
      chance: systemChance,
      log,
      filesOf,
      worker: context.awsRequestId,
      remainingMs: () => context.getRemainingTimeInMillis(),
    });
    return {
      batchItemFailures: await settleDeliveries(settlements, event.Records, { client: sqs, queueUrl, log }),
    };
  } catch (error) {
    // Aurora is paused or out of reach. The messages come back after their visibility timeout; what ran is rerun.
    log.error('The batch was not settled; its messages stay on the queue.', { error });
    return { batchItemFailures: deliveries.map(({ id }) => ({ itemIdentifier: id })) };
  }
}
