import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createOutbox } from '../../lambdas/adapters/aurora/message-store.ts';
import { startOfStep } from '../../lambdas/job/history/resolution.ts';
import { v7 as uuidv7 } from 'uuid';
import { startJobDatabase, type JobDatabase } from '../helpers/aurora.ts';
import { explain, sentBy } from './explain.ts';
import type { SomeRows } from './hot-statement.ts';
import { hotStatements } from './hot-statements.ts';
import { fillJobs } from './million-jobs.ts';
import { p99, p99OfEach, readingCalls } from './reading-calls.ts';

// Query plans depend on the number of rows, so only `npm run test:scale` runs these tests. hot-statements.test.ts checks that no statement is
// missing.

/** Tables that always stay small. `job_counts` has at most 32 rows per tenant, type and status, and `approval_key` has one row. */
const SMALL_TABLES = ['job_counts', 'approval_key'];

let db: JobDatabase;
let client: pg.PoolClient;
let rows: SomeRows;

beforeAll(async () => {
  db = await startJobDatabase();
  client = await db.connect();
  await fillJobs(client, 1_000_000);
  const idsOf = async (condition: string, limit: number): Promise<string[]> =>
    (
      await db.sql<{ id: string }>(
        `SELECT job_id AS id FROM jobs WHERE ${condition} ORDER BY job_id LIMIT ${limit}`,
      )
    ).map(({ id }) => id);
  const [middle] = await db.sql<{ id: string }>(
    `SELECT job_id AS id FROM jobs ORDER BY job_id OFFSET 700000 LIMIT 1`,
  );
  const [message] = await db.sql<{ id: string }>(
    `SELECT message_id AS id FROM messages ORDER BY 1 OFFSET 150000 LIMIT 1`,
  );
  rows = {
    ended: await idsOf(`job_id >= '${middle?.id ?? ''}' AND status = 'success' AND tenant = 'default'`, 100),
    running: await idsOf(`status = 'running' AND tenant = 'default'`, 10),
    failed: (await idsOf(`status = 'failed' AND tenant = 'default'`, 1))[0] ?? '',
    waiting: (await idsOf(`status = 'created' AND tenant = 'default'`, 1))[0] ?? '',
    message: message?.id ?? '',
  };
}, 180_000);

afterAll(async () => {
  client.release();
  await db.end();
});

describe('a statement on a million jobs', () => {
  it('uses an index, and reads a bounded number of pages', async () => {
    const slow: unknown[] = [];
    for (const { title, call, answers, maxPages, maxWastedRows = 200, mayScan } of hotStatements(rows)) {
      for (const sent of await sentBy(call, answers)) {
        const { pages, scanned, wastedRows, plan } = await explain(client, sent);
        const tables = scanned.filter((table) => ![...SMALL_TABLES, mayScan].includes(table));
        if (pages > maxPages || wastedRows > maxWastedRows || tables.length > 0) {
          slow.push({
            statement: sent.statement.name,
            title,
            pages,
            wastedRows,
            tables,
            plan: JSON.stringify(plan),
          });
        }
      }
    }
    expect(slow).toEqual([]);
  }, 120_000);

  it('is planned for its own parameters each time', async () => {
    expect(await db.sql('SHOW plan_cache_mode')).toEqual([{ plan_cache_mode: 'force_custom_plan' }]);
  });
});

describe('a sweep during a backlog of 100,000 jobs', () => {
  it('reads a few pages for each tenant, whatever the statistics are', async () => {
    const busy = await startJobDatabase();
    try {
      const connection = await busy.connect();
      // One tenant has a large backlog. Another 500 tenants have one job each, half of them overdue.
      await connection.query(`
        INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
        SELECT id, id, tenant, 'sleep', '{}', 2, 46, at, at
        FROM (
          SELECT gen_random_uuid() AS id, 'the busy one' AS tenant, now() - n * interval '1 s' AS at
          FROM generate_series(1, 100000) AS n
          UNION ALL
          SELECT gen_random_uuid(), 'tenant-' || n, now() + (n % 2 - 0.5) * interval '1 hour'
          FROM generate_series(1, 500) AS n
        ) AS waiting`);
      const [sent] = await sentBy((api) =>
        createMendingStore(api).takeOverdueOfEachTenant({ only: ['default'] }, 60, 10, 500),
      );
      if (!sent) throw new Error('No statement was sent.');
      for (const statistics of ['none', 'fresh']) {
        if (statistics === 'fresh') await connection.query('VACUUM ANALYZE jobs');
        const { pages, scanned, wastedRows } = await explain(connection, sent);
        // The statement examines 501 tenants, and updates 260 jobs.
        expect({ statistics, scanned, wastedRows, isBounded: pages < 260 * 50 + 501 * 10 }).toEqual({
          ...{ statistics, scanned: [], wastedRows: 260, isBounded: true },
        });
      }
      connection.release();
    } finally {
      await busy.end();
    }
  }, 120_000);
});

