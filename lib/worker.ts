import type { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import type { Uploads } from './uploads.ts';
import type { Messages } from './messages.ts';
import type { Webhooks } from './webhooks.ts';

export interface WorkerProps {
  readonly database: Database;
  readonly queue: Queue;
  readonly uploads: Uploads;
  /** The function's timeout. Shorter than the queue's visibility timeout. */
  readonly jobTimeout: Duration;
  /** The number of executions that run at once. */
  readonly jobPrefetch: number;
  /** The most jobs that one execution takes at once. */
  readonly jobBatchSize: number;
  /** Whether that number is set aside from the account's concurrency. Must be true where the number is 1. */
  readonly reserveConcurrency: boolean;
  /** Undefined where no webhook may be sent. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined where no messages are sent. */
  readonly messages: Messages | undefined;
  readonly logRetentionDays: RetentionDays;
}

/** The least that AWS takes as the maximum concurrency of an SQS event source mapping. */
const LEAST_MAXIMUM_CONCURRENCY = 2;

/** Runs jobs: `jobBatchSize` in an execution, `jobPrefetch` executions at once. */
export class Worker extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'worker',
      description: 'Runs jobs.',
      timeout: props.jobTimeout,
      memorySize: 1024,
      environment: {
        ...props.database.environment,
        QUEUE_URL: props.queue.queueUrl,
        JOB_TIMEOUT: String(props.jobTimeout.toSeconds()),
        ...props.uploads.environment,
        ...props.webhooks?.environment,
        ...props.messages?.environment,
      },
      logRetentionDays: props.logRetentionDays,
      ...(props.reserveConcurrency && { reservedConcurrentExecutions: props.jobPrefetch }),
    });
    props.database.grantStatements(this.function);
    props.uploads.grantRead(this.function);
    props.webhooks?.grantSigning(this.function);
    props.messages?.grantSending(this.function);
    props.queue.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
      // For the jobs that tell the outcomes of others.
      'sqs:SendMessage',
    );
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: props.queue.queueArn,
      batchSize: props.jobBatchSize,
      reportBatchItemFailures: true,
      // No more than may run: each delivery beyond that is throttled, and comes back a visibility timeout later.
      maxConcurrency: Math.max(LEAST_MAXIMUM_CONCURRENCY, props.jobPrefetch),
    });
  }
}
