import { Duration } from 'aws-cdk-lib/core';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { RESUME_SECONDS } from '../lambdas/job/aurora-times.ts';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import type { Queues } from './queues.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface SweeperProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly table: Table;
  readonly queues: Queues;
}

/** Failed and late sweeps are not retried, because the next sweep does the same work. */
const ONCE = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

/** Runs every minute. Sends missing messages for due jobs, and deletes expired data. */
export class Sweeper extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'sweeper',
      description: 'Sends messages for jobs that were stored but never sent, and deletes expired data.',
      // The timeout leaves time for the database to resume and for one round of work. The function still ends before the next sweep begins.
      timeout: Duration.seconds(RESUME_SECONDS.longest + 10),
      memorySize: 256,
      settings: props.settings,
      environment: {
        ...props.database.environment,
        tableName: props.table.tableName,
        ...props.queues.variables,
      },
      ...ONCE,
    });
    props.database.grantStatements(this.function);
    props.table.grant(this.function, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    props.queues.grantSendAndCount(this.function);
    new Rule(this, 'Schedule', {
      description: 'Starts the sweeper every minute.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.function, ONCE)],
    });
  }
}
