import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Errand } from './errand.ts';
import type { ErrandProps } from './errand.ts';
import { outputsOf } from './outputs.ts';

export interface ErrandStackProps extends ErrandProps, StackProps {}

/** A stack with one Errand. Its outputs are what callers and operators need. */
export class ErrandStack extends Stack {
  constructor(scope: Construct, id: string, props: ErrandStackProps = {}) {
    super(scope, id, {
      description: 'Errand, a serverless job service',
      // Otherwise only the database would refuse its deletion, after the other resources have been deleted.
      terminationProtection: props.deletionProtection ?? true,
      ...props,
    });
    const errand = new Errand(this, 'Errand', props);
    for (const [name, output] of Object.entries(outputsOf(errand))) new CfnOutput(this, name, output);
  }
}

/** Adds the outputs that callers and operators need. */
export function addOutputs(stack: Stack, errand: Errand): void {
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
  } = errand;
  const outputs: Readonly<Record<string, { value: string; description: string }>> = {
    ApiUrl: { value: api.url, description: 'The address of the HTTP API, without a slash at its end' },
    QueueUrl: { value: queues.main.queueUrl, description: 'The queue `default`, which wakes its worker' },
    DeadLetterQueueUrl: {
      value: queues.deadLetter.queueUrl,
      description: 'Messages that were delivered too often',
    },
    ...(queues.byName.size > 1 && {
      QueueUrls: {
        value: stack.toJsonString(Object.fromEntries(queues.urls)),
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
  for (const [name, output] of Object.entries(outputs)) new CfnOutput(stack, name, output);
}
