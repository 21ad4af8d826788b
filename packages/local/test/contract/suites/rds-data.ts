import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
  type ExecuteStatementCommandInput,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import type { Suite } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';

const API = 'https://docs.aws.amazon.com/rdsdataservice/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide';

type More = Partial<Omit<ExecuteStatementCommandInput, 'sql' | 'parameters'>>;

function dataApiIn({ database, ...world }: World) {
  if (!database) throw new Error(`${world.target} has no database`);
  const client = clientOf(world, RDSDataClient);
  const execute = (sql: string, parameters?: SqlParameter[], more: More = {}) =>
    client.send(new ExecuteStatementCommand({ ...database, sql, parameters, ...more }));
  return {
    client,
    database,
    execute,
    row: async (sql: string, parameters?: SqlParameter[], more?: More) =>
      (await execute(sql, parameters, more)).records?.[0],
    /** Creates a table with one column, `n`. */
    table: async (): Promise<string> => {
      const name = uniqueName('t').replaceAll('-', '_');
      await execute(`CREATE TABLE ${name} (n integer)`);
      return name;
    },
    begin: async () => {
      const { resourceArn, secretArn } = database;
      const { transactionId = '' } = await client.send(new BeginTransactionCommand(database));
      return { resourceArn, secretArn, transactionId };
    },
  };
}

