import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startPostgres } from 'errand-local/postgres/postgres';
import { startRdsData } from 'errand-local/rds-data/rds-data';
import { createAttemptStore } from '../../lambdas/adapters/aurora/attempt-store.ts';
import { createBatchStore } from '../../lambdas/adapters/aurora/batch-store.ts';
import { createDataApi, type DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createHistoryRollUpStore, createHistoryStore } from '../../lambdas/adapters/aurora/history-store.ts';
import { createJobStore } from '../../lambdas/adapters/aurora/job-store.ts';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createPruneStore } from '../../lambdas/adapters/aurora/prune-store.ts';
import { createSignalStore } from '../../lambdas/adapters/aurora/signal-store.ts';
import { createMessageStore, createOutbox } from '../../lambdas/adapters/aurora/message-store.ts';
import { createSubmissionStore } from '../../lambdas/adapters/aurora/submission-store.ts';
import { createStepStore } from '../../lambdas/adapters/aurora/step-store.ts';
import { createWebhookKeyStore } from '../../lambdas/adapters/aurora/webhook-key-store.ts';
import type { BatchStore } from '../../lambdas/job/batches/batch.ts';
import type { AttemptStore } from '../../lambdas/job/attempt-store.ts';
import type { DeadLetterStore } from '../../lambdas/job/dead-letter.ts';
import type { HistoryStore } from '../../lambdas/job/history/read-history.ts';
import type { HistoryRollUpStore } from '../../lambdas/job/history/roll-up.ts';
import type { JobStore } from '../../lambdas/job/job-store.ts';
import type { PruneStore } from '../../lambdas/job/prune.ts';
import type { ApprovalReader } from '../../lambdas/job/steps/approvals.ts';
import type { StepReader } from '../../lambdas/job/steps/list-steps.ts';
import type { SignalStore } from '../../lambdas/job/steps/signals.ts';
import type { SubmissionStore } from '../../lambdas/job/submission-store.ts';
import type { MissingQueueStore } from '../../lambdas/job/missing-queue.ts';
import type { StepStore } from '../../lambdas/job/steps/step-store.ts';
import type { SweepStore } from '../../lambdas/job/sweep.ts';
import type { MessageStore } from '../../lambdas/message/message.ts';
import type { Outbox } from '../../lambdas/message/send.ts';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import type { Database } from '../../lambdas/migrate/transaction.ts';
import type { KeyStore } from '../../lambdas/webhook-key/manage-key.ts';
import { copyClusterTemplate, copyMigratedCluster } from './cluster-template.ts';
import { createRecordingLog } from './recording-log.ts';

export const MIGRATIONS_FOLDER = path.resolve(import.meta.dirname, '../../migrations');

const CLUSTER = {
  clusterArn: 'arn:aws:rds:us-east-1:123456789012:cluster:test',
  secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:test',
};

/** A test's own database server. The code under test accesses the server through the Data API, as a Lambda function accesses Aurora. */
export interface Aurora {
  /** Creates a database without a schema, unless the cluster already has a database with that name. */
  createDatabase(name: string): Promise<Database>;
  /** Returns the same database with another user's credentials. */
  as(database: Database, user: { username: string; password: string }): Database;
  /** Returns the stores of a database. */
  storesOf(database: Database): Stores;
  /** Returns a pool of connections that bypass the Data API. Tests use it to prepare and check data. */
  connect(databaseName: string): pg.Pool;
  end(): Promise<void>;
}

export interface Stores {
  readonly dataApi: DataApi;
  readonly jobs: JobStore & SubmissionStore;
  readonly attempts: AttemptStore;
  readonly steps: StepStore;
  readonly batches: BatchStore;
  readonly mending: DeadLetterStore & SweepStore & PruneStore & MissingQueueStore;
  readonly history: HistoryStore & HistoryRollUpStore;
  readonly messages: MessageStore & Outbox;
  readonly webhookKeys: KeyStore;
  readonly signals: SignalStore & StepReader & ApprovalReader;
}

export interface AuroraOptions {
  /** The Data API's statement timeout. @default 45 s, as on AWS */
  readonly statementTimeoutMs?: number;
  /** The data folder, which is kept when the server ends. @default - a temporary folder */
  readonly dataDir?: string;
}

