import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';

export interface SweeperProps {
  readonly database: Database;
  readonly table: Table;
  readonly queue: Queue;
  /** How long a due job may go without being sent before it is sent again. */
  readonly sweepAfter: Duration;
  /** How long jobs and messages that have ended are kept, in days. */
  readonly retentionDays: number;
  readonly logRetentionDays: RetentionDays;
}

/** A sweep that failed or came late is not repeated: the next one does its work. */
const ONCE = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

/** Sends again, each minute, what was written but never sent; and deletes what has expired. */
export class Sweeper extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'sweeper',
      description: 'Sends again the jobs that were written but never sent, and deletes what has expired.',
      // Ends before the next sweep begins.
      timeout: Duration.seconds(50),
      memorySize: 256,
      environment: {
        ...props.database.environment,
        TABLE_NAME: props.table.tableName,
        QUEUE_URL: props.queue.queueUrl,
        SWEEP_AFTER: String(props.sweepAfter.toSeconds()),
        RETENTION_DAYS: String(props.retentionDays),
      },
      logRetentionDays: props.logRetentionDays,
      ...ONCE,
    });
    props.database.grantStatements(this.function);
    props.table.grant(this.function, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    props.queue.grant(this.function, 'sqs:SendMessage', 'sqs:GetQueueAttributes');
    new Rule(this, 'Schedule', {
      description: 'Starts the sweeper each minute.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.function, ONCE)],
    });
  }
}
