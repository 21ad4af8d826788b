import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Api } from './api.ts';
import { AuroraDatabase } from './aurora-database.ts';
import { Authentication } from './authentication.ts';
import { Callers } from './callers.ts';
import type { GrantSubmitOptions } from './callers.ts';
import type { Database } from './database.ts';
import { DeadLetter } from './dead-letter.ts';
import { DedupTable } from './dedup-table.ts';
import type { JobsBundling } from './jobs/jobs-bundle.ts';
import { JobsFile } from './jobs/jobs-file.ts';
import { GivenDatabase } from './given-database.ts';
import type { KeyTable } from './key-table.ts';
import { Messages } from './messages.ts';
import { Migrations } from './migrations.ts';
import { Network } from './network.ts';
import { Queues } from './queues.ts';
import { Schedules } from './schedules.ts';
import type { Settings } from './settings/props.ts';
import { resolveSettings, SettingsError } from './settings/read-settings.ts';
import type { ResolvedSettings } from './settings/table.ts';
import { Sweeper } from './sweeper.ts';
import { Uploads } from './uploads.ts';
import { Webhooks } from './webhooks.ts';
import { Worker } from './worker.ts';

export type { GrantSubmitOptions } from './callers.ts';
export { JobsFileError } from './jobs/jobs-file-error.ts';
export type { JobsBundling } from './jobs/jobs-bundle.ts';
export type { Settings } from './settings/props.ts';
export { SettingsError } from './settings/read-settings.ts';

export interface ErrandProps extends Settings {
  /**
   * The network of the database: a VPC with isolated subnets in at least two availability zones. Can't be combined with
   * `auroraClusterArn`.
   *
   * @default - a VPC with two isolated subnets and no gateways
   */
  readonly vpc?: IVpc;
  /**
   * How the file of `jobs` is bundled.
   *
   * @default - with everything that it imports, except packages with native parts, which are installed next to the bundle
   */
  readonly bundling?: JobsBundling;
}

/** Time for the database to resume, and then for ten messages. */
const DEAD_LETTER_TIMEOUT = Duration.seconds(60);

/**
 * A job service: an HTTP API, the database and the queue behind it, and the functions that run the jobs.
 *
 * @throws SettingsError that names each invalid property; JobsFileError with each reason why the jobs file can't be used
 */
export class Errand extends Construct {
  readonly authentication: Authentication;
  readonly api: Api;
  readonly database: Database;
  readonly migrations: Migrations;
  readonly table: DedupTable;
  readonly queues: Queues;
  readonly uploads: Uploads;
  /** Undefined if no webhook may be sent. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined if no messages are sent. */
  readonly messages: Messages | undefined;
  readonly schedules: Schedules;
  readonly worker: Worker;
  readonly deadLetter: DeadLetter;
  readonly sweeper: Sweeper;
  private readonly callers: Callers;

  constructor(scope: Construct, id: string, props: ErrandProps = {}) {
    super(scope, id);
    const settings = resolveSettings(props);
    const jobsFile =
      settings.jobs === undefined
        ? undefined
        : new JobsFile({
            file: settings.jobs,
            bundling: props.bundling ?? {},
            builtInJobs: settings.builtInJobs,
            queues: new Map([['default', {}]]),
          });

    const database = this.createDatabase(settings, props.vpc);
    this.migrations = new Migrations(this, 'Migrations', { settings, database });
    const table = new DedupTable(this, 'DedupTable');
    const queues = new Queues(this, 'Queues', { settings, deadLetterTimeout: DEAD_LETTER_TIMEOUT });
    const { main: queue, deadLetter: deadLetterQueue } = queues;
    const uploads = new Uploads(this, 'Uploads', { settings });
    const webhooks = settings.webhookAllowedHosts.length > 0 ? new Webhooks(this, 'Webhooks') : undefined;
    const messages = settings.messagesUrl === undefined ? undefined : new Messages(this, 'Messages');

    this.schedules = new Schedules(this, 'Schedules', { settings, database, table, queues });
    this.authentication = new Authentication(this, 'Authentication', { settings });
    this.api = new Api(this, 'Api', {
      settings,
      database,
      table,
      queue,
      deadLetterQueue,
      uploads,
      schedules: this.schedules,
      authentication: this.authentication,
      webhooks,
      jobsFile,
    });
    this.worker = new Worker(this, 'Worker', {
      settings,
      database,
      queue,
      uploads,
      webhooks,
      messages,
      jobsFile,
    });
    this.deadLetter = new DeadLetter(this, 'DeadLetter', {
      settings,
      database,
      queue,
      deadLetterQueue,
      timeout: DEAD_LETTER_TIMEOUT,
    });
    this.sweeper = new Sweeper(this, 'Sweeper', { settings, database, table, queue });
    // New code never runs on an old schema.
    for (const { function: user } of [this.api, this.schedules, this.worker, this.deadLetter, this.sweeper]) {
      user.node.addDependency(this.migrations);
    }

    this.callers = new Callers(this, 'Callers', {
      settings,
      api: this.api,
      keyTable: this.authentication.keyTable,
    });

    this.database = database;
    this.table = table;
    this.queues = queues;
    this.uploads = uploads;
    this.webhooks = webhooks;
    this.messages = messages;
  }

  /** The address of the HTTP API, without a slash at its end. */
  get url(): string {
    return this.api.url;
  }

  /** The table of the API keys, for `npx errand key create --table …`. Undefined unless `auth` is `api-key`. */
  get keyTable(): KeyTable | undefined {
    return this.authentication.keyTable;
  }

  /** Lets a caller use every route of an API with `auth: 'iam'`. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.api.grantInvoke(grantee);
  }

  /**
   * Lets a Lambda function submit jobs and read them. In the function, `createErrand()` of `errand-client` then needs no
   * arguments: the variable `ERRAND_URL` has the address.
   *
   * - `auth: 'api-key'`: makes an API key for the function and keeps it in Secrets Manager, where the client reads it.
   * - `auth: 'iam'`: lets the function's role call the routes of the scopes. Give the client a `fetch` that signs requests.
   * - `auth: 'none'`: sets `ERRAND_URL` only, since anyone may call the API.
   * - `auth: 'jwt'`: throws, since only your identity provider lets callers in.
   *
   * @throws Error that names the function and the option
   */
  grantSubmit(fn: Function, options: GrantSubmitOptions = {}): Grant {
    return this.callers.grantSubmit(fn, options);
  }

  private createDatabase(settings: ResolvedSettings, vpc: IVpc | undefined): Database {
    const { auroraClusterArn: clusterArn, auroraSecretArn: secretArn } = settings;
    if (clusterArn === undefined || secretArn === undefined) {
      return new AuroraDatabase(this, 'Database', {
        settings,
        vpc: vpc ?? (new Network(this, 'Network') as IVpc),
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