describe('taking messages while another tenant has 100,000 due messages', () => {
  it('reads only the tenant’s own due messages, whatever the statistics are', async () => {
    const busy = await startJobDatabase();
    try {
      const connection = await busy.connect();
      await connection.query(`
        INSERT INTO messages (message_id, tenant, recipient, content, status, due_at, end_time)
        SELECT gen_random_uuid(), tenant, 'x', 'y', status, CASE status WHEN 'pending' THEN now() END,
               CASE status WHEN 'sent' THEN now() END
        FROM (VALUES ('the busy one', 'pending', 100000), ('quiet', 'sent', 50000), ('quiet', 'pending', 5))
          AS of_tenant(tenant, status, messages), generate_series(1, messages)`);
      const options = { tenant: 'quiet', taker: uuidv7(), limit: 10, leaseMs: 60_000, maxAttempts: 3 };
      const [sent] = await sentBy((api) => createOutbox(api).take(options));
      if (!sent) throw new Error('No statement was sent.');
      for (const statistics of ['none', 'fresh']) {
        if (statistics === 'fresh') await connection.query('VACUUM ANALYZE messages');
        const { pages, scanned, wastedRows } = await explain(connection, sent);
        expect({ statistics, scanned, isBounded: pages < 5 * 50 && wastedRows < 50 }).toEqual({
          ...{ statistics, scanned: [], isBounded: true },
        });
      }
      connection.release();
    } finally {
      await busy.end();
    }
  }, 120_000);
});

/** The limit for the 99th-percentile duration of a history read, on an idle machine with one 2.1 GHz core, in milliseconds. */
const LIMIT_MS = 50;

/** The 99th-percentile duration of `REFERENCE` on an idle machine with one 2.1 GHz core, in milliseconds. */
const REFERENCE_MS = 10;

/** A query that reads no table, so its duration depends only on the machine. */
const REFERENCE = 'SELECT count(*) FROM generate_series(1, 20000) AS n WHERE md5(n::text) < $1';

describe('the history of a day with a million jobs', () => {
  it.each(['of all jobs', 'of each queue', 'of each type by the hour'])(
    '%s is read within 50 ms in 99 of 100 cases, or proportionally longer on a slower machine',
    async (title) => {
      const to = startOfStep(new Date(), 3_600);
      const day = {
        tenant: 'default',
        from: new Date(to.getTime() - 86_400_000),
        to,
        type: null,
        queue: null,
      };
      const [step, groupBy] = title.includes('type') ? ([3_600, 'type'] as const) : [300, null];
      const query = { ...day, step, groupBy: title.includes('queue') ? ('queue' as const) : groupBy };
      const [rows] = await db.sql<{ jobs: string }>(
        `SELECT sum(accepted) AS jobs FROM job_history WHERE start_time >= $1 AND start_time < $2`,
        [day.from, day.to],
      );
      expect(Number(rows?.jobs)).toBeGreaterThanOrEqual(1_000_000);
      const calls = Array.from({ length: 100 }, () => () => db.history.read(query, 5_001));
      const references = calls.map(() => () => db.sql(REFERENCE, ['8']));
      // Only the best of three runs counts, because other processes may slow the machine down.
      const times: number[] = [];
      for (let round = 0; round < 3 && !(Math.min(...times) <= LIMIT_MS); round += 1) {
        const [read = 0, reference = 0] = await p99OfEach([calls, references]);
        times.push(read / Math.max(1, reference / REFERENCE_MS));
      }
      expect(Math.min(...times)).toBeLessThanOrEqual(LIMIT_MS);
    },
    60_000,
  );
});

describe('reading and listing', () => {
  it('take at most three times as long with a million jobs as with a thousand', async () => {
    const few = await startJobDatabase();
    try {
      const filling = await few.connect();
      await fillJobs(filling, 1_000);
      filling.release();
      const [callsOfFew, callsOfMany] = [await readingCalls(few), await readingCalls(db)];
      // Only the best of three runs counts, because other processes may slow the machine down.
      const ratios: number[] = [];
      for (let round = 0; round < 3 && Math.min(...ratios) > 3; round += 1)
        ratios.push((await p99(callsOfMany)) / (await p99(callsOfFew)));
      expect(Math.min(...ratios)).toBeLessThanOrEqual(3);
    } finally {
      await few.end();
    }
  }, 120_000);
});
