import type { Duration } from 'aws-cdk-lib/core';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import type { Queues } from './queues.ts';
import type { Schedules } from './schedules.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface DeadLetterProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly queues: Queues;
  readonly schedules: Schedules;
  readonly timeout: Duration;
}

/**
 * Handles messages that were delivered too many times. Fails jobs that have no attempts left, and sends new messages for other unfinished jobs and
 * for schedule firings.
 */
export class DeadLetter extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: DeadLetterProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'dead-letter',
      description:
        'Fails jobs whose messages were delivered too often, or sends them again. Sends firings again.',
      timeout: props.timeout,
      memorySize: 256,
      settings: props.settings,
      environment: {
        ...props.database.environment,
        ...props.queues.variables,
        firingsQueueUrl: props.schedules.queue.queueUrl,
      },
      // Resending a message creates an intentional loop. By default, Lambda would stop the loop after 16 rounds, and the message would be lost.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    props.database.grantStatements(this.function);
    props.queues.grantSend(this.function);
    props.schedules.queue.grant(this.function, 'sqs:SendMessage');
    props.queues.deadLetter.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
    );
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: props.queues.deadLetter.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // The lowest value that AWS allows leaves most of the account's concurrency for the jobs after an outage.
      maxConcurrency: 2,
    });
  }
}
