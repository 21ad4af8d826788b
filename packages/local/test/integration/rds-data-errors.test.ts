import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CLUSTER, startRdsDataUnderTest, text } from './rds-data-under-test.ts';
import type { RdsDataUnderTest } from './rds-data-under-test.ts';

jest.setTimeout(30_000);

let api: RdsDataUnderTest;
beforeAll(async () => {
  api = await startRdsDataUnderTest();
  await api.execute('CREATE TABLE thing (id int PRIMARY KEY)');
});
afterAll(() => api.end());

describe('Postgres refuses', () => {
  it.each([
    ['SELECT * FROM absent', 'ERROR: relation "absent" does not exist; Position: 15; SQLState: 42P01'],
    ['SELEKT', 'ERROR: syntax error at or near "SELEKT"; Position: 1; SQLState: 42601'],
    [
      'INSERT INTO thing VALUES (1), (1)',
      'ERROR: duplicate key value violates unique constraint "thing_pkey"; SQLState: 23505',
    ],
    [
      "SELECT pg_read_file('/etc/hostname')",
      'ERROR: permission denied for function pg_read_file; SQLState: 42501',
    ],
  ])('%s', async (sql, message) => {
    await expect(api.execute(sql)).rejects.toMatchObject({ name: 'DatabaseErrorException', message });
  });

  it('more than one statement', async () => {
    await expect(api.execute('SELECT 1; SELECT 2')).rejects.toMatchObject({
      name: 'ValidationException',
      message: "Multistatements aren't supported.",
    });
    await expect(api.execute('SELECT 1;')).resolves.toMatchObject({ records: [[{ longValue: 1 }]] });
  });
});

describe('the Data API', () => {
  it('refuses an unknown cluster', async () => {
    const resourceArn = 'arn:aws:rds:eu-central-1:000000000000:cluster:other';
    await expect(api.execute('SELECT 1', [], { resourceArn })).rejects.toMatchObject({
      name: 'HttpEndpointNotEnabledException',
      message: `HttpEndpoint is not enabled for resource ${resourceArn}`,
    });
  });

  it('refuses an unknown secret', async () => {
    const secretArn = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:other';
    await expect(api.execute('SELECT 1', [], { secretArn })).rejects.toMatchObject({
      name: 'SecretsErrorException',
    });
  });

  it('refuses a secret without credentials', async () => {
    api.secrets.set('arn:text', 'a text');
    api.secrets.set('arn:half', '{"username":"postgres"}');
    for (const secretArn of ['arn:text', 'arn:half']) {
      await expect(api.execute('SELECT 1', [], { secretArn })).rejects.toMatchObject({
        name: 'InvalidSecretException',
      });
    }
  });

  it('refuses a secret with a wrong password or an unknown user', async () => {
    for (const username of ['postgres', 'nobody']) {
      api.secrets.set('arn:wrong', JSON.stringify({ username, password: 'wrong' }));
      await expect(api.execute('SELECT 1', [], { secretArn: 'arn:wrong' })).rejects.toThrow(
        `FATAL: password authentication failed for user "${username}"; SQLState: 28P01`,
      );
    }
  });

  it('accepts a secret with a new password', async () => {
    api.secrets.set('arn:mine', JSON.stringify({ username: 'mine', password: 'one' }));
    await api.execute("CREATE ROLE mine LOGIN PASSWORD 'one'");
    const secretArn = 'arn:mine';
    await api.execute('SELECT 1', [], { secretArn });
    await api.execute("ALTER ROLE mine PASSWORD 'two'");
    api.secrets.set('arn:mine', JSON.stringify({ username: 'mine', password: 'two' }));
    expect(await api.row('SELECT current_user', [], { secretArn })).toEqual([{ stringValue: 'mine' }]);
  });

  it("accepts another cluster's secret", async () => {
    const other = { clusterArn: 'arn:other', secretArn: 'arn:other-secret', database: 'other' };
    api.secrets.set(other.secretArn, JSON.stringify({ username: 'other', password: 'o' }));
    await api.rdsData.registerCluster(other);
    await api.rdsData.registerCluster(other);
    const foreign = await api.row('SELECT current_user', [], { secretArn: other.secretArn });
    expect(foreign).toEqual([{ stringValue: 'other' }]);
    const [database] = await api.row('SELECT current_database()', [], {
      resourceArn: other.clusterArn,
      secretArn: other.secretArn,
    });
    expect(database).toEqual({ stringValue: 'other' });
  });

  it('refuses a schema, which Serverless v2 does not support', async () => {
    await expect(api.execute('SELECT 1', [], { schema: 'public' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: "The schema parameter isn't supported",
    });
  });
});

describe('the limits', () => {
  /**
   * Returns the number of rows with one value of `bytes` bytes that fit into 1 MiB. A row takes 2 bytes, and each value takes 4 bytes plus its
   * length.
   */
  const rowsOf = (bytes: number): number => Math.floor((1024 * 1024) / (2 + 4 + bytes));

  it('return a result of 1 MiB, but not one byte more', async () => {
    const sql = `SELECT repeat('é', 500) FROM generate_series(1, :rows)`;
    const { records } = await api.execute(sql, [{ name: 'rows', value: { longValue: rowsOf(1000) } }]);
    expect(records).toHaveLength(rowsOf(1000));
    await expect(
      api.execute(sql, [{ name: 'rows', value: { longValue: rowsOf(1000) + 1 } }]),
    ).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message: 'The result exceeds the size limit 1 MB.',
    });
  });

  it('refuse a huge result too, and keep the connection usable', async () => {
    await expect(api.execute(`SELECT repeat('x', 1000) FROM generate_series(1, 100000)`)).rejects.toThrow(
      /1 MB/,
    );
    expect(await api.row('SELECT 1')).toEqual([{ longValue: 1 }]);
  });

  it('keep a statement’s changes even if its result is refused', async () => {
    const sql = `INSERT INTO thing SELECT generate_series(1000, 1029) RETURNING repeat('x', 40000)`;
    await expect(api.execute(sql)).rejects.toMatchObject({ name: 'UnsupportedResultException' });
    expect(await api.row('SELECT count(*) FROM thing WHERE id >= 1000')).toEqual([{ longValue: 30 }]);
  });

  it('return a row of 64 KB, but not one byte more', async () => {
    const largest = 64 * 1024 - 6;
    expect(await api.row(`SELECT repeat('x', ${largest})`)).toHaveLength(1);
    await expect(api.execute(`SELECT repeat('x', ${largest + 1})`)).rejects.toThrow(/a row exceeds 64 KB/);
  });

  it('refuse a request of more than 4 MiB', async () => {
    const large = 'x'.repeat(4 * 1024 * 1024 - 2000);
    expect(await api.row('SELECT length(:x)', [text('x', large)])).toEqual([{ longValue: large.length }]);
    await expect(
      api.execute('SELECT length(:x)', [text('x', `${large}${'x'.repeat(2000)}`)]),
    ).rejects.toMatchObject({
      name: 'BadRequestException',
    });
  });
});

