import type { Context, SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAttemptStore } from '../adapters/aurora/attempt-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createFileStore } from '../adapters/s3/file-store.ts';
import { readDeliveries } from '../adapters/sqs/deliveries.ts';
import { settleDeliveries, unsettled } from '../adapters/sqs/settlements.ts';
import { openDatabase, openJobQueue, sqsClient } from '../composition/aurora-and-sqs.ts';
import { openMetrics } from '../composition/metrics.ts';
import { rehearseCalls } from '../composition/rehearse.ts';
import { remainingTimeOf } from '../deadline.ts';
import { environments, readEnvironment } from '../environment.ts';
import { StoreUnavailableError } from '../job/errors.ts';
import { execute, executeJobs, type ExecutePorts } from '../job/execute.ts';
import { createJobFiles } from '../job/job-files.ts';
import { openTracing } from '../composition/tracing.ts';
import type { ClaimedJob } from '../job/attempt-store.ts';
import type { SubmitFromJob } from '../job/job-context.ts';
import { withFields } from '../job/log.ts';
import { deliveriesOf, toPinnedSettlements } from '../job/pinned-jobs.ts';
import type { Delivery, Settlement } from '../job/settle.ts';
import type { OpenSteps } from '../job/steps/attempt-steps.ts';
import type { PinnedBatch, PinnedSettlements, RunOnVersion } from '../job/versions.ts';
import { runInWaves } from '../job/waves.ts';
import { lazy, loadOnce } from '../lazy.ts';
import { createRunnableJobTypes } from './job-types.ts';

const environment = readEnvironment(environments.worker);
const { queueUrls, queueBatchSizes, queueName } = environment;

const metrics = openMetrics(environment);
/** The log without the worker's `queue` field, for lines with a `queue` field of their own. */
const serviceLog = metrics.measure(createLog());
const log = withFields(serviceLog, { queue: queueName });
const tracing = await openTracing(environment, log);
// Don't wait for a paused database: the worker's time is for running jobs, and the messages stay on the queue meanwhile.
const dataApi = openDatabase(environment, log, () => 1_000);
const filesOf = createJobFiles(
  createFileStore(environment.uploadsBucket),
  environment.uploadRetentionDays,
  systemClock.newId,
);
const queue = openJobQueue(environment, serviceLog);
const jobTypes = createRunnableJobTypes(dataApi, queue, environment, log);
/** The functions with which jobs submit other jobs. Their code is loaded on first use, because most jobs don't need it. */
const jobSubmission = loadOnce(async () => {
  const { createJobSubmission } = await import('./job-submission.ts');
  return createJobSubmission({ environment, dataApi, queue, jobTypes, log: serviceLog, tracer: tracing });
});
/** Opens a job's steps. The code is loaded on first use, because most jobs have no steps. */
const openSteps: OpenSteps = lazy(async () => {
  const { createJobSteps } = await import('./job-steps.ts');
  return createJobSteps({ dataApi, approvalsUrl: environment.approvalsUrl, jobSubmission });
});
/** The queue whose messages invoke this function. */
const queueUrl = queueUrls.get(queueName);
const store = createAttemptStore(dataApi);

/** Returns an attempt's `submit` function. */
function submitOf(job: ClaimedJob): SubmitFromJob {
  const submit = loadOnce(async () => (await jobSubmission()).submitOf(job));
  return async (...submission) => (await submit())(...submission);
}

/**
 * Runs jobs on another version. The code is loaded on first use, because only jobs that are pinned to another version need it.
 */
const runOnVersion: RunOnVersion = lazy(async () => {
  const [{ createLambdaClient }, { createVersionInvoker }] = await Promise.all([
    import('../adapters/lambda/client.ts'),
    import('../adapters/lambda/version-invoker.ts'),
  ]);
  return createVersionInvoker(createLambdaClient(), environment.awsLambdaFunctionName, log);
});

await rehearseCalls(environment);

/** The event that the current version sends when it invokes an earlier version. */
interface PinnedEvent {
  readonly pinned: PinnedBatch;
}

/**
 * Runs the jobs named in a batch of messages, and reports unfinished messages as failed. For a `PinnedEvent`, runs the jobs
 * that the current version has handed over to this earlier version.
 */
export async function handler(
  event: SQSEvent | PinnedEvent,
  context: Context,
): Promise<SQSBatchResponse | PinnedSettlements> {
  if ('pinned' in event) return runPinned(event.pinned, context);
  if (queueUrl === undefined) throw new Error(`QUEUE_URLS lacks the worker's own queue, "${queueName}".`);
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  const remainingMs = remainingTimeOf(context);
  const sqs = { client: sqsClient(), queueUrl, log };
  const settleAll = (settlements: readonly Settlement[]): Promise<SQSBatchItemFailure[]> =>
    settleDeliveries(settlements, event.Records, sqs);
  const run = async (): Promise<SQSBatchResponse> => ({
    batchItemFailures: await runInWaves(deliveries, {
      batchSize: queueBatchSizes.get(queueName) ?? 1,
      remainingMs,
      run: async (some, wave, giveBackWaiting) =>
        settleAll(
          await settled(some, () => execute(some, portsOf(context, remainingMs, wave, giveBackWaiting))),
        ),
      giveBack: (some) =>
        settleAll(some.map((delivery) => ({ delivery, action: 'return', afterSeconds: 0 }))),
    }),
  });
  return measured(deliveries.length, context, run);
}

async function runPinned(batch: PinnedBatch, context: Context): Promise<PinnedSettlements> {
  const deliveries = deliveriesOf(batch);
  const remainingMs = remainingTimeOf({
    getRemainingTimeInMillis: () => Math.min(context.getRemainingTimeInMillis(), batch.remainingMs),
  });
  const ports: ExecutePorts = { ...portsOf(context, remainingMs), worker: batch.worker };
  const jobIds = batch.jobs.map(({ jobId }) => jobId);
  return measured(jobIds.length, context, async () =>
    toPinnedSettlements(await settled(deliveries, () => executeJobs(jobIds, deliveries, ports))),
  );
}

/**
 * @param wave the wave's number, which is part of the worker's name, so that a wave can't claim an earlier wave's jobs again
 */
function portsOf(
  context: Context,
  remainingMs: () => number,
  wave = 1,
  giveBackWaiting?: ExecutePorts['giveBackWaiting'],
): ExecutePorts {
  return {
    store,
    queue,
    jobTypes,
    clock: systemClock,
    log,
    filesOf,
    submitOf,
    openSteps,
    worker: wave === 1 ? context.awsRequestId : `${context.awsRequestId}/${wave}`,
    remainingMs,
    giveBackWaiting,
    versions: { own: context.functionVersion, run: runOnVersion },
    tracer: tracing,
  };
}

/** Runs a batch in a span, and writes the batch's metrics. */
async function measured<Answer>(
  count: number,
  context: Context,
  run: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await (tracing ? tracing.batch({ queue: queueName, count, context }, run) : run());
  } finally {
    metrics.flush();
  }
}

/**
 * Returns the settlements from `run`. If `run` fails, for example because the database is paused or unreachable, the messages
 * return to the queue and their jobs run later.
 */
async function settled(
  deliveries: readonly Delivery[],
  run: () => Promise<Settlement[]>,
): Promise<Settlement[]> {
  try {
    return await run();
  } catch (error) {
    log.error('batch_not_settled', 'The batch was not settled; its messages stay on the queue.', {
      is_resuming: error instanceof StoreUnavailableError && error.isResuming,
      error,
    });
    return deliveries.map((delivery) => unsettled(delivery, error));
  }
}
