import { Duration, Stack, Validations } from 'aws-cdk-lib/core';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import { MAX_RECEIVE_COUNT, RETENTION, visibilityTimeoutFor, type Queues } from './queues.ts';
import type { JobsFile } from './jobs/jobs-file.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface SchedulesProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly table: Table;
  readonly queues: Queues;
  /** The jobs file. Undefined in a stack with only built-in jobs. */
  readonly jobsFile: JobsFile | undefined;
}

/** The function's timeout: long enough for ten firings, including the SDK's retries. */
const TIMEOUT = Duration.seconds(60);

/**
 * The schedule group in EventBridge Scheduler, the firing queue, and the function that consumes this queue. EventBridge Scheduler fires
 * schedules, and wakes jobs with long delays.
 */
export class Schedules extends Construct {
  readonly function: ErrandFunction;
  /** The queue of firings that are waiting to be processed. */
  readonly queue: Queue;
  readonly visibilityTimeout = visibilityTimeoutFor(TIMEOUT);
  /** The environment variables of a function that writes schedules. */
  readonly environment: Readonly<
    Record<'scheduleGroup' | 'scheduleRoleArn' | 'deadLetterArn' | 'firingsQueueUrl', string>
  >;
  private readonly scheduleArns: string;
  private readonly role: Role;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    const { database, table, queues } = props;
    // Deleting the group deletes its schedules.
    const group = new CfnScheduleGroup(this, 'Group');
    this.scheduleArns = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${group.ref}/*`,
    });
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/<${Stack.of(this).getLogicalId(group)}>/*]`,
      reason: "Clients choose the schedules' names, and the group contains only their schedules.",
    });
    this.role = new Role(this, 'Role', {
      description: 'EventBridge Scheduler assumes this role to fire schedules.',
      // Only EventBridge Scheduler may assume the role, and only for schedules in this account.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.queue = new Queue(this, 'Firings', {
      visibilityTimeout: this.visibilityTimeout,
      retentionPeriod: RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // If the database is down for ten hours, a firing moves to the dead-letter queue, and the `dead-letter` function then sends the firing
      // again.
      deadLetterQueue: { queue: queues.deadLetter, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.environment = {
      scheduleGroup: group.ref,
      scheduleRoleArn: this.role.roleArn,
      deadLetterArn: queues.deadLetter.queueArn,
      firingsQueueUrl: this.queue.queueUrl,
    };
    this.function = new ErrandFunction(this, 'Function', {
      source: 'scheduled',
      description: 'Submits the job when a schedule fires.',
      timeout: TIMEOUT,
      memorySize: 256,
      settings: props.settings,
      environment: {
        ...database.environment,
        ...this.environment,
        tableName: table.tableName,
        ...queues.variables,
        jobQueues: props.jobsFile?.queuesOfJobs ?? new Map<string, string>(),
      },
    });
    database.grantStatements(this.function);
    table.grant(this.function, 'dynamodb:UpdateItem');
    queues.grantSend(this.function);
    // If a firing shows that EventBridge Scheduler's copy of the schedule is outdated, the `scheduled` function updates the copy.
    this.grantWrite(this.function);

    this.queue.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
      'sqs:SendMessage',
    );
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // The lowest value that AWS allows leaves most of the account's concurrency for the jobs after an outage.
      maxConcurrency: 2,
    });

    // Schedules that an earlier release registered invoke the function directly until their next firing.
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.function.functionArn],
    });
    this.queue.grant(this.role, 'sqs:SendMessage');
    queues.grantSend(this.role);
    queues.deadLetter.grant(this.role, 'sqs:SendMessage');
  }

  /** Allows a function to create, change and delete schedules, and to pass the role to them. */
  grantWrite(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
      resourceArns: [this.scheduleArns],
    });
    Grant.addToPrincipal({
      grantee,
      actions: ['iam:PassRole'],
      resourceArns: [this.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    });
  }
}
