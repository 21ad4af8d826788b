import { readAllowedHosts } from '../jobs/outbound/allowed-hosts.ts';
import { BULK_JOB_TYPE, CALLBACK_JOB_TYPE } from '../job/catalogue.ts';
import { createBuiltInJobTypes, isEnabled } from '../jobs/job-types.ts';
import type { JobQueue } from '../job/job-queue.ts';
import type { RunnableJobTypes } from '../job/job-type.ts';
import type { RunBulk } from '../jobs/bulk/bulk.ts';
import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createOutbox } from '../adapters/aurora/message-store.ts';
import { systemClock } from '../adapters/system.ts';
import type { Environment, environments } from '../environment.ts';
import type { ServiceLog } from '../job/log.ts';
import { lazy } from '../lazy.ts';
import type { MessagesSettings } from '../jobs/messages/send-messages.ts';
import { MAX_PER_RUN } from '../message/message.ts';

/** The built-in job types that Errand itself needs. BUILT_IN_JOBS can't disable them. */
const ALWAYS_BUILT_IN = new Set([BULK_JOB_TYPE, CALLBACK_JOB_TYPE]);

type WorkerEnvironment = Environment<(typeof environments)['worker']>;

/**
 * Creates the job types that the worker can run: the built-in types, and the types in the user's jobs file. If BUILT_IN_JOBS
 * excludes a built-in type, the user's jobs file may define another type with the same name.
 */
export function createRunnableJobTypes(
  dataApi: DataApi,
  queue: JobQueue,
  environment: WorkerEnvironment,
  log: ServiceLog,
): RunnableJobTypes {
  const { webhookAllowedHosts, webhookSecretArn, builtInJobs, jobs: jobsFile, functions } = environment;
  // Start loading immediately, in parallel with the first claim.
  const userJobTypes = jobsFile === undefined ? undefined : loadUserJobTypes(jobsFile, functions, log);
  const builtInJobTypes = createBuiltInJobTypes({
    webhook: {
      allowedHosts: readAllowedHosts(webhookAllowedHosts),
      ...(webhookSecretArn !== undefined && {
        readSecret: lazySecretReader(webhookSecretArn, 'The webhook keys’ secret could not be read.'),
      }),
    },
    messages: createMessages(dataApi, environment),
    runBulk: createBulkRun(dataApi, queue, environment, log),
  });
  return {
    find(name) {
      const builtIn = builtInJobTypes.get(name);
      if (!userJobTypes || (builtIn && (ALWAYS_BUILT_IN.has(name) || isEnabled(name, builtInJobs)))) {
        return builtIn;
      }
      return userJobTypes.then(async (own) => (await own.find(name)) ?? builtIn);
    },
  };
}

async function loadUserJobTypes(
  jobsFile: string,
  arns: ReadonlyMap<string, string> = new Map(),
  log: ServiceLog,
): Promise<RunnableJobTypes> {
  const [{ createUserJobTypes }, { createErrorGuard }, { captureConsole }] = await Promise.all([
    import('./user-job-types.ts'),
    import('./error-guard.ts'),
    import('./capture-console.ts'),
  ]);
  const invoke = lazy(async () => {
    const [{ createLambdaClient }, { createFunctionInvoker }] = await Promise.all([
      import('../adapters/lambda/client.ts'),
      import('../adapters/lambda/function-invoker.ts'),
    ]);
    return createFunctionInvoker(createLambdaClient(), log);
  });
  const guard = createErrorGuard(process, log);
  captureConsole(console, () => guard.current()?.console);
  return createUserJobTypes(jobsFile, { arns, invoke }, guard);
}

/** The error message if the receiver's key can't be read or has no value. The logged cause says which of the two. */
const NO_KEY =
  'The key for MESSAGES_URL could not be read. Has the secret in the MessagesSecretArn output been given a value?';

/** Creates the settings of the `send_messages` job type. Without MESSAGES_URL, all of these settings are undefined. */
function createMessages(dataApi: DataApi, environment: WorkerEnvironment): MessagesSettings {
  const { jobTimeout, messagesUrl, messagesSecretArn, messagesPerRunParameter } = environment;
  if (messagesSecretArn === undefined || messagesPerRunParameter === undefined) return { url: undefined };
  return {
    url: messagesUrl,
    run: {
      outbox: createOutbox(dataApi),
      clock: systemClock,
      readKey: lazySecretReader(messagesSecretArn, NO_KEY),
      readPerRun: lazy(async () => {
        const { createNumberReader, createSsmClient } = await import('../adapters/parameter-reader.ts');
        return createNumberReader(createSsmClient(), messagesPerRunParameter, MAX_PER_RUN);
      }),
      // The lease lasts as long as the function's timeout, so it can't expire while messages are being sent.
      leaseMs: jobTimeout * 1000,
    },
  };
}

/** Returns the function that runs bulk jobs. The function's code is loaded when the first bulk job runs. */
function createBulkRun(
  dataApi: DataApi,
  queue: JobQueue,
  environment: WorkerEnvironment,
  log: ServiceLog,
): RunBulk {
  return lazy(async () => {
    const [{ createBulkStore }, { runBulk }] = await Promise.all([
      import('../adapters/aurora/bulk-store.ts'),
      import('../job/bulk/run-bulk.ts'),
    ]);
    const ports = {
      store: createBulkStore(dataApi, [...environment.queueUrls.keys()]),
      queue,
      clock: systemClock,
      maxJobsInFlight: environment.tenantMaxJobsInFlight,
      log,
    };
    return (request, context) => runBulk(request, context, ports);
  });
}

/** Creates a secret reader whose code is loaded on the first call; see `createSecretReader`. */
function lazySecretReader(secretArn: string, failure: string): () => Promise<string> {
  return lazy(async () => {
    const { createSecretReader, createSecretsManagerClient } = await import('../adapters/secret-reader.ts');
    return createSecretReader(createSecretsManagerClient(), secretArn, systemClock.now, failure);
  });
}
