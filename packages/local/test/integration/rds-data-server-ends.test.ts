import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { createDatabase } from '../../src/rds-data/create-database.ts';
import { startRdsDataUnderTest, type RdsDataUnderTest } from './rds-data-under-test.ts';

let api: RdsDataUnderTest;
beforeAll(async () => {
  api = await startRdsDataUnderTest();
});
afterAll(() => api.end());

describe('a PostgreSQL server that exits while a database is being created', () => {
  it('fails the creation with one line, and does not crash the process', async () => {
    const { connection } = api.postgres;
    const other = new pg.Client(connection);
    other.on('error', () => undefined); // The server's exit also breaks this connection.
    await other.connect();
    // Another connection that creates the same role waits until this transaction ends.
    await other.query('BEGIN');
    await other.query('CREATE ROLE slow');
    const creation = createDatabase(connection, 'slow', { username: 'slow', password: 'secret' });
    const failure = expect(creation).rejects.toThrow(
      /^PostgreSQL exited during startup \(.+\); start again\.$/,
    );
    while ((await other.query('SELECT 1 FROM pg_locks WHERE NOT granted')).rowCount === 0);

    const lockFile = path.join(api.dataDir, 'postgres', 'postmaster.pid');
    const pid = Number((await readFile(lockFile, 'utf8')).split('\n', 1)[0]);
    process.kill(pid, 'SIGKILL');
    await failure;
  });
});
