import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { ManagedPolicy, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type IFunction, type Version } from 'aws-cdk-lib/aws-lambda';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULT_QUEUE } from '../lambdas/job/definition.ts';
import { LEAST_MAXIMUM_CONCURRENCY } from '../lambdas/preflight/reservation.ts';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import type { FunctionsByJob } from './functions.ts';
import { bundlePlatform } from './jobs/bundle-platform.ts';
import type { JobsFile } from './jobs/jobs-file.ts';
import type { Messages } from './messages.ts';
import { executionsOf, type ResolvedQueue } from './queue-options.ts';
import type { Queues } from './queues.ts';
import type { ResolvedSettings } from './settings/table.ts';
import type { Uploads } from './uploads.ts';
import type { Webhooks } from './webhooks.ts';

export interface WorkerProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly table: Table;
  readonly queues: Queues;
  /** The options of the worker's queue. */
  readonly options: ResolvedQueue;
  readonly uploads: Uploads;
  /** Undefined if the deployment can't send webhooks. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined if the deployment can't send messages. */
  readonly messages: Messages | undefined;
  /** Undefined in a stack with only built-in jobs. */
  readonly jobsFile: JobsFile | undefined;
  /** The functions that run the queue's jobs, keyed by job name. */
  readonly functions: FunctionsByJob;
  /** The API's URL. */
  readonly apiUrl: string;
}

/**
 * Runs one queue's jobs: up to `batchSize` jobs per execution, and up to `concurrency` executions at once. The jobs have all permissions
 * that you grant to the worker.
 */
export class Worker extends Construct implements IGrantable {
  readonly function: ErrandFunction;
  readonly queue: Queue;
  /** The function version that messages invoke. Undefined for a queue without pinned jobs, because that queue's messages invoke the newest code. */
  readonly version: Version | undefined;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    const { settings, options, queues, jobsFile } = props;
    this.queue = queues.named(options.name);
    const functions = Object.entries(props.functions);
    const platform = bundlePlatform(this, options.architecture);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'worker',
      description:
        options.name === DEFAULT_QUEUE ? 'Runs jobs.' : `Runs the jobs in the ${options.name} queue.`,
      timeout: options.timeout,
      memorySize: options.memorySize,
      ephemeralStorageSize: options.ephemeralStorageSize,
      architecture: options.architecture,
      ...(options.layers && { layers: [...options.layers] }),
      ...(options.vpc && {
        vpc: options.vpc,
        ...(options.vpcSubnets && { vpcSubnets: options.vpcSubnets }),
        ...(options.securityGroups && { securityGroups: [...options.securityGroups] }),
      }),
      settings,
      ...(jobsFile && {
        addFiles: (outputDir) => {
          jobsFile.addJobs(outputDir, platform);
        },
      }),
      userEnvironment: options.environment,
      environment: {
        jobs: jobsFile?.file,
        approvalsUrl: jobsFile && (settings.approvalsUrl ?? props.apiUrl),
        functions:
          functions.length === 0 ? undefined : new Map(functions.map(([name, fn]) => [name, fn.functionArn])),
        ...props.database.environment,
        ...queues.variables,
        queueName: options.name,
        queueTimeouts: queues.timeouts,
        tableName: props.table.tableName,
        jobTimeout: options.timeout.toSeconds(),
        uploadsBucket: props.uploads.bucketName,
        webhookSecretArn: props.webhooks?.secretArn,
        messagesSecretArn: props.messages?.secretArn,
        messagesPerRunParameter: props.messages?.perRunParameter,
      },
      ...(settings.reserveConcurrency && { reservedConcurrentExecutions: executionsOf(options) }),
      // CloudFormation keeps the version, because a pinned job may need it after later deployments. KeptVersions deletes old versions.
      ...(options.hasPinnedJobs && { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN } }),
    });
    props.database.grantStatements(this.function);
    props.uploads.grantRead(this.function);
    props.webhooks?.grantKeys(this.function);
    props.messages?.grantSending(this.function);
    this.queue.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
    );
    if (jobsFile) {
      // The user's jobs may write files and submit jobs of any type.
      props.uploads.grantUpload(this.function);
      props.table.grant(this.function, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
      queues.grantSend(this.function);
    } else {
      // Callbacks are jobs that report another job's outcome, so the worker must be able to submit them.
      queues.main.grant(this.function, 'sqs:SendMessage');
    }
    for (const [, fn] of functions) fn.grantInvoke(this.function);
    if (options.vpc) allowNetworkInterfaces(this.function);
    this.grantPrincipal = this.function.grantPrincipal;
    if (options.hasPinnedJobs) {
      this.version = this.function.currentVersion;
      this.grantVersions();
    }
    new EventSourceMapping(this, 'Deliveries', {
      // Messages invoke the version instead of the function, so that `context.functionVersion` is the version's number in the worker.
      target: (this.version ?? this.function) as IFunction,
      eventSourceArn: this.queue.queueArn,
      batchSize: options.batchSize,
      reportBatchItemFailures: true,
      // Without this limit, Lambda would receive more messages than the worker can process. Lambda would throttle the excess messages, which
      // would reappear only after the visibility timeout.
      maxConcurrency: Math.max(LEAST_MAXIMUM_CONCURRENCY, options.concurrency),
    });
  }

  /**
   * Allows the worker to invoke its own versions. The permission is in a separate policy to avoid a circular dependency: the function depends on its
   * role's default policy.
   */
  private grantVersions(): void {
    const policy = new Policy(this, 'Versions', {
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [`${this.function.functionArn}:*`],
        }),
      ],
    });
    this.function.role?.attachInlinePolicy(policy);
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5',
      reason:
        'A worker invokes each of its kept versions, whose numbers are known only once the versions exist.',
    });
  }
}

/**
 * Lets Lambda use the function's own role to connect the function to a VPC
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html). AWSLambdaVPCAccessExecutionRole would also allow writing to
 * every log group.
 */
function allowNetworkInterfaces({ role }: ErrandFunction): void {
  if (!role) throw new Error('A function has no role.');
  role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaENIManagementAccess'));
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM4',
    reason: 'Network interfaces have no ARNs before Lambda creates them; AWS maintains the list of actions.',
  });
}
