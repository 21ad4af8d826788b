import path from 'node:path';
import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib/core';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { RESUME_SECONDS } from '../lambdas/job/aurora-times.ts';
import { DEFAULT_QUEUE } from '../lambdas/job/definition.ts';
import { checkAccountConcurrency } from './account-concurrency.ts';
import { Api } from './api.ts';
import { AuroraDatabase, retain } from './aurora-database.ts';
import { Authentication } from './authentication.ts';
import { Callers } from './callers.ts';
import type { GrantSubmitOptions } from './callers.ts';
import type { Database } from './database.ts';
import { DeadLetter } from './dead-letter.ts';
import { DedupTable } from './dedup-table.ts';
import { functionsOfQueues } from './functions.ts';
import type { JobsBundling } from './jobs/jobs-bundle.ts';
import { pinnedQueues } from './jobs/catalogue-problems.ts';
import { JobsFile } from './jobs/jobs-file.ts';
import type { Alarms } from './observability/alarms.ts';
import type { Dashboard } from './observability/dashboard.ts';
import { observe } from './observability/observe.ts';
import { GivenDatabase } from './given-database.ts';
import type { KeyTable } from './key-table.ts';
import { KeptVersions } from './kept-versions.ts';
import { Messages } from './messages.ts';
import { warnOfMetricsPrice } from './metrics-price.ts';
import { Migrations } from './migrations.ts';
import { Network } from './network.ts';
import { outputsOf } from './outputs.ts';
import { Preflight } from './preflight.ts';
import { resolveQueues, withDefaultQueue, withPinnedJobs, type QueueOptions } from './queue-options.ts';
import { Queues } from './queues.ts';
import { runsOnHost } from './run-on-host.ts';
import { Schedules } from './schedules.ts';
import { nameService, serviceOf } from './service-name.ts';
import type { AlarmThresholds, Settings } from './settings/props.ts';
import { resolveSettings, SettingsError } from './settings/read-settings.ts';
import type { ResolvedSettings } from './settings/table.ts';
import { Sweeper } from './sweeper.ts';
import { Uploads } from './uploads.ts';
import { Webhooks } from './webhooks.ts';
import { Worker } from './worker.ts';

export type { GrantSubmitOptions } from './callers.ts';
export type { QueueOptions } from './queue-options.ts';
export type { Worker } from './worker.ts';
export { JobsFileError } from './jobs/jobs-file-error.ts';
export type { JobsBundling } from './jobs/jobs-bundle.ts';
export type { AlarmThresholds, Settings } from './settings/props.ts';
export { SettingsError } from './settings/read-settings.ts';

export interface ErrandProps extends Settings {
  /**
   * The database's network: a VPC with isolated subnets in at least two availability zones. Can't be combined with `auroraClusterArn`.
   *
   * @default - a VPC with two isolated subnets and no gateways
   */
  readonly vpc?: IVpc;
  /**
   * Options for bundling the jobs file.
   *
   * @default - the bundle contains everything that the file imports, except packages with native parts, which are installed next to the
   *   bundle
   */
  readonly bundling?: JobsBundling;
  /**
   * Additional queues, by name. Each queue is an SQS queue with a worker function that runs the queue's jobs. The `default` queue always exists.
   * An entry for `default` sets the options that have no separate prop, such as `ephemeralStorageSize`.
   *
   * @default - only the `default` queue
   */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /**
   * The Lambda functions that run jobs defined with `functionJob`, by job name. Versions, aliases and imported functions also work. The
   * worker of the job's queue gets permission to invoke the function.
   *
   * @default - none
   */
  readonly functions?: Readonly<Record<string, IFunction>>;
  /**
   * The SNS topic that is notified when an alarm goes off and when it clears. Can't be combined with `alarmTopicArn`.
   *
   * @default - the topic in `alarmTopicArn`. If neither prop is set, alarms are visible only in CloudWatch.
   */
  readonly alarmTopic?: ITopic;
  /**
   * Alarm thresholds.
   *
   * @default - each threshold's default
   */
  readonly alarmThresholds?: AlarmThresholds;
}

/**
 * The timeout leaves time for the database to resume, then for three 8-second attempts at the first statement, and then for sending ten messages.
 */
const DEAD_LETTER_TIMEOUT = Duration.seconds(RESUME_SECONDS.longest + 50);

/**
 * A job service: an HTTP API, a database, queues, and the functions that run the jobs.
 *
 * @throws SettingsError that names each invalid prop; JobsFileError with each reason why the jobs file can't be used
 */
