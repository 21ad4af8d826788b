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

/** The parts of an `Errand` that appear in the stack's outputs. */
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

/** Returns the values that a deployment's callers and operators need, by output name. */
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
    ApiUrl: { value: api.url, description: 'The HTTP API’s URL, without a trailing slash' },
    QueueUrl: { value: queues.main.queueUrl, description: 'The `default` queue, which wakes its worker' },
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
    UploadsBucketName: { value: uploads.bucketName, description: 'The bucket for uploaded files' },
    TableName: { value: table.tableName, description: 'The dedup table' },
    ClusterArn: { value: database.clusterArn, description: 'The database with all jobs' },
    SecretArn: { value: database.secretArn, description: 'The secret for the database’s master user' },
    ApplicationSecretArn: {
      value: database.applicationSecretArn,
      description: 'The secret for the functions’ database user',
    },
    MigrationsFunctionName: {
      value: migrations.function.functionName,
      description: 'Applies the migrations, and sets the password of the database user',
    },
    DatabaseName: { value: database.databaseName, description: 'The database’s name in its cluster' },
    ApiFunctionName: { value: api.function.functionName, description: 'Serves the HTTP API' },
    WorkerFunctionName: { value: worker.function.functionName, description: 'Runs jobs' },
    ScheduledFunctionName: {
      value: schedules.function.functionName,
      description: 'Submits the schedules’ jobs',
    },
    FiringsQueueUrl: {
      value: schedules.queue.queueUrl,
      description: 'Schedules’ firings that wait to be processed',
    },
    ScheduleGroupName: {
      value: schedules.environment.scheduleGroup,
      description: 'The schedule group in EventBridge Scheduler',
    },
    DeadLetterFunctionName: {
      value: deadLetter.function.functionName,
      description: 'Reads the dead-letter queue',
    },
    SweeperFunctionName: {
      value: sweeper.function.functionName,
      description: 'Sends messages for jobs whose message is missing',
    },
    ...(authentication.keyTable && {
      KeyTableName: {
        value: authentication.keyTable.tableName,
        description: 'The API key table: errand key create --table …',
      },
    }),
    ...(authentication.function && {
      AuthorizerFunctionName: {
        value: authentication.function.functionName,
        description: 'Reads the API keys',
      },
    }),
    ...(webhooks && {
      WebhookSecretArn: { value: webhooks.secretArn, description: 'The secret for the webhook keys' },
    }),
    ...(messages && {
      MessagesSecretArn: {
        value: messages.secretArn,
        description: 'The secret that holds the key for MESSAGES_URL',
      },
      MessagesPerRunParameter: {
        value: messages.perRunParameter,
        description: 'The parameter with the number of messages per run',
      },
    }),
  };
}
