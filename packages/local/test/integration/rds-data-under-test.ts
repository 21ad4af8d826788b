import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import type {
  BatchExecuteStatementCommandInput,
  ExecuteStatementCommandInput,
  Field,
  SqlParameter,
} from '@aws-sdk/client-rds-data';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyClusterTemplate } from '../../../../test/helpers/cluster-template.ts';
import { startPostgres } from '../../src/postgres/postgres.ts';
import { startRdsData } from '../../src/rds-data/rds-data.ts';
import type { RdsDataOptions } from '../../src/rds-data/rds-data.ts';

export const CLUSTER = {
  resourceArn: 'arn:aws:rds:eu-central-1:000000000000:cluster:errand',
  secretArn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:errand-AbCdEf',
};

/** The Data API with its own Postgres server, and an unmodified SDK client. */
export type RdsDataUnderTest = Awaited<ReturnType<typeof startRdsDataUnderTest>>;

export async function startRdsDataUnderTest(options: Omit<RdsDataOptions, 'postgres' | 'readSecret'> = {}) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'errand-rds-data-'));
  await copyClusterTemplate(dataDir);
  const postgres = await startPostgres({ dataDir, log: () => undefined });
  const secrets = new Map([
    [CLUSTER.secretArn, JSON.stringify({ username: 'postgres', password: 'master' })],
  ]);
  const rdsData = startRdsData({ postgres, readSecret: (arn) => secrets.get(arn), ...options });
  await rdsData.registerCluster({
    clusterArn: CLUSTER.resourceArn,
    secretArn: CLUSTER.secretArn,
    database: 'errand',
  });
  const server = createServer((request, response) => {
    rdsData.handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RDSDataClient({
    endpoint: url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

  type More = Partial<Omit<ExecuteStatementCommandInput, 'sql' | 'parameters'>>;
  const execute = (sql: string, parameters: SqlParameter[] = [], more: More = {}) =>
    client.send(new ExecuteStatementCommand({ ...CLUSTER, sql, parameters, ...more }));
  return {
    url,
    dataDir,
    postgres,
    /** The secrets' values, keyed by ARN. */
    secrets,
    rdsData,
    client,
    execute,
    /** Executes a statement, and returns the first row. */
    row: async (sql: string, parameters: SqlParameter[] = [], more: More = {}): Promise<Field[]> =>
      (await execute(sql, parameters, more)).records?.[0] ?? [],
    batch: (sql: string, parameterSets: BatchExecuteStatementCommandInput['parameterSets']) =>
      client.send(new BatchExecuteStatementCommand({ ...CLUSTER, sql, parameterSets })),
    begin: async (): Promise<string> => {
      const { transactionId = '' } = await client.send(new BeginTransactionCommand(CLUSTER));
      return transactionId;
    },
    commit: (transactionId: string) =>
      client.send(new CommitTransactionCommand({ ...CLUSTER, transactionId })),
    rollback: (transactionId: string) =>
      client.send(new RollbackTransactionCommand({ ...CLUSTER, transactionId })),
    /** Sends a raw HTTP request, without the SDK. */
    post: (operation: string, body: unknown) =>
      fetch(`${url}${operation}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async end() {
      client.destroy();
      server.close();
      server.closeAllConnections();
      await rdsData.end();
      await postgres.end();
      await rm(dataDir, { recursive: true });
    },
  };
}

export const text = (name: string, stringValue: string): SqlParameter => ({ name, value: { stringValue } });
export const long = (name: string, longValue: number): SqlParameter => ({ name, value: { longValue } });