export class Errand extends Construct {
  readonly authentication: Authentication;
  readonly api: Api;
  readonly database: Database;
  readonly migrations: Migrations;
  readonly table: DedupTable;
  readonly queues: Queues;
  readonly uploads: Uploads;
  /** Resources for sending webhooks. Undefined if the deployment can't send webhooks. */
  readonly webhooks: Webhooks | undefined;
  /** Resources for sending messages. Undefined if the deployment can't send messages. */
  readonly messages: Messages | undefined;
  readonly schedules: Schedules;
  /** The `default` queue's worker. */
  readonly worker: Worker;
  readonly deadLetter: DeadLetter;
  readonly sweeper: Sweeper;
  /** The alarms. Undefined with `alarms: false`. */
  readonly alarms: Alarms | undefined;
  /** The dashboard. Undefined with `dashboard: false`. */
  readonly dashboard: Dashboard | undefined;
  private readonly callers: Callers;
  private readonly workers: ReadonlyMap<string, Worker>;

  constructor(scope: Construct, id: string, props: ErrandProps = {}) {
    super(scope, id);
    nameService(this);
    const settings = resolveSettings(withDefaultQueue(props, props.queues ?? {}));
    const givenQueues = resolveQueues(settings, props.queues ?? {});
    const jobsFile =
      settings.jobs === undefined
        ? undefined
        : new JobsFile({
            file: settings.jobs,
            bundling: props.bundling ?? {},
            builtInJobs: settings.builtInJobs,
            queues: givenQueues,
          });
    const resolvedQueues = withPinnedJobs(givenQueues, pinnedQueues(jobsFile?.catalogue));

    warnOfMetricsPrice(this, settings, jobsFile?.catalogue);
    const functions = functionsOfQueues(this, props.functions ?? {}, jobsFile, resolvedQueues);
    const queuesWithFunctions = [...functions].filter(([, ofQueue]) => Object.keys(ofQueue).length > 0);
    checkAccountConcurrency(
      this,
      {
        settings,
        queues: resolvedQueues,
        queuesWithFunctions: new Set(queuesWithFunctions.map(([name]) => name)),
      },
      props.accountConcurrency !== undefined,
    );

    const preflight = settings.reserveConcurrency
      ? [new Preflight(this, 'Preflight', { settings, queues: resolvedQueues })]
      : [];
    const database = this.createDatabase(settings, props.vpc, preflight);
    this.migrations = new Migrations(this, 'Migrations', { settings, database });
    const table = new DedupTable(this, 'DedupTable');
    const queues = new Queues(this, 'Queues', {
      queues: resolvedQueues,
      deadLetterTimeout: DEAD_LETTER_TIMEOUT,
    });
    const uploads = new Uploads(this, 'Uploads', { settings });
    const webhooks = settings.webhookAllowedHosts.length > 0 ? new Webhooks(this, 'Webhooks') : undefined;
    const messages = settings.messagesUrl === undefined ? undefined : new Messages(this, 'Messages');

    this.schedules = new Schedules(this, 'Schedules', { settings, database, table, queues, jobsFile });
    this.authentication = new Authentication(this, 'Authentication', { settings });
    // Create the key table only after the check has succeeded. Otherwise, the table's deletion protection would block the rollback after a failed
    // check.
    this.authentication.node.addDependency(...preflight);
    this.api = new Api(this, 'Api', {
      settings,
      database,
      table,
      queues,
      uploads,
      schedules: this.schedules,
      authentication: this.authentication,
      webhooks,
      jobsFile,
    });
    this.workers = new Map(
      resolvedQueues.map((options) => [
        options.name,
        new Worker(this, options.name === DEFAULT_QUEUE ? 'Worker' : `Worker.${options.name}`, {
          settings,
          database,
          table,
          queues,
          options,
          uploads,
          webhooks,
          messages,
          jobsFile,
          functions: functions.get(options.name) ?? {},
          apiUrl: this.api.url,
        }),
      ]),
    );
    this.worker = this.queue(DEFAULT_QUEUE);
    const versioned = [...this.workers.values()].flatMap(({ version }) => version ?? []);
    if (versioned.length > 0) new KeptVersions(this, 'KeptVersions', { settings, versions: versioned });
    this.deadLetter = new DeadLetter(this, 'DeadLetter', {
      settings,
      database,
      queues,
      schedules: this.schedules,
      timeout: DEAD_LETTER_TIMEOUT,
    });
    this.sweeper = new Sweeper(this, 'Sweeper', { settings, database, table, queues });
    const behindApi = [this.schedules, ...this.workers.values(), this.deadLetter, this.sweeper];
    // Run the migrations first, so that new code never runs on an old schema.
    for (const { function: user } of [this.api, ...behindApi]) user.node.addDependency(this.migrations);
    // When a deployment adds a queue, the API must not accept jobs for the new queue until all functions know the queue.
    for (const { function: user } of behindApi) this.api.function.node.addDependency(user);

    this.callers = new Callers(this, 'Callers', {
      settings,
      api: this.api,
      keyTable: this.authentication.keyTable,
    });

    const { alarms, dashboard } = observe(this, {
      settings,
      alarmTopic: props.alarmTopic,
      alarmThresholds: props.alarmThresholds ?? {},
      service: {
        service: settings.metrics === 'off' ? undefined : serviceOf(this),
        apiId: this.api.apiId,
        api: this.api.function,
        sweeper: this.sweeper.function,
        scheduled: this.schedules.function,
        deadLetter: this.deadLetter.function,
        clusterIdentifier: database.clusterIdentifier,
      },
      queues: [
        ...resolvedQueues.map(({ name, visibilityTimeout }) => ({
          name,
          queue: queues.named(name),
          worker: this.queue(name).function,
          visibilityTimeout,
        })),
        {
          name: 'firings of schedules',
          queue: this.schedules.queue,
          worker: undefined,
          visibilityTimeout: this.schedules.visibilityTimeout,
        },
      ],
    });

    this.alarms = alarms;
    this.dashboard = dashboard;
    this.database = database;
    this.table = table;
    this.queues = queues;
    this.uploads = uploads;
    this.webhooks = webhooks;
    this.messages = messages;
    if (runsOnHost(this)) this.markForHost(props, settings);
  }

