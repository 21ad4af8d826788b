import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import { packageRoot } from './package-root.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface MigrationsProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
}

/** Lambda's maximum timeout, because some indexes take a long time to build (docs/decisions/0061-schema-changes.md). */
const TIMEOUT = Duration.minutes(15);

/** Migrates the database's schema on every deployment that has a new migration or a different database. */
export class Migrations extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, { settings, database }: MigrationsProps) {
    super(scope, id);
    const migrate = new ErrandFunction(this, 'Function', {
      source: 'migrate',
      description:
        'Applies the SQL migrations when the stack is deployed, and sets the password of the database user.',
      timeout: TIMEOUT,
      memorySize: 256,
      settings,
      environment: database.migrationEnvironment,
      files: ['migrations'],
      // Don't retry a failed invocation: CloudFormation expects exactly one response, and a retry would crash again.
      retryAttempts: 0,
    });
    this.function = migrate;
    database.grantMigrations(migrate);
    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::Migration',
      serviceToken: migrate.functionArn,
      // CloudFormation waits for the function's timeout plus its startup time, instead of its default of an hour.
      serviceTimeout: TIMEOUT.plus(Duration.minutes(2)),
      // The properties include everything that affects the schema or the database user. CloudFormation runs a custom resource again only if a
      // property has changed.
      properties: {
        migrations: fingerprint(),
        cluster: database.clusterArn,
        database: database.databaseName,
        secret: database.secretArn,
        applicationUser: database.username,
        applicationSecret: database.applicationSecretArn,
        ...(database.clusterRetained !== undefined && { clusterRetained: database.clusterRetained }),
      },
    });
    // The cluster accepts no statements before its instance exists.
    run.node.addDependency(database);
  }
}

/** Returns a fingerprint that changes with every new migration. */
function fingerprint(): string {
  const folder = path.join(packageRoot, 'migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) {
    hash.update(file).update('\0');
    hash.update(readFileSync(path.join(folder, file))).update('\0');
  }
  return hash.digest('hex');
}
