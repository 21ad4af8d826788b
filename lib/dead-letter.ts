import type { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';

export interface DeadLetterProps {
  readonly database: Database;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly timeout: Duration;
  readonly logRetentionDays: RetentionDays;
}

/** Looks after the messages that were delivered too often: fails their jobs, or sends again what never ran. */
export class DeadLetter extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: DeadLetterProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'dead-letter',
      description: 'Fails jobs whose messages were delivered too often, or sends them again.',
      timeout: props.timeout,
      memorySize: 256,
      environment: { ...props.database.environment, QUEUE_URL: props.queue.queueUrl },
      logRetentionDays: props.logRetentionDays,
      // Sending again is a loop on purpose. Lambda would cut it after 16 rounds, and the message would be lost.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    props.database.grantStatements(this.function);
    props.queue.grant(this.function, 'sqs:SendMessage');
    props.deadLetterQueue.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
    );
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: props.deadLetterQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // The least that AWS takes: after an outage the account's concurrency belongs to the jobs.
      maxConcurrency: 2,
    });
  }
}
