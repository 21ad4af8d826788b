import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { Api } from './api.ts';
import { AuroraDatabase } from './aurora-database.ts';
import { Authentication } from './authentication.ts';
import { corsOf } from './cors.ts';
import type { Database } from './database.ts';
import { DeadLetter } from './dead-letter.ts';
import { DedupTable } from './dedup-table.ts';
import type { ErrandProps, ResolvedSettings } from './errand-props.ts';
import { GivenDatabase } from './given-database.ts';
import { Messages } from './messages.ts';
import { Migrations } from './migrations.ts';
import { Network } from './network.ts';
import { Queues } from './queues.ts';
import { Schedules } from './schedules.ts';
import { resolveSettings, SettingsError } from './settings.ts';
import { Sweeper } from './sweeper.ts';
import { Uploads } from './uploads.ts';
import { Webhooks } from './webhooks.ts';
import { Worker } from './worker.ts';

/** Time for the database to wake, and then for ten messages. */
const DEAD_LETTER_TIMEOUT = Duration.seconds(60);

/**
 * A job service: an HTTP API, the database and the queue behind it, and the functions that run the jobs.
 *
 * @throws SettingsError that names each refused property
 */
export class Errand extends Construct {
  readonly authentication: Authentication;
  readonly api: Api;
  readonly database: Database;
  readonly migrations: Migrations;
  readonly table: DedupTable;
  readonly queues: Queues;
  readonly uploads: Uploads;
  /** Undefined where no webhook may be sent. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined where no messages are sent. */
  readonly messages: Messages | undefined;
  readonly schedules: Schedules;
  readonly worker: Worker;
  readonly deadLetter: DeadLetter;
  readonly sweeper: Sweeper;

  constructor(scope: Construct, id: string, props: ErrandProps = {}) {
    super(scope, id);
    const settings = resolveSettings(props);
    const { jobTimeout, logRetentionDays } = settings;

    const database = this.createDatabase(settings, props.vpc);
    this.migrations = new Migrations(this, 'Migrations', { database, logRetentionDays });
    const table = new DedupTable(this, 'DedupTable');
    const queues = new Queues(this, 'Queues', {
      visibilityTimeout: settings.visibilityTimeout,
      deadLetterTimeout: DEAD_LETTER_TIMEOUT,
    });
    const queue = queues.main;
    const uploads = new Uploads(this, 'Uploads', {
      retentionDays: settings.uploadRetentionDays,
      deletionProtection: settings.deletionProtection,
    });
    const { webhookAllowedHosts: allowedHosts } = settings;
    const webhooks = allowedHosts.length > 0 ? new Webhooks(this, 'Webhooks', { allowedHosts }) : undefined;

    const { messagesUrl: url } = settings;
    const messages = url === undefined ? undefined : new Messages(this, 'Messages', { url });

    this.schedules = new Schedules(this, 'Schedules', {
      database,
      table,
      queues,
      messages,
      logRetentionDays,
    });
    this.authentication = new Authentication(this, 'Authentication', settings);
    this.api = new Api(this, 'Api', {
      database,
      table,
      queue,
      deadLetterQueue: queues.deadLetter,
      uploads,
      schedules: this.schedules,
      authentication: this.authentication,
      dedupWindow: settings.dedupWindow,
      tenantMaxJobsInFlight: settings.tenantMaxJobsInFlight,
      tenantSubmissionsPerSecond: settings.tenantSubmissionsPerSecond,
      rateLimit: settings.apiRateLimit,
      burstLimit: settings.apiBurstLimit,
      cors: corsOf(settings.corsOrigins, settings.auth),
      jobTimeout,
      webhooks,
      messages,
      logRetentionDays,
    });
    this.worker = new Worker(this, 'Worker', {
      database,
      queue,
      uploads,
      jobTimeout,
      jobPrefetch: settings.jobPrefetch,
      jobBatchSize: settings.jobBatchSize,
      reserveConcurrency: settings.reserveConcurrency,
      webhooks,
      messages,
      logRetentionDays,
    });
    this.deadLetter = new DeadLetter(this, 'DeadLetter', {
      database,
      queue,
      deadLetterQueue: queues.deadLetter,
      timeout: DEAD_LETTER_TIMEOUT,
      logRetentionDays,
    });
    this.sweeper = new Sweeper(this, 'Sweeper', {
      database,
      table,
      queue,
      sweepAfter: settings.sweepAfter,
      retentionDays: settings.retentionDays,
      logRetentionDays,
    });
    // New code never meets an old schema.
    for (const { function: user } of [this.api, this.schedules, this.worker, this.deadLetter, this.sweeper]) {
      user.node.addDependency(this.migrations);
    }

    this.database = database;
    this.table = table;
    this.queues = queues;
    this.uploads = uploads;
    this.webhooks = webhooks;
    this.messages = messages;
  }

  /** Lets a caller use every route of an API with `auth: 'iam'`. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.api.grantInvoke(grantee);
  }

  private createDatabase(settings: ResolvedSettings, vpc: IVpc | undefined): Database {
    const { auroraClusterArn: clusterArn, auroraSecretArn: secretArn } = settings;
    if (clusterArn === undefined || secretArn === undefined) {
      return new AuroraDatabase(this, 'Database', {
        vpc: vpc ?? (new Network(this, 'Network') as IVpc),
        minCapacity: settings.auroraMinAcu,
        maxCapacity: settings.auroraMaxAcu,
        autoPause: settings.auroraAutoPause,
        deletionProtection: settings.deletionProtection,
      });
    }
    if (vpc !== undefined) {
      throw new SettingsError([
        `vpc has no use with auroraClusterArn "${clusterArn}", whose network is its own: leave one of them out.`,
      ]);
    }
    return new GivenDatabase(this, 'Database', {
      clusterArn,
      secretArn,
      databaseName: settings.auroraDatabaseName,
    });
  }
}