describe('an error over HTTP', () => {
  it('has its type in a header and its message in the body', async () => {
    const response = await api.post('/Execute', { ...CLUSTER, sql: 'SELECT * FROM absent' });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('DatabaseErrorException');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      message: 'ERROR: relation "absent" does not exist; Position: 15; SQLState: 42P01',
    });
  });

  it.each([
    ['/Execute', { ...CLUSTER }, 400, 'ValidationException'],
    ['/Execute', { sql: 'SELECT 1' }, 400, 'ValidationException'],
    ['/Execute', { ...CLUSTER, sql: 'SELECT 1', parameters: 'x' }, 400, 'ValidationException'],
    ['/Execute', { ...CLUSTER, sql: 'SELECT 1', formatRecordsAs: 'XML' }, 400, 'ValidationException'],
    ['/Execute', '{', 400, 'SerializationException'],
    ['/Execute', { ...CLUSTER, sql: 'SELECT 1', database: {} }, 400, 'SerializationException'],
    ['/Execute', { ...CLUSTER, sql: 'SELECT :a', parameters: [null] }, 400, 'SerializationException'],
    ['/BatchExecute', { ...CLUSTER, sql: 'SELECT :a', parameterSets: [[1]] }, 400, 'SerializationException'],
    ['/Execute', { ...CLUSTER, sql: 'SELECT 1', database: null, parameters: null }, 200, null],
    ['/Execute', '[]', 400, 'SerializationException'],
    ['/CommitTransaction', { ...CLUSTER, transactionId: 'x' }, 404, 'TransactionNotFoundException'],
    ['/CommitTransaction', CLUSTER, 400, 'ValidationException'],
    ['/ExecuteSql', CLUSTER, 404, 'UnknownOperationException'],
    ['/Execute', { ...CLUSTER, sql: "SELECT timestamp 'infinity'" }, 500, 'InternalFailure'],
  ])('%s with %j responds with %i %s', async (operation, body, status, type) => {
    const response = await api.post(operation, body);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
  });
});

describe('when Postgres is killed', () => {
  it('calls find no writer until it has restarted with all committed data', async () => {
    await api.execute('CREATE TABLE kept AS SELECT 42 AS n');
    const lockFile = await readFile(path.join(api.dataDir, 'postgres', 'postmaster.pid'), 'utf8');
    process.kill(Number.parseInt(lockFile, 10), 'SIGKILL');

    const failures = new Set<string>();
    let row: unknown;
    while (!row) {
      row = await api.row('SELECT n FROM kept').catch((error: unknown) => {
        failures.add((error as Error).name);
        return undefined;
      });
    }
    expect(row).toEqual([{ longValue: 42 }]);
    expect([...failures]).toEqual(['DatabaseUnavailableException']);
  });
});

describe('stopping the service', () => {
  it('does not wait for statements or transactions', async () => {
    const ending = await startRdsDataUnderTest();
    const transactionId = await ending.begin();
    const endless = Promise.allSettled([
      ending.execute('SELECT pg_sleep(30)'),
      ending.execute('SELECT pg_sleep(30)', [], { transactionId }),
    ]);
    const active =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active'";
    // The count includes this query itself.
    while ((await ending.row(active))[0]?.longValue !== 3);

    const startedAt = performance.now();
    await ending.rdsData.end();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await endless).toMatchObject([
      { reason: { name: 'DatabaseUnavailableException' } },
      { reason: { name: 'DatabaseUnavailableException' } },
    ]);
    await ending.end();
  });
});
