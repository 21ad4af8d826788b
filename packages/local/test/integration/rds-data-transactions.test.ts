import { BeginTransactionCommand, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CLUSTER, startRdsDataUnderTest, text } from './rds-data-under-test.ts';
import type { RdsDataUnderTest } from './rds-data-under-test.ts';

const STATEMENT_TIMEOUT_MS = 400;
const IDLE_MS = 600;

jest.setTimeout(30_000);

let api: RdsDataUnderTest;
beforeAll(async () => {
  api = await startRdsDataUnderTest({ statementTimeoutMs: STATEMENT_TIMEOUT_MS, transactionIdleMs: IDLE_MS });
  await api.execute('CREATE TABLE note (body text PRIMARY KEY)');
});
afterAll(() => api.end());

const count = async (): Promise<number | undefined> =>
  (await api.row('SELECT count(*) FROM note'))[0]?.longValue;
const openTransactions = async (): Promise<number | undefined> => {
  const [field] = await api.row(
    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
  );
  return field?.longValue;
};
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition()));
};

describe('a transaction', () => {
  it('is visible to others once it is committed', async () => {
    const before = await count();
    const transactionId = await api.begin();
    await api.execute('INSERT INTO note VALUES (:b)', [text('b', 'committed')], { transactionId });
    expect(await count()).toBe(before);
    expect(await api.commit(transactionId)).toMatchObject({ transactionStatus: 'Transaction Committed' });
    expect(await count()).toBe((before ?? 0) + 1);
  });

  it('leaves nothing behind when it is rolled back, not even tables', async () => {
    const transactionId = await api.begin();
    await api.execute('CREATE TABLE gone (a int)', [], { transactionId });
    expect(await api.rollback(transactionId)).toMatchObject({ transactionStatus: 'Rollback Complete' });
    await expect(api.execute('SELECT * FROM gone')).rejects.toThrow(/SQLState: 42P01/);
  });

  it('runs one statement at a time, and refuses a concurrent one', async () => {
    const transactionId = await api.begin();
    const outcomes = await Promise.allSettled(
      [1, 2].map(() => api.execute('SELECT pg_sleep(0.1)', [], { transactionId })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'DatabaseErrorException', message: 'Transaction is still running a query' },
    });
    await api.rollback(transactionId);
  });

  it('cannot be committed after a failed statement', async () => {
    const transactionId = await api.begin();
    await expect(api.execute('SELECT 1 / 0', [], { transactionId })).rejects.toThrow(/SQLState: 22012/);
    await expect(api.execute('SELECT 1', [], { transactionId })).rejects.toThrow(
      'ERROR: current transaction is aborted, commands ignored until end of transaction block; SQLState: 25P02',
    );
    await expect(api.commit(transactionId)).rejects.toThrow(/SQLState: 25P02/);
    await expect(api.rollback(transactionId)).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  });

  it('continues from a savepoint', async () => {
    const transactionId = await api.begin();
    const run = (sql: string) => api.execute(sql, [], { transactionId });
    await run('SAVEPOINT before');
    await expect(run('SELECT 1 / 0')).rejects.toThrow(/22012/);
    await run('ROLLBACK TO SAVEPOINT before');
    await run("INSERT INTO note VALUES ('from a savepoint')");
    await api.commit(transactionId);
    expect(await api.row("SELECT body FROM note WHERE body LIKE '%savepoint'")).toHaveLength(1);
  });

  it('is unknown after it has ended, to another cluster, and if it never existed', async () => {
    const transactionId = await api.begin();
    await api.commit(transactionId);
    const missing = {
      name: 'TransactionNotFoundException',
      message: `Transaction ${transactionId} is not found`,
    };
    await expect(api.execute('SELECT 1', [], { transactionId })).rejects.toMatchObject(missing);
    await expect(api.commit('none')).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
    await expect(api.rollback('none')).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  it('stays on the database that it began on', async () => {
    const transactionId = await api.begin();
    await expect(
      api.client.send(
        new ExecuteStatementCommand({ ...CLUSTER, transactionId, sql: 'SELECT 1', database: 'other' }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await api.rollback(transactionId);
    await expect(
      api.client.send(new BeginTransactionCommand({ ...CLUSTER, database: 'absent' })),
    ).rejects.toThrow('FATAL: database "absent" does not exist; SQLState: 3D000');
  });

  it('is rolled back when no call uses it for some minutes', async () => {
    const transactionId = await api.begin();
    await api.execute("INSERT INTO note VALUES ('forgotten')", [], { transactionId });
    await until(async () => (await openTransactions()) === 0);
    await expect(api.commit(transactionId)).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
    expect(await api.row("SELECT body FROM note WHERE body = 'forgotten'")).toEqual([]);
  });
});

describe('a transaction whose connection is lost', () => {
  it('has ended', async () => {
    const transactionId = await api.begin();
    const lost = api.execute('SELECT pg_terminate_backend(pg_backend_pid())', [], { transactionId });
    await expect(lost).rejects.toThrow(/SQLState: 57P01/);
    await expect(api.commit(transactionId)).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  });
});

describe('a session', () => {
  it('is new for each call outside a transaction', async () => {
    const [zone] = await api.row('SHOW timezone');
    expect(zone).toEqual({ stringValue: 'UTC' });
    await api.execute("SET timezone = 'Europe/Berlin'");
    await api.execute('SELECT pg_advisory_lock(7)');
    await api.execute('CREATE TEMP TABLE short_lived AS SELECT 1 AS a');
    const calls = Array.from({ length: 10 }, () => api.row('SHOW timezone'));
    for (const [shown] of await Promise.all(calls)) expect(shown).toEqual(zone);
    await expect(api.execute('SELECT * FROM short_lived')).rejects.toThrow(/42P01/);
    await until(async () => (await api.row('SELECT pg_try_advisory_xact_lock(7)'))[0]?.booleanValue === true);
  });
});

describe('a statement that takes too long', () => {
  const slow = "INSERT INTO note SELECT 'slow' || pg_sleep(1)";
  const timedOut = {
    name: 'StatementTimeoutException',
    message: 'canceling statement due to statement timeout',
    dbConnectionId: expect.any(Number),
  };
  const isWritten = async (): Promise<boolean> =>
    (await api.row("SELECT body FROM note WHERE body LIKE 'slow%'")).length > 0;

  it('is canceled without effect', async () => {
    await expect(api.execute(slow)).rejects.toMatchObject(timedOut);
    expect(await isWritten()).toBe(false);
  });

  it('continues after the timeout on request', async () => {
    await expect(api.execute(slow, [], { continueAfterTimeout: true })).rejects.toMatchObject(timedOut);
    expect(await isWritten()).toBe(false);
    await until(isWritten);
    await api.execute("DELETE FROM note WHERE body LIKE 'slow%'");
  });

  it('keeps its transaction busy while it continues', async () => {
    const transactionId = await api.begin();
    const inTransaction = { transactionId, continueAfterTimeout: true };
    await expect(api.execute(slow, [], inTransaction)).rejects.toMatchObject(timedOut);
    await expect(api.commit(transactionId)).rejects.toThrow('Transaction is still running a query');
    await until(() =>
      api.commit(transactionId).then(
        () => true,
        () => false,
      ),
    );
    expect(await isWritten()).toBe(true);
  });
});