  /** The HTTP API's URL, without a trailing slash. */
  get url(): string {
    return this.api.url;
  }

  /** The API key table, for `npx errand key create --table …`. Undefined unless `auth` is `api-key`. */
  get keyTable(): KeyTable | undefined {
    return this.authentication.keyTable;
  }

  /**
   * Returns a queue's worker, for granting the permissions that the queue's jobs need: `photos.grantRead(errand.queue('images'))`.
   *
   * @throws Error that names the existing queues, if there is no such queue
   */
  queue(name: string): Worker {
    const worker = this.workers.get(name);
    if (worker) return worker;
    throw new Error(`There is no queue "${name}": the queues are ${[...this.workers.keys()].join(', ')}.`);
  }

  /** Allows a caller to use every route of an API with `auth: 'iam'`. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.api.grantInvoke(grantee);
  }

  /**
   * Allows a Lambda function to submit jobs and read them. In the function, `createErrand()` from `errand-client` then needs no arguments,
   * because the function's `ERRAND_URL` variable contains the API's URL.
   *
   * - `auth: 'api-key'`: creates an API key for the function, and stores it in Secrets Manager, where the client reads it.
   * - `auth: 'iam'`: allows the function's role to call the routes that the scopes cover. The client needs a `fetch` that signs requests.
   * - `auth: 'none'`: only sets `ERRAND_URL`, because anyone can call the API.
   * - `auth: 'jwt'`: throws, because only your identity provider can issue tokens.
   *
   * @throws Error that names the function and the option
   */
  grantSubmit(fn: Function, options: GrantSubmitOptions = {}): Grant {
    return this.callers.grantSubmit(fn, options);
  }

  /**
   * Adds this construct's path and the options for the embedded cloud to the cloud assembly, so that `errand dev --app` can run the construct
   * without the rest of the app.
   */
  private markForHost({ jobs, bundling = {} }: ErrandProps, { accountConcurrency }: ResolvedSettings): void {
    const { templateOptions } = Stack.of(this);
    templateOptions.metadata = { ...templateOptions.metadata, 'errand-local': { accountConcurrency } };
    const outputs = Object.entries(outputsOf(this)).map(([name, { value }]) => [name, value]);
    this.node.addMetadata('errand:construct', {
      outputs: Object.fromEntries(outputs) as unknown,
      ...(jobs !== undefined && { jobs: { file: path.resolve(jobs), bundling } }),
    });
  }

  /** Creates the database. @param preflight the check that must succeed before the network and the cluster are created */
  private createDatabase(
    settings: ResolvedSettings,
    vpc: IVpc | undefined,
    preflight: readonly Preflight[],
  ): Database {
    const { auroraClusterArn: clusterArn, auroraSecretArn: secretArn } = settings;
    if (clusterArn === undefined || secretArn === undefined) {
      return this.createCluster(settings, vpc, preflight);
    }
    if (vpc !== undefined) {
      throw new SettingsError([
        `vpc can't be combined with auroraClusterArn "${clusterArn}", which already has a network: omit one of them.`,
      ]);
    }
    if (runsOnHost(this) && !Token.isUnresolved(clusterArn)) {
      Annotations.of(this).addWarningV2(
        'errand:database-on-host',
        `The cluster ${clusterArn} is not on this machine, so an embedded database stores the jobs.`,
      );
      return this.createCluster(settings, undefined, preflight);
    }
    const database = new GivenDatabase(this, 'Database', {
      clusterArn,
      secretArn,
      databaseName: settings.auroraDatabaseName,
    });
    database.node.addDependency(...preflight);
    return database;
  }

  private createCluster(
    settings: ResolvedSettings,
    vpc: IVpc | undefined,
    preflight: readonly Preflight[],
  ): AuroraDatabase {
    const network = vpc ?? new Network(this, 'Network');
    // A network that the user provides doesn't have to wait for the check: it already exists, or is created elsewhere in the app.
    if (vpc === undefined) {
      network.node.addDependency(...preflight);
      if (settings.auroraRetain) retain(network);
    }
    const database = new AuroraDatabase(this, 'Database', { settings, vpc: network as IVpc });
    database.node.addDependency(...preflight);
    return database;
  }
}