/** Starts PostgreSQL behind the embedded Data API. Tests call the Data API with the unmodified SDK client. */
export async function startAurora(options: AuroraOptions = {}): Promise<Aurora> {
  const { statementTimeoutMs, dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-')) } = options;
  await copyClusterTemplate(dataDir);
  return startAuroraIn(dataDir, { statementTimeoutMs, keepsData: options.dataDir !== undefined });
}

/** Starts PostgreSQL behind the embedded Data API in this data folder. If the folder has no cluster, creates an empty cluster. */
export async function startAuroraIn(
  dataDir: string,
  {
    statementTimeoutMs,
    keepsData = false,
  }: { readonly statementTimeoutMs?: number | undefined; readonly keepsData?: boolean } = {},
): Promise<Aurora> {
  const complaints: string[] = [];
  const postgres = await startPostgres({ dataDir, log: (line) => complaints.push(line) });
  const secrets = new Map([[CLUSTER.secretArn, JSON.stringify({ username: 'errand', password: 'test' })]]);
  const rdsData = startRdsData({
    postgres,
    readSecret: (arn) => secrets.get(arn),
    ...(statementTimeoutMs !== undefined && { statementTimeoutMs }),
  });
  const server = createServer((request, response) => {
    rdsData.handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new RDSDataClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const pools = new Map<string, pg.Pool>();

  return {
    async createDatabase(name) {
      await rdsData.registerCluster({ ...CLUSTER, database: name });
      return { client, ...CLUSTER, databaseName: name };
    },
    as(database, user) {
      const secretArn = `${CLUSTER.secretArn}-${secrets.size}`;
      secrets.set(secretArn, JSON.stringify(user));
      return { ...database, secretArn };
    },
    storesOf({ databaseName: database, ...rest }) {
      const dataApi = createDataApi({ ...rest, database, log: createRecordingLog(), patienceMs: () => 0 });
      return {
        dataApi,
        jobs: { ...createJobStore(dataApi, ['default', 'images']), ...createSubmissionStore(dataApi) },
        attempts: createAttemptStore(dataApi),
        steps: createStepStore(dataApi),
        batches: createBatchStore(dataApi),
        mending: { ...createMendingStore(dataApi), ...createPruneStore(dataApi) },
        history: { ...createHistoryStore(dataApi), ...createHistoryRollUpStore(dataApi) },
        messages: { ...createMessageStore(dataApi), ...createOutbox(dataApi) },
        webhookKeys: createWebhookKeyStore(dataApi),
        signals: createSignalStore(dataApi),
      };
    },
    connect(database) {
      const existing = pools.get(database);
      if (existing) return existing;
      // The pools of a test's databases share the server's limit of 50 connections, so each pool is small.
      const pool = new pg.Pool({ ...postgres.connection, database, max: 4, idleTimeoutMillis: 500 });
      // A closing connection may still report that the server is shutting down.
      pool.on('error', () => undefined);
      pools.set(database, pool);
      return pool;
    },
    async end() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      client.destroy();
      server.close();
      await rdsData.end();
      await postgres.end();
      if (!keepsData) await rm(dataDir, { recursive: true, force: true });
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    },
  };
}

/** An Aurora database with Errand's schema, the stores on it, and a connection for reading rows. */
export interface JobDatabase extends Stores {
  readonly database: Database;
  /**
   * Runs SQL without the Data API and returns the rows.
   *
   * @param name a name for the prepared statement; pass it for statements that run often and are slow to plan
   */
  sql<Row extends object>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>;
  /** Opens a connection for a transaction. The caller must release it. */
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
}

/** The name of the database with Errand's schema. */
const DATABASE = 'errand';

async function createJobDatabase(aurora: Aurora): Promise<Database> {
  const database = await aurora.createDatabase(DATABASE);
  await applyMigrations(readMigrations(MIGRATIONS_FOLDER), database, createRecordingLog());
  return database;
}

/** Creates the database and its schema in the cluster in this data folder. */
export async function migrateCluster(dataDir: string): Promise<void> {
  const aurora = await startAuroraIn(dataDir, { keepsData: true });
  await createJobDatabase(aurora);
  await aurora.end();
}

/** Starts a database server with a database that has Errand's schema. */
export async function startMigratedAurora(): Promise<{
  readonly aurora: Aurora;
  readonly database: Database;
}> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  const isMigrated = await copyMigratedCluster(dataDir, 'migrated', migrateCluster);
  const aurora = await startAuroraIn(dataDir);
  const database = isMigrated ? await aurora.createDatabase(DATABASE) : await createJobDatabase(aurora);
  return { aurora, database };
}

export async function startJobDatabase(): Promise<JobDatabase> {
  const { aurora, database } = await startMigratedAurora();
  const pool = aurora.connect(database.databaseName);
  return {
    ...aurora.storesOf(database),
    database,
    async sql<Row extends object>(text: string, values: readonly unknown[] = [], name?: string) {
      return (await pool.query<Row>({ text, values: [...values], ...(name !== undefined && { name }) })).rows;
    },
    connect: () => pool.connect(),
    end: () => aurora.end(),
  };
}
