import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAttemptStore } from '../adapters/aurora/attempt-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createFileStore } from '../adapters/s3/file-store.ts';
import { readDeliveries, settleDeliveries, unsettled } from '../adapters/sqs/deliveries.ts';
import { openDatabase, openJobQueue, sqsClient } from '../composition/aurora-and-sqs.ts';
import { openMetrics } from '../composition/metrics.ts';
import { environments, readEnvironment } from '../environment.ts';
import { StoreUnavailableError } from '../job/errors.ts';
import { execute, type Delivery } from '../job/execute.ts';
import { createJobFiles } from '../job/job-files.ts';
import { openTracing } from '../composition/tracing.ts';
import type { ClaimedJob } from '../job/attempt-store.ts';
import type { SubmitFromJob } from '../job/job-context.ts';
import { withFields } from '../job/log.ts';
import type { OpenSteps } from '../job/steps/attempt-steps.ts';
import { lazy, loadOnce } from '../lazy.ts';
import { createRunnableJobTypes } from './job-types.ts';

const environment = readEnvironment(environments.worker);
const { queueUrls, queueName } = environment;

const metrics = openMetrics(environment);
/** For lines that name a queue themselves. */
const serviceLog = metrics.measure(createLog());
const log = withFields(serviceLog, { queue: queueName });
const tracing = await openTracing(environment, log);
// Doesn't wait for a paused database, because the function's time is for jobs. The message stays on the queue.
const dataApi = openDatabase(environment, log, () => 1_000);
const filesOf = createJobFiles(
  createFileStore(environment.uploadsBucket),
  environment.uploadRetentionDays,
  systemClock.newId,
);
const queue = openJobQueue(environment, serviceLog);
const jobTypes = createRunnableJobTypes(dataApi, queue, environment, log);
/** Most jobs submit no others. */
const jobSubmission = loadOnce(async () => {
  const { createJobSubmission } = await import('./job-submission.ts');
  return createJobSubmission({ environment, dataApi, queue, jobTypes, log: serviceLog, tracer: tracing });
});
/** Most jobs have no steps. */
const openSteps: OpenSteps = lazy(async () => {
  const { createJobSteps } = await import('./job-steps.ts');
  return createJobSteps({ dataApi, approvalsUrl: environment.approvalsUrl, jobSubmission });
});
/** The queue whose messages invoke this function. */
const queueUrl = queueUrls.get(queueName);
const store = createAttemptStore(dataApi);

/** The `submit` of one attempt. */
function submitOf(job: ClaimedJob): SubmitFromJob {
  const submit = loadOnce(async () => (await jobSubmission()).submitOf(job));
  return async (...submission) => (await submit())(...submission);
}

/** Runs the jobs named by a batch of messages. Reports unfinished messages as failed. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  if (queueUrl === undefined) throw new Error(`QUEUE_URLS lacks the worker's own queue, "${queueName}".`);
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  const run = (): Promise<SQSBatchResponse> =>
    runBatch(deliveries, event, context, { client: sqsClient(), queueUrl, log });
  return tracing ? tracing.batch({ queue: queueName, count: deliveries.length, context }, run) : run();
}

async function runBatch(
  deliveries: readonly Delivery[],
  event: SQSEvent,
  context: Context,
  sqs: Parameters<typeof settleDeliveries>[2],
): Promise<SQSBatchResponse> {
  try {
    const settlements = await execute(deliveries, {
      store,
      queue,
      jobTypes,
      clock: systemClock,
      log,
      filesOf,
      submitOf,
      openSteps,
      worker: context.awsRequestId,
      remainingMs: () => context.getRemainingTimeInMillis(),
      tracer: tracing,
    });
    return { batchItemFailures: await settleDeliveries(settlements, event.Records, sqs) };
  } catch (error) {
    // Aurora is paused or unreachable: the messages return, and their jobs run again.
    log.error('batch_not_settled', 'The batch was not settled; its messages stay on the queue.', {
      is_resuming: error instanceof StoreUnavailableError && error.isResuming,
      error,
    });
    const settlements = deliveries.map((delivery) => unsettled(delivery, error));
    return { batchItemFailures: await settleDeliveries(settlements, event.Records, sqs) };
  } finally {
    metrics.flush();
  }
}
