import { setTimeout as wait } from 'node:timers/promises';
import { jobTypes as userJobTypes } from '#job-types';
import { createJobStatistics } from '../adapters/aurora/job-statistics.ts';
import { createJobStore } from '../adapters/aurora/job-store.ts';
import { createMessageStore } from '../adapters/aurora/message-store.ts';
import { createSubmissionStore } from '../adapters/aurora/submission-store.ts';
import { storeChecks } from '../adapters/health.ts';
import { createUploadStore } from '../adapters/s3/file-store.ts';
import { createDelayedQueue, createScheduler } from '../adapters/scheduler/scheduler.ts';
import { systemClock } from '../adapters/system.ts';
import { openDatabase, openJobQueue, openQueueStatistics, sqsClient } from '../composition/aurora-and-sqs.ts';
import {
  dynamoDbClient,
  openActivity,
  openDedupWindow,
  openSubmissionRate,
} from '../composition/dynamodb.ts';
import type { Environment, environments } from '../environment.ts';
import { CALLBACK_JOB_TYPE, DEFAULT_JOB_TYPE } from '../job/catalogue.ts';
import type { BatchStore } from '../job/batches/batch.ts';
import type { ApiKeyPorts } from '../api-key/manage-keys.ts';
import type { AuditStore } from '../job/audit.ts';
import type { BulkStore } from '../job/bulk/bulk-change.ts';
import type { Clock } from '../job/clock.ts';
import type { HistoryPorts } from '../job/history/read-history.ts';
import type { JobStore } from '../job/job-store.ts';
import type { ServiceLog } from '../job/log.ts';
import type { StatisticsPorts } from '../job/statistics.ts';
import type { SingleSubmitPorts } from '../job/submit.ts';
import type { UploadStore } from '../job/upload-store.ts';
import type { Tracer } from '../job/tracer.ts';
import { rememberRefusals, type WaitPorts } from '../job/wait.ts';
import { createBuiltInJobTypes, submittableJobTypes } from '../jobs/job-types.ts';
import { readAllowedHosts } from '../jobs/outbound/allowed-hosts.ts';
import { lazy, loadOnce } from '../lazy.ts';
import type { MessageStore } from '../message/message.ts';
import type { KeyPorts } from '../webhook-key/manage-key.ts';
import type { FlowDependencies } from './flow.ts';
import type { ScheduleDependencies } from './schedules.ts';
import type { StepDependencies } from './steps.ts';
import type { AttachmentPorts, SubmissionRules } from './submission.ts';
import { submissionSchema } from './submission-schema.ts';

