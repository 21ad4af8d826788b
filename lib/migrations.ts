import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { packageRoot } from './bundle.ts';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';

export interface MigrationsProps {
  readonly database: Database;
  readonly logRetentionDays: RetentionDays;
}

const TIMEOUT = Duration.minutes(5);

/** Brings the database's schema up to date, on every deployment that has a new migration. */
export class Migrations extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, { database, logRetentionDays }: MigrationsProps) {
    super(scope, id);
    const migrate = new ErrandFunction(this, 'Function', {
      source: 'migrate',
      description:
        'Applies the SQL migrations when the stack is deployed, and sets the password of the database user.',
      timeout: TIMEOUT,
      memorySize: 256,
      environment: database.migrationEnvironment,
      logRetentionDays,
      files: ['migrations'],
      // CloudFormation waits for one answer: a run that died would die again, only later.
      retryAttempts: 0,
    });
    this.function = migrate;
    database.grantMigrations(migrate);
    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::Migration',
      serviceToken: migrate.functionArn,
      // Beyond the function's timeout only by what it may take to start it; CloudFormation alone would wait for an hour.
      serviceTimeout: TIMEOUT.plus(Duration.minutes(2)),
      properties: { migrations: fingerprint(), applicationSecret: database.applicationSecretArn },
    });
    // The cluster alone accepts no statement: its instance has to be there too.
    run.node.addDependency(database);
  }
}

/** Changes when a migration is added: CloudFormation runs a custom resource again only if a property changed. */
function fingerprint(): string {
  const folder = path.join(packageRoot, 'migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) {
    hash.update(file).update('\0');
    hash.update(readFileSync(path.join(folder, file))).update('\0');
  }
  return hash.digest('hex');
}
