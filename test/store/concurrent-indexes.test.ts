import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BeginTransactionCommand,
  RollbackTransactionCommand,
  TransactionNotFoundException,
  type BeginTransactionCommandOutput,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import type pg from 'pg';
import type { Deadline } from '../../lambdas/migrate/concurrent-indexes.ts';
import type { Migration } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import type { Database } from '../../lambdas/migrate/transaction.ts';
import { startAurora, type Aurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';

const TABLE: Migration = {
  name: '0001-table',
  statements: ['CREATE TABLE things (id int, name text)', "INSERT INTO things VALUES (1, 'a'), (2, 'a')"],
};
const INDEX: Migration = {
  name: '0002-index',
  statements: ["-- The list's.\nCREATE INDEX CONCURRENTLY things_name ON things (name)"],
};
const COLUMN: Migration = { name: '0003-column', statements: ['ALTER TABLE things ADD COLUMN color text'] };
const DROPPED: Migration = {
  name: '0004-drop',
  statements: [
    'DROP INDEX CONCURRENTLY things_name',
    'CREATE INDEX CONCURRENTLY things_color ON things (color)',
  ],
};

let aurora: Aurora;
let database: Database;
let pool: pg.Pool;
let count = 0;

beforeAll(async () => {
  // Index builds exceed this short timeout, and therefore continue in the background. On AWS, only a build longer than 45 s does so.
  aurora = await startAurora({ statementTimeoutMs: 500 });
});

afterAll(async () => {
  await aurora.end();
});

beforeEach(async () => {
  count += 1;
  database = await aurora.createDatabase(`indexes_${count}`);
  pool = aurora.connect(database.databaseName);
});

/** A deadline that never passes, with a short pause between checks of the index build. */
const SOON: Deadline = { remainingMs: () => Infinity, pause: () => pool.query('SELECT pg_sleep(0.02)') };

const apply = (migrations: readonly Migration[], deadline = SOON, on = database): Promise<string[]> =>
  applyMigrations(migrations, on, createRecordingLog(), deadline);

async function indexes(): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `SELECT indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END AS line
     FROM pg_index WHERE indrelid = 'things'::regclass ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

async function applied(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY 1');
  return rows.map(({ name }) => name);
}

interface Block {
  end(): Promise<void>;
}

/** Opens a transaction and writes to the table. A concurrent index build waits until the transaction ends. */
async function blockBuilds(): Promise<Block> {
  const client = await pool.connect();
  await client.query("BEGIN; INSERT INTO things VALUES (3, 'b')");
  let ended: Promise<void> | undefined;
  return {
    end() {
      ended ??= client.query('COMMIT').then(() => {
        client.release();
      });
      return ended;
    },
  };
}

interface Watch {
  /** The number of the call whose response is lost. The call is executed, but `send` throws an error. */
  readonly breakCall?: number;
  /** Whether the process dies after call number `breakCall`. If so, all later calls fail without being sent. */
  readonly isKilled?: boolean;
  readonly beforeCall?: (sql: string) => unknown;
}

/** Returns the database with a client that counts the calls. */
function watched({ breakCall = Infinity, isKilled = false, beforeCall }: Watch = {}) {
  const send = database.client.send.bind(database.client) as (command: unknown) => Promise<unknown>;
  const statements: string[] = [];
  let calls = 0;
  let transactionId: string | undefined;
  const client = {
    async send(command: { input: { sql?: string } }) {
      calls += 1;
      const isBroken = calls === breakCall;
      if (isKilled && calls > breakCall) throw new Error('killed');
      const { sql = '' } = command.input;
      statements.push(sql);
      await beforeCall?.(sql);
      const answer = await send(command);
      if (command instanceof BeginTransactionCommand)
        ({ transactionId } = answer as BeginTransactionCommandOutput);
      if (isBroken) throw new Error('socket hang up');
      return answer;
    },
  } as unknown as RDSDataClient;
  return {
    database: { ...database, client },
    statements,
    calls: () => calls,
    /** Rolls back the process's open transaction, as the Data API does after three minutes. */
    async expire(): Promise<void> {
      const { clusterArn: resourceArn, secretArn } = database;
      const rollBack = new RollbackTransactionCommand({ resourceArn, secretArn, transactionId });
      await database.client.send(rollBack).catch((error: unknown) => {
        // The transaction has already ended.
        if (!(error instanceof TransactionNotFoundException)) throw error;
      });
    },
  };
}

describe('a migration of index changes', () => {
  it('runs outside a transaction, between the migrations before and after it', async () => {
    expect(await apply([TABLE, INDEX, COLUMN])).toEqual(['0001-table', '0002-index', '0003-column']);
    expect(await indexes()).toEqual(['things_name']);
    expect(await apply([TABLE, INDEX, COLUMN, DROPPED])).toEqual(['0004-drop']);
    expect(await indexes()).toEqual(['things_color']);
    expect(await apply([TABLE, INDEX, COLUMN, DROPPED])).toEqual([]);
  });

  it('stays applied if a later migration fails', async () => {
    const broken = { name: '0003-broken', statements: ['SELECT 1 / 0'] };
    await expect(apply([TABLE, INDEX, broken])).rejects.toThrow(/division by zero/);
    expect(await applied()).toEqual(['0001-table', '0002-index']);
    expect(await apply([TABLE, INDEX, COLUMN])).toEqual(['0003-column']);
  });

  it.each([
    [
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS things_name ON things (name)',
      /may only contain.*IF NOT EXISTS things_name/,
    ],
    ['CREATE INDEX CONCURRENTLY ON things (name)', /may only contain/],
    ['REINDEX INDEX CONCURRENTLY things_name', /may only contain.*REINDEX/],
  ])('is refused before any change if it could not be resumed: %s', async (statement, message) => {
    const refused = { name: '0002-refused', statements: [statement] };
    await expect(apply([TABLE, refused])).rejects.toThrow(message);
    const { rows } = await pool.query(`SELECT to_regclass('things') AS found`);
    expect(rows).toEqual([{ found: null }]);
  });

  it('is refused if it contains another statement', async () => {
    const mixed = { name: '0002-mixed', statements: [...INDEX.statements, ...COLUMN.statements] };
    await expect(apply([TABLE, mixed])).rejects.toThrow(
      /^Migration 0002-mixed has a CONCURRENTLY statement.*Move this statement to another migration: ALTER TABLE things/,
    );
  });

  it('is refused if it changes an index twice', async () => {
    const twice = {
      name: '0002-twice',
      statements: ['DROP INDEX CONCURRENTLY things_name', ...INDEX.statements],
    };
    await expect(apply([TABLE, twice])).rejects.toThrow(/0002-twice changes the index things_name twice/);
  });
});

describe('an index whose build outlasts a call', () => {
  it('is awaited, and built once', async () => {
    await apply([TABLE]);
    const block = await blockBuilds();
    const run = watched();
    let looks = 0;
    const deadline: Deadline = {
      remainingMs: () => Infinity,
      async pause() {
        looks += 1;
        if (looks === 3) await block.end();
      },
    };
    expect(await apply([TABLE, INDEX], deadline, run.database)).toEqual(['0002-index']);
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(await indexes()).toEqual(['things_name']);
    expect(run.statements.filter((sql) => sql.startsWith('CREATE INDEX'))).toHaveLength(1);
  });

  it('is not awaited beyond the deadline, and the next deploy completes it', async () => {
    await apply([TABLE]);
    const block = await blockBuilds();
    const late: Deadline = { remainingMs: () => 0 };
    await expect(apply([TABLE, INDEX], late)).rejects.toThrow(
      /^The index things_name is not finished yet \(pid \d+.*\)\. The database continues to work on it: deploy again in a while\.$/,
    );
    expect(await applied()).toEqual(['0001-table']);
    const next = watched({
      beforeCall(sql) {
        if (sql.includes('pg_stat_activity')) void block.end();
      },
    });
    expect(await apply([TABLE, INDEX], SOON, next.database)).toEqual(['0002-index']);
    expect(next.statements.filter((sql) => sql.startsWith('CREATE INDEX'))).toEqual([]);
    expect(await indexes()).toEqual(['things_name']);
  });

  it('is built once by two concurrent deployers', async () => {
    await apply([TABLE]);
    const block = await blockBuilds();
    const runs = [watched(), watched()];
    let looks = 0;
    const deadline: Deadline = {
      remainingMs: () => Infinity,
      async pause() {
        looks += 1;
        if (looks === 3) await block.end();
        await SOON.pause?.(0);
      },
    };
    const names = await Promise.all(runs.map((run) => apply([TABLE, INDEX], deadline, run.database)));
    expect(names.flat()).toEqual(['0002-index']);
    const builds = runs.flatMap(({ statements }) =>
      statements.filter((sql) => sql.startsWith('CREATE INDEX')),
    );
    expect(builds).toHaveLength(1);
    expect(await indexes()).toEqual(['things_name']);
  });

  it('is built again after its session was killed', async () => {
    await apply([TABLE]);
    const block = await blockBuilds();
    await expect(apply([TABLE, INDEX], { remainingMs: () => 0 })).rejects.toThrow(/not finished yet/);
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%CREATE INDEX CONCURRENTLY things_name%' AND state = 'active' AND pid <> pg_backend_pid()`,
    );
    await block.end();
    expect(await apply([TABLE, INDEX])).toEqual(['0002-index']);
    expect(await indexes()).toEqual(['things_name']);
  });
});

