import { setTimeout as wait } from 'node:timers/promises';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createDataApi } from '../adapters/aurora/data-api.ts';
import { createJobStatistics } from '../adapters/aurora/job-statistics.ts';
import { createJobStore } from '../adapters/aurora/job-store.ts';
import { createMessageStore } from '../adapters/aurora/message-store.ts';
import { createScheduleStore } from '../adapters/aurora/schedule-store.ts';
import { createSubmissionStore } from '../adapters/aurora/submission-store.ts';
import { callingUntil } from '../adapters/aws/http-handler.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createDynamoDbClient, createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createActivity } from '../adapters/dynamodb/activity.ts';
import { createDedupWindow } from '../adapters/dynamodb/dedup-window.ts';
import { createSubmissionRate } from '../adapters/dynamodb/submission-rate.ts';
import { storeChecks } from '../adapters/health.ts';
import { createUploadStore } from '../adapters/s3/file-store.ts';
import { createDelayedQueue, createScheduler } from '../adapters/scheduler/scheduler.ts';
import { createTimetable } from '../adapters/scheduler/timetable.ts';
import { createJobQueue, createQueueStatistics } from '../adapters/sqs/job-queue.ts';
import { environments, readEnvironment } from '../environment.ts';
import {
  CALLBACK_JOB_TYPE,
  createBuiltInJobTypes,
  DEFAULT_JOB_TYPE,
  submittableJobTypes,
} from '../jobs/job-types.ts';
import { readAllowedHosts } from '../jobs/outbound/allowed-hosts.ts';
import { jobTypes as userJobTypes } from '#job-types';
import { unavailableOf } from '../job/job-type.ts';
import { rememberRefusals } from '../job/wait.ts';
import { lazy, loadOnce } from '../lazy.ts';
import {
  createDeadline,
  trackDeadline,
  problemDetails,
  responseHeaders,
} from '../middleware/every-request.ts';
import { callerOf } from './caller.ts';
import type { Dependencies } from './operation.ts';
import { operations } from './operations.ts';
import { routeRequests } from './router.ts';
import { submissionSchema } from './submission-schema.ts';

const environment = readEnvironment(environments.api);

const log = createLog();
const deadline = createDeadline();
const dynamoDb = createDynamoDbClient();
const sqs = createSqsClient();
const { now } = systemClock;
const dataApi = createDataApi({
  client: createRdsDataClient(),
  clusterArn: environment.clusterArn,
  secretArn: environment.secretArn,
  database: environment.databaseName,
  patienceMs: deadline.patienceMs,
});

const uploads = createUploadStore(environment.uploadsBucket);
const scheduler = createScheduler();
const schedulerSettings = {
  groupName: environment.scheduleGroup,
  roleArn: environment.scheduleRoleArn,
  deadLetterArn: environment.deadLetterArn,
  queueArn: environment.queueArn,
};

const builtInJobTypes = createBuiltInJobTypes({
  webhook: { allowedHosts: readAllowedHosts(environment.webhookAllowedHosts) },
  messages: { url: environment.messagesUrl },
});

const jobTypes = submittableJobTypes(builtInJobTypes, environment.builtInJobs, userJobTypes);
const callbackType = builtInJobTypes.get(CALLBACK_JOB_TYPE);
if (!callbackType) throw new Error(`There is no job type "${CALLBACK_JOB_TYPE}".`);

const elapsedMs = (): number => performance.now();

/** Takes a slot for a wait. Most requests don't wait, so the slots are loaded by the first that does. */
const takeWaitSlot = lazy(async () => {
  const { createWaitSlots } = await import('../adapters/dynamodb/wait-slots.ts');
  const limits = { perTenant: environment.tenantMaxWaits, total: environment.maxWaits };
  const slots = createWaitSlots(dynamoDb, environment.tableName, limits, systemClock);
  return (tenant: string) => slots.take(tenant);
});

const shared = {
  dedup: createDedupWindow(dynamoDb, environment.tableName, now),
  queue: createDelayedQueue(createJobQueue(sqs, environment.queueUrl, log), scheduler, schedulerSettings, {
    now,
    log,
  }),
  limits: {
    maxJobsInFlight: environment.tenantMaxJobsInFlight,
    rate: createSubmissionRate(dynamoDb, environment.tableName, environment.tenantSubmissionsPerSecond, now),
  },
  activity: createActivity(dynamoDb, environment.tableName, now),
  clock: systemClock,
  log,
  now,
  schema: submissionSchema(environment.jobTimeout),
  jobTypes,
  callbackType,
  defaultType: DEFAULT_JOB_TYPE,
  dedupWindowSeconds: environment.dedupWindow,
  jobTimeout: environment.jobTimeout,
};

/** Composes what webhook keys need, at the first request for one. */
function webhookKeys(secretArn: string): NonNullable<Dependencies['webhookKeys']> {
  return {
    load: loadOnce(async () => {
      const { createWebhookKeyPorts } = await import('./webhook-keys.ts');
      return createWebhookKeyPorts(dataApi, secretArn);
    }),
  };
}

const dependencies: Dependencies = {
  jobs: {
    ...shared,
    submissions: createSubmissionStore(dataApi),
    store: createJobStore(dataApi),
    uploads,
    slots: rememberRefusals({ take: takeWaitSlot }, elapsedMs),
    elapsedMs,
    pause: (ms) => wait(ms),
  },
  uploads: { store: uploads, clock: systemClock },
  messages: { store: createMessageStore(dataApi), newId: systemClock.newId },
  schedules: {
    ...shared,
    store: createScheduleStore(dataApi),
    timetable: createTimetable(scheduler, schedulerSettings, () => environment.scheduledFunctionArn),
    unavailable: unavailableOf(jobTypes.values()),
  },
  webhookKeys:
    environment.webhookSecretArn === undefined ? undefined : webhookKeys(environment.webhookSecretArn),
  statistics: {
    jobStatistics: createJobStatistics(dataApi),
    queueStatistics: createQueueStatistics(sqs, environment.queueUrl),
    deadLetterStatistics: createQueueStatistics(sqs, environment.deadLetterQueueUrl),
  },
  healthChecks: storeChecks({
    dataApi,
    dynamoDb,
    tableName: environment.tableName,
    sqs,
    queueUrl: environment.queueUrl,
  }),
};

const callerRules = {
  auth: environment.auth,
  defaultTenant: environment.defaultTenant,
  tenantClaim: environment.jwtTenantClaim ?? '',
  scopePrefix: environment.jwtScopePrefix ?? '',
};

const route = routeRequests(operations, dependencies, (event) => callerOf(event, callerRules));

/** The API: one Lambda behind every route of the HTTP API. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
  timeoutEarlyInMillis: 500,
})
  .use(responseHeaders())
  .use(problemDetails(log))
  .use(trackDeadline(deadline))
  // middy's signal fires when it responds that the time is up.
  .handler((event, context, { signal }) => callingUntil(signal, () => route(event, context)));
