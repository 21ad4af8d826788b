import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Send } from './recorder.ts';
import { configured, named, type Scratch } from './scratch.ts';

/** Requests to the services that run and connect the stack's resources. */
export function serviceCalls(scratch: Scratch): Record<string, Send> {
  return {
    ...sqsCalls(scratch),
    ...lambdaCalls(scratch),
    ...schedulerCalls(scratch),
    ...secretCalls(),
  };
}

const DAY = 86_400_000;

function sqsCalls({ queueUrl: QueueUrl }: Scratch): Record<string, Send> {
  const ReceiptHandle = 'AQEB';
  const message = {
    MessageBody: '{"a":1}',
    DelaySeconds: 1,
    MessageAttributes: {
      kind: { DataType: 'String', StringValue: 'x' },
      blob: { DataType: 'Binary', BinaryValue: Buffer.from('x') },
    },
  };
  const commands = {
    SendMessage: new SendMessageCommand({ QueueUrl, ...message }),
    SendMessageBatch: new SendMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'a', ...message },
        { Id: 'b', MessageBody: 'b', MessageGroupId: 'g' },
      ],
    }),
    ReceiveMessage: new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 1,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['kind', 'bl.*'],
    }),
    DeleteMessage: new DeleteMessageCommand({ QueueUrl, ReceiptHandle }),
    DeleteMessageBatch: new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', ReceiptHandle }] }),
    ChangeMessageVisibility: new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle,
      VisibilityTimeout: 3,
    }),
    ChangeMessageVisibilityBatch: new ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: [{ Id: 'a', ReceiptHandle, VisibilityTimeout: 3 }],
    }),
    CreateQueue: new CreateQueueCommand({ QueueName: 'scratch', Attributes: { VisibilityTimeout: '30' } }),
    GetQueueUrl: new GetQueueUrlCommand({ QueueName: 'scratch' }),
    GetQueueAttributes: new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    SetQueueAttributes: new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: {
        MessageRetentionPeriod: '60',
        RedrivePolicy:
          '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:scratch","maxReceiveCount":3}',
      },
    }),
    ListQueues: new ListQueuesCommand({ QueueNamePrefix: 's', MaxResults: 2 }),
  };
  return named('sqs', commands, (endpoint, command: never) =>
    new SQSClient(configured(endpoint)).send(command),
  );
}

function lambdaCalls({ functionName: FunctionName }: Scratch): Record<string, Send> {
  const commands = {
    Invoke: new InvokeCommand({
      FunctionName,
      Payload: '{"a":1}',
      InvocationType: 'DryRun',
      LogType: 'Tail',
    }),
    GetFunctionConfiguration: new GetFunctionConfigurationCommand({ FunctionName, Qualifier: '$LATEST' }),
    ListVersionsByFunction: new ListVersionsByFunctionCommand({ FunctionName, MaxItems: 2, Marker: '0' }),
    ListFunctions: new ListFunctionsCommand({}),
    GetAccountSettings: new GetAccountSettingsCommand({}),
  };
  return named('lambda', commands, (endpoint, command: never) =>
    new LambdaClient(configured(endpoint)).send(command),
  );
}

function schedulerCalls({ functionName }: Scratch): Record<string, Send> {
  const schedule = {
    Name: 'scratch',
    GroupName: 'default',
    ScheduleExpression: 'cron(0 9 ? * MON-FRI *)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    FlexibleTimeWindow: { Mode: 'OFF' },
    StartDate: new Date(Date.now() + DAY),
    State: 'DISABLED',
    Target: {
      Arn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
      RoleArn: 'arn:aws:iam::000000000000:role/none',
      Input: '{"a":1}',
      RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 },
    },
  } as const;
  const commands = {
    CreateSchedule: new CreateScheduleCommand(schedule),
    UpdateSchedule: new UpdateScheduleCommand({ ...schedule, ScheduleExpression: 'rate(2 hours)' }),
    GetSchedule: new GetScheduleCommand({ Name: 'scratch', GroupName: 'default' }),
    DeleteSchedule: new DeleteScheduleCommand({ Name: 'scratch' }),
    ListSchedules: new ListSchedulesCommand({ NamePrefix: 's', MaxResults: 2, NextToken: '1' }),
    CreateScheduleGroup: new CreateScheduleGroupCommand({ Name: 'scratch' }),
  };
  return named('scheduler', commands, (endpoint, command: never) =>
    new SchedulerClient(configured(endpoint)).send(command),
  );
}

function secretCalls(): Record<string, Send> {
  const secret = { SecretId: 'scratch' };
  const commands = {
    CreateSecret: new CreateSecretCommand({
      Name: 'scratch',
      SecretString: '{"a":"b"}',
      ClientRequestToken: 'x'.repeat(32),
    }),
    PutSecretValue: new PutSecretValueCommand({
      ...secret,
      SecretString: 'b',
      VersionStages: ['AWSPENDING'],
    }),
    GetSecretValue: new GetSecretValueCommand({ ...secret, VersionStage: 'AWSCURRENT' }),
    DescribeSecret: new DescribeSecretCommand(secret),
    UpdateSecretVersionStage: new UpdateSecretVersionStageCommand({ ...secret, VersionStage: 'AWSCURRENT' }),
    GetRandomPassword: new GetRandomPasswordCommand({
      PasswordLength: 20,
      ExcludeCharacters: 'ab',
      RequireEachIncludedType: true,
    }),
  };
  return named('secretsmanager', commands, (endpoint, command: never) =>
    new SecretsManagerClient(configured(endpoint)).send(command),
  );
}