describe('an index that conflicts with the rows', () => {
  const UNIQUE = {
    name: '0002-unique',
    statements: ['CREATE UNIQUE INDEX CONCURRENTLY things_name ON things (name)'],
  };

  it('makes the migration fail and say why, and leaves no invalid index that refuses rows', async () => {
    await expect(apply([TABLE, UNIQUE])).rejects.toThrow(/could not create unique index "things_name"/);
    expect(await indexes()).toEqual([]);
    await pool.query('DELETE FROM things WHERE id = 2');
    expect(await apply([TABLE, UNIQUE])).toEqual(['0002-unique']);
    expect(await indexes()).toEqual(['things_name']);
  });

  it('makes the migration fail after two builds if both fail in the background', async () => {
    await apply([TABLE]);
    const blocks: Block[] = [];
    const run = watched({
      async beforeCall(sql) {
        if (sql.startsWith('CREATE UNIQUE INDEX')) blocks.push(await blockBuilds());
      },
    });
    const deadline: Deadline = {
      remainingMs: () => Infinity,
      async pause() {
        for (const block of blocks) await block.end();
        await SOON.pause?.(0);
      },
    };
    await expect(apply([TABLE, UNIQUE], deadline, run.database)).rejects.toThrow(
      /^The index things_name could not be built: every attempt failed in the database after its Data API call had timed out\./,
    );
    expect(run.statements.filter((sql) => sql.startsWith('CREATE UNIQUE INDEX'))).toHaveLength(2);
  });
});

describe('after a deployer’s call has failed', () => {
  it.each([
    ['the process is killed', true],
    ['the answer to the call is lost', false],
  ])('at any point, because %s, the next deployer completes the migration', async (_reason, isKilled) => {
    await apply([TABLE, INDEX, COLUMN]);
    let total = Infinity;
    for (let breakCall = 1; breakCall <= total; breakCall += 1) {
      const run = watched({ breakCall, isKilled });
      const failed = await apply([TABLE, INDEX, COLUMN, DROPPED], SOON, run.database).catch(() => 'failed');
      if (run.calls() < breakCall) total = run.calls();
      else if (isKilled) expect(failed).toBe('failed');
      await run.expire();
      await apply([TABLE, INDEX, COLUMN, DROPPED]);
      expect([breakCall, await applied(), await indexes()]).toEqual([
        breakCall,
        ['0001-table', '0002-index', '0003-column', '0004-drop'],
        ['things_color'],
      ]);
      await pool.query(
        `DROP INDEX things_color; CREATE INDEX things_name ON things (name); DELETE FROM schema_migrations WHERE name = '0004-drop'`,
      );
    }
    // The exact number of calls depends on the machine's speed.
    expect(total).toBeGreaterThan(15);
  });
});