/** The dependencies of the operations' handlers, grouped by capability. */
export interface Dependencies {
  readonly jobs: JobDependencies;
  readonly uploads: { readonly store: UploadStore; readonly clock: Pick<Clock, 'now' | 'newId'> };
  readonly messages: { readonly store: MessageStore };
  readonly loadSchedules: () => Promise<ScheduleDependencies>;
  readonly loadFlow: () => Promise<FlowDependencies>;
  readonly loadSteps: () => Promise<StepDependencies>;
  /** The ports for webhook keys. Undefined if the deployment does not send webhooks. */
  readonly webhookKeys: { readonly load: () => Promise<KeyPorts> } | undefined;
  readonly apiKeys: {
    /** `load` is undefined if the deployment's callers don't use API keys. */
    readonly load: (() => Promise<ApiKeyPorts>) | undefined;
    /** The `AUTH` setting. */
    readonly auth: string;
  };
  readonly loadBulk: () => Promise<BulkStore>;
  readonly loadAudit: () => Promise<AuditStore>;
  readonly statistics: StatisticsPorts;
  readonly loadHistory: () => Promise<HistoryPorts>;
  readonly healthChecks: readonly HealthCheck[];
  /** The origins that the console's page may call to sign users in. */
  readonly signInOrigins: () => Promise<readonly string[]>;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

export interface JobDependencies extends SingleSubmitPorts, SubmissionRules, WaitPorts, AttachmentPorts {
  readonly store: JobStore;
  readonly loadBatches: () => Promise<BatchStore>;
  /**
   * How long the current request may still wait for a job, in milliseconds. Time spent waiting for a paused database also
   * counts against this limit.
   */
  readonly leftMs: () => number;
}

/** Checks whether a store responds. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

/**
 * The minimum time limit for a statement, in milliseconds. This minimum applies when a request has little time left, such
 * as after waiting for a job.
 */
const LEAST_STATEMENT_MS = 2_000;

/**
 * Creates the dependencies, once per function instance.
 *
 * @param patienceMs how long the current request may still wait for a paused database or a job, in milliseconds
 * @param tracer creates spans for new jobs; undefined without tracing
 */
export function createDependencies(
  environment: Environment<(typeof environments)['api']>,
  log: ServiceLog,
  patienceMs: () => number,
  tracer: Tracer | undefined,
): Dependencies {
  const { tableName, keyTableName, queueUrls, deadLetterQueueUrl, webhookSecretArn } = environment;
  const { now } = systemClock;
  const dataApi = openDatabase(environment, log, patienceMs, () =>
    Math.max(LEAST_STATEMENT_MS, patienceMs()),
  );
  const dynamoDb = dynamoDbClient();
  const scheduler = createScheduler();
  const uploads = createUploadStore(environment.uploadsBucket);
  const builtInJobTypes = createBuiltInJobTypes({
    webhook: { allowedHosts: readAllowedHosts(environment.webhookAllowedHosts) },
    messages: { url: environment.messagesUrl },
  });
  const jobTypes = submittableJobTypes(builtInJobTypes, environment.builtInJobs, userJobTypes);
  const callbackType = builtInJobTypes.get(CALLBACK_JOB_TYPE);
  if (!callbackType) throw new Error(`There is no job type "${CALLBACK_JOB_TYPE}".`);
  const elapsedMs = (): number => performance.now();

  /**
   * Takes a slot for a wait. The wait-slot code is loaded on the first request that waits for a job, because most
   * requests don't wait.
   */
  const takeWaitSlot = lazy(async () => {
    const { createWaitSlots } = await import('../adapters/dynamodb/wait-slots.ts');
    const limits = { perTenant: environment.tenantMaxWaits, total: environment.maxWaits };
    const slots = createWaitSlots(dynamoDb, tableName, limits, systemClock);
    return (tenant: string) => slots.take(tenant);
  });

  const shared = {
    dedup: openDedupWindow(environment),
    queue: createDelayedQueue(openJobQueue(environment, log), scheduler, environment, { now, log }),
    limits: {
      maxJobsInFlight: environment.tenantMaxJobsInFlight,
      rate: openSubmissionRate(environment),
    },
    activity: openActivity(environment),
    tracer,
    clock: systemClock,
    log,
    now,
    schema: submissionSchema(),
    jobTypes,
    callbackType,
    defaultType: DEFAULT_JOB_TYPE,
    dedupWindowSeconds: environment.dedupWindow,
    queueTimeouts: environment.queueTimeouts,
    jobTimeout: environment.jobTimeout,
    retentionDays: environment.retentionDays,
  };

  return {
    jobs: {
      ...shared,
      submissions: createSubmissionStore(dataApi),
      loadBatches: loadOnce(async () => {
        const { createBatchStore } = await import('../adapters/aurora/batch-store.ts');
        return createBatchStore(dataApi);
      }),
      store: createJobStore(dataApi, [...queueUrls.keys()]),
      uploads,
      slots: rememberRefusals({ take: takeWaitSlot }, elapsedMs),
      elapsedMs,
      leftMs: patienceMs,
      pause: (ms) => wait(ms),
    },
    uploads: { store: uploads, clock: systemClock },
    messages: { store: createMessageStore(dataApi) },
    loadSchedules: loadOnce(async () => {
      const { createSchedules } = await import('./schedules.ts');
      return createSchedules(dataApi, scheduler, environment, shared);
    }),
    loadFlow: loadOnce(async () => {
      const { createFlow } = await import('./flow.ts');
      const types = [...new Set([...jobTypes.keys(), CALLBACK_JOB_TYPE])];
      return createFlow(dataApi, {
        ...shared,
        queues: [...queueUrls.keys()],
        types,
        elapsedMs,
        leftMs: patienceMs,
      });
    }),
    loadSteps: loadOnce(async () => {
      const { createSteps } = await import('./steps.ts');
      return createSteps(dataApi, shared);
    }),
    webhookKeys:
      webhookSecretArn === undefined
        ? undefined
        : {
            load: loadOnce(async () => {
              const { createWebhookKeyPorts } = await import('./webhook-keys.ts');
              return createWebhookKeyPorts(dataApi, webhookSecretArn);
            }),
          },
    apiKeys: {
      auth: environment.auth,
      load:
        keyTableName === undefined
          ? undefined
          : loadOnce(async () => {
              const { createApiKeyPorts } = await import('./api-keys.ts');
              return createApiKeyPorts(dataApi, dynamoDb, keyTableName);
            }),
    },
    loadBulk: loadOnce(async () => {
      const { createBulkStore } = await import('../adapters/aurora/bulk-store.ts');
      return createBulkStore(dataApi, [...queueUrls.keys()]);
    }),
    loadAudit: loadOnce(async () => {
      const { createAuditStore } = await import('../adapters/aurora/audit-store.ts');
      return createAuditStore(dataApi);
    }),
    statistics: {
      jobStatistics: createJobStatistics(dataApi),
      queueStatistics: new Map([...queueUrls].map(([name, url]) => [name, openQueueStatistics(url)])),
      deadLetterStatistics: openQueueStatistics(deadLetterQueueUrl),
    },
    newId: systemClock.newId,
    signInOrigins: lazy(async () => {
      const { createSignInOrigins } = await import('./sign-in-origins.ts');
      return createSignInOrigins(environment.jwtIssuer, log);
    }),
    loadHistory: loadOnce(async () => {
      const { createHistoryStore } = await import('../adapters/aurora/history-store.ts');
      return { store: createHistoryStore(dataApi), clock: systemClock };
    }),
    healthChecks: storeChecks({ dataApi, dynamoDb, tableName, sqs: sqsClient(), queueUrls }),
  };
}