export const rdsData: Suite = {
  protocol: 'rds-data',
  cases: [
    {
      name: 'parameters of every kind are returned as fields of their types',
      page: `${API}/API_Field.html`,
      aws: [
        { stringValue: 'x' },
        { longValue: 1 },
        { doubleValue: 1.5 },
        { booleanValue: true },
        { blobValue: { 0: 1, 1: 255 } },
        { isNull: true },
      ],
      observe: (world) =>
        dataApiIn(world).row('SELECT :s::text, :l::bigint, :d::float8, :b::boolean, :y::bytea, :n::text', [
          { name: 's', value: { stringValue: 'x' } },
          { name: 'l', value: { longValue: 1 } },
          { name: 'd', value: { doubleValue: 1.5 } },
          { name: 'b', value: { booleanValue: true } },
          { name: 'y', value: { blobValue: Uint8Array.of(1, 255) } },
          { name: 'n', value: { isNull: true } },
        ]),
    },
    {
      name: 'a hint makes a string a value of its type',
      page: `${API}/API_SqlParameter.html`,
      aws: [
        { stringValue: 'uuid' },
        { stringValue: 'numeric' },
        { stringValue: 'timestamp without time zone' },
        { stringValue: 'date' },
        { stringValue: 'jsonb' },
      ],
      async observe(world) {
        const hinted = [
          ['UUID', '7e0b9a4c-6b57-4b8c-9f0e-0c2d4a1b6f3e'],
          ['DECIMAL', '1.5'],
          ['TIMESTAMP', '2026-11-22 01:02:03.456'],
          ['DATE', '2026-11-22'],
          ['JSON', '{"a":1}'],
        ] as const;
        const parameters = hinted.map(([typeHint, stringValue], index) => ({
          name: `p${index}`,
          typeHint,
          value: { stringValue },
        }));
        // `pg_typeof` returns the type that the server inferred for a parameter.
        const sql = `SELECT ${hinted.map((_, index) => `pg_typeof(:p${index})::text`).join(', ')}`;
        return dataApiIn(world).row(sql, parameters);
      },
    },
    {
      name: 'numbers with a fraction and times are returned as strings',
      page: `${GUIDE}/data-api.calling.html`,
      aws: [
        { stringValue: '1.50' },
        { stringValue: '2026-11-22 01:02:03.456' },
        { stringValue: '2026-11-22' },
        { stringValue: '{"a": 1}' },
      ],
      observe: (world) =>
        dataApiIn(world).row(
          `SELECT 1.50::numeric, '2026-11-22 01:02:03.456'::timestamp, '2026-11-22'::date, '{"a":1}'::jsonb`,
        ),
    },
    {
      name: 'records are returned as one JSON string on request, instead of fields',
      page: `${API}/API_ExecuteStatement.html`,
      aws: { formatted: [{ n: 1, s: 'x', nothing: null }], records: null },
      async observe(world) {
        const sql = `SELECT 1 AS n, 'x'::text AS s, NULL::text AS nothing`;
        const answer = await dataApiIn(world).execute(sql, [], { formatRecordsAs: 'JSON' });
        const formatted: unknown = JSON.parse(answer.formattedRecords ?? 'null');
        return { formatted, records: answer.records ?? null };
      },
    },
    {
      name: 'a statement returns the number of rows that it wrote',
      page: `${API}/API_ExecuteStatement.html`,
      aws: { inserted: 2, updated: 1 },
      async observe(world) {
        const { execute, table } = dataApiIn(world);
        const name = await table();
        const inserted = await execute(`INSERT INTO ${name} VALUES (1), (2)`);
        const updated = await execute(`UPDATE ${name} SET n = 3 WHERE n = 1`);
        return { inserted: inserted.numberOfRecordsUpdated, updated: updated.numberOfRecordsUpdated };
      },
    },
    {
      name: 'a batch runs a statement once for each set of parameters',
      page: `${API}/API_BatchExecuteStatement.html`,
      aws: { results: 2, rows: [{ longValue: 3 }] },
      async observe(world) {
        const { client, database, row, table } = dataApiIn(world);
        const name = await table();
        const { updateResults = [] } = await client.send(
          new BatchExecuteStatementCommand({
            ...database,
            sql: `INSERT INTO ${name} VALUES (:n)`,
            parameterSets: [1, 2].map((longValue) => [{ name: 'n', value: { longValue } }]),
          }),
        );
        return { results: updateResults.length, rows: await row(`SELECT sum(n) FROM ${name}`) };
      },
    },
    {
      name: 'a transaction’s writes exist after its commit, and not after its rollback',
      page: `${API}/API_BeginTransaction.html`,
      aws: { committed: 'Transaction Committed', rolledBack: 'Rollback Complete', rows: [{ longValue: 1 }] },
      async observe(world) {
        const { client, execute, row, table, begin } = dataApiIn(world);
        const name = await table();
        const insert = async (n: number) => {
          const transaction = await begin();
          const { transactionId } = transaction;
          await execute(`INSERT INTO ${name} VALUES (${n})`, [], { transactionId });
          return transaction;
        };
        const committed = await client.send(new CommitTransactionCommand(await insert(1)));
        const rolledBack = await client.send(new RollbackTransactionCommand(await insert(2)));
        return {
          committed: committed.transactionStatus,
          rolledBack: rolledBack.transactionStatus,
          rows: await row(`SELECT sum(n) FROM ${name}`),
        };
      },
    },
    {
      name: 'a failing statement, more than one statement, and an unknown transaction are refused',
      page: `${API}/API_ExecuteStatement.html`,
      aws: {
        syntax: { error: 'DatabaseErrorException', status: 400 },
        several: { error: 'ValidationException', status: 400 },
        transaction: { error: 'TransactionNotFoundException', status: 404 },
      },
      async observe(world) {
        const { client, database, execute } = dataApiIn(world);
        const { resourceArn, secretArn } = database;
        const commit = new CommitTransactionCommand({ resourceArn, secretArn, transactionId: 'none' });
        return {
          syntax: await refusal(execute('SELEC 1')),
          several: await refusal(execute('SELECT 1; SELECT 2')),
          transaction: await refusal(client.send(commit)),
        };
      },
    },
    {
      name: 'an error has its name in a header, and its SQL state in its message',
      page: `${GUIDE}/data-api.troubleshooting.html`,
      aws: { header: 'DatabaseErrorException', state: '22012' },
      async observe({ endpoint, ...world }) {
        const { database } = dataApiIn({ endpoint, ...world });
        const credential = 'test/20260101/us-east-1/rds-data/aws4_request';
        const response = await fetch(`${endpoint}/Execute`, {
          method: 'POST',
          headers: {
            authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
          },
          body: JSON.stringify({ ...database, sql: 'SELECT 1 / 0' }),
        });
        const state = /SQLState: (\w+)/.exec(await response.text())?.[1];
        return { header: response.headers.get('x-amzn-errortype'), state };
      },
    },
    {
      name: 'a result of more than 1 MiB is refused',
      page: `${GUIDE}/data-api.limitations.html`,
      aws: { error: 'UnsupportedResultException', status: 400 },
      observe: (world) =>
        refusal(dataApiIn(world).execute(`SELECT repeat('x', 60000) AS text FROM generate_series(1, 20)`)),
    },
    {
      name: 'a row of more than 64 KB is refused',
      page: `${GUIDE}/data-api.limitations.html`,
      aws: { error: 'UnsupportedResultException', status: 400 },
      observe: (world) => refusal(dataApiIn(world).execute(`SELECT repeat('x', 66000) AS text`)),
    },
  ],
};
