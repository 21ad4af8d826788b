import { Stack } from 'aws-cdk-lib/core';
import type { Api } from './api.ts';
import type { Authentication } from './authentication.ts';
import type { Database } from './database.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DedupTable } from './dedup-table.ts';
import type { Messages } from './messages.ts';
import type { Migrations } from './migrations.ts';
import type { Queues } from './queues.ts';
import type { Schedules } from './schedules.ts';
import type { Sweeper } from './sweeper.ts';
import type { Uploads } from './uploads.ts';
import type { Webhooks } from './webhooks.ts';
import type { Worker } from './worker.ts';

/** The parts of an `Errand` that its outputs are made from. */
export interface OutputParts {
  readonly authentication: Authentication;
  readonly api: Api;
  readonly database: Database;
  readonly migrations: Migrations;
  readonly table: DedupTable;
  readonly queues: Queues;
  readonly uploads: Uploads;
  readonly webhooks: Webhooks | undefined;
  readonly messages: Messages | undefined;
  readonly schedules: Schedules;
  readonly worker: Worker;
  readonly deadLetter: DeadLetter;
  readonly sweeper: Sweeper;
}

export interface Output {
  readonly value: string;
  readonly description: string;
}

/** The values that callers and operators of an Errand need, by name. */
export function outputsOf(parts: OutputParts): Readonly<Record<string, Output>> {
  const {
    api,
    authentication,
    database,
    migrations,
    table,
    queues,
    uploads,
    webhooks,
    messages,
    schedules,
    worker,
    deadLetter,
    sweeper,
  } = parts;
  return {
    ApiUrl: { value: api.url, description: 'The address of the HTTP API, without a slash at its end' },
    QueueUrl: { value: queues.main.queueUrl, description: 'The queue `default`, which wakes its worker' },
    DeadLetterQueueUrl: {
      value: queues.deadLetter.queueUrl,
      description: 'Messages that were delivered too often',
    },
    ...(queues.byName.size > 1 && {
      QueueUrls: {
        value: Stack.of(queues).toJsonString(Object.fromEntries(queues.urls)),
        description: 'All queues, by name',
      },
    }),
    UploadsBucketName: { value: uploads.bucketName, description: 'The bucket of the uploaded files' },
    TableName: { value: table.tableName, description: 'The table of the dedup window' },
    ClusterArn: { value: database.clusterArn, description: 'The database of all jobs' },
    SecretArn: { value: database.secretArn, description: 'The secret of the database’s master user' },
    ApplicationSecretArn: {
      value: database.applicationSecretArn,
      description: 'The secret of the database user of the functions',
    },
    MigrationsFunctionName: {
      value: migrations.function.functionName,
      description: 'Applies the migrations, and sets the password of the database user',
    },
    DatabaseName: { value: database.databaseName, description: 'The name of the database in its cluster' },
    ApiFunctionName: { value: api.function.functionName, description: 'Answers the HTTP API' },
    WorkerFunctionName: { value: worker.function.functionName, description: 'Runs jobs' },
    ScheduledFunctionName: {
      value: schedules.function.functionName,
      description: 'Submits the jobs of schedules',
    },
    FiringsQueueUrl: {
      value: schedules.queue.queueUrl,
      description: 'Firings of schedules that wait for a decision',
    },
    ScheduleGroupName: {
      value: schedules.environment.scheduleGroup,
      description: 'The group of the schedules in EventBridge Scheduler',
    },
    DeadLetterFunctionName: {
      value: deadLetter.function.functionName,
      description: 'Reads the dead-letter queue',
    },
    SweeperFunctionName: {
      value: sweeper.function.functionName,
      description: 'Sends again what was never sent',
    },
    ...(authentication.keyTable && {
      KeyTableName: {
        value: authentication.keyTable.tableName,
        description: 'The table of the API keys: errand key create --table …',
      },
    }),
    ...(authentication.function && {
      AuthorizerFunctionName: {
        value: authentication.function.functionName,
        description: 'Reads the API keys',
      },
    }),
    ...(webhooks && {
      WebhookSecretArn: { value: webhooks.secretArn, description: 'The secret of the webhook keys' },
    }),
    ...(messages && {
      MessagesSecretArn: {
        value: messages.secretArn,
        description: 'The secret to put the key for MESSAGES_URL into',
      },
      MessagesPerRunParameter: {
        value: messages.perRunParameter,
        description: 'The parameter that says how many messages a run sends',
      },
    }),
  };
}
