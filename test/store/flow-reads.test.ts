import { beforeEach, describe, expect, it } from '@jest/globals';
import { useJobDatabase } from '../helpers/job-database.ts';
import { flowSteps, keyed } from './flow-steps.ts';
import { newJob, TENANT } from './job-rows.ts';

const db = useJobDatabase();
const { submit, claim } = flowSteps(db);

const MANY = 20_000;

/** The maximum number of pages that a statement may read for one job, however many other jobs are waiting. */
const FEW_PAGES = 500;

beforeEach(async () => {
  await db.sql('TRUNCATE jobs, pauses, rate_limits, concurrency_limits CASCADE');
});

/** Inserts many waiting jobs. `columns` contains an SQL expression for each column to set; in the expressions, `n` is the job's number. */
async function fill(columns: Readonly<Record<string, string>>): Promise<void> {
  const { job_id: id, type, queue } = newJob();
  const row: Record<string, string> = {
    job_id: `CAST(lpad(to_hex(n), 8, '0') || right('${id}', 28) AS uuid)`,
    submission_id: 'gen_random_uuid()',
    tenant: `'${TENANT}'`,
    type: `'${type}'`,
    queue: `'${queue}'`,
    payload: "'{}'",
    max_attempts: '2',
    timeout_seconds: '46',
    run_at: 'now()',
    wake_at: 'now()',
    submitted_by: 'NULL',
    ...columns,
  };
  await db.sql(
    `INSERT INTO jobs (${Object.keys(row).join(', ')}) SELECT ${Object.values(row).join(', ')} FROM generate_series(1, ${MANY}) AS n`,
  );
  await db.sql('ANALYZE jobs');
}

/** Returns the number of pages that a statement and the functions it calls read. */
async function pagesOf(sql: string): Promise<number> {
  const [row] = await db.sql<{
    'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }];
  }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`);
  if (!row) throw new Error('There is no plan.');
  const { Plan: plan } = row['QUERY PLAN'][0];
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

const claiming = (jobId: string): string => `SELECT claim_jobs('["${jobId}"]', 'worker', 60000)`;
const SWEEP = 'SELECT * FROM wake_forgotten(500)';

const RATE = { rate_limit: '1', rate_seconds: '1', rate_burst: '1' };
const LIMITED_BY_RATE = {
  ...RATE,
  held_by: "'rate'",
  due_at: 'now()',
  run_at: "now() + n * interval '1 s'",
  wake_at: "now() + n * interval '1 s'",
};

describe('a claim reads few rows', () => {
  it('if many jobs wait for the same rate limit', async () => {
    await fill({ ...LIMITED_BY_RATE, rate_key: "'mail'" });
    const limited = { rate_limit: { key: 'mail', limit: 1, per_seconds: 1, burst: 1 } };
    const [early, late] = (await submit(limited, limited)) as [string, string];
    // A session's first claim also reads the functions' definitions, so the second claim is measured.
    await pagesOf(claiming(early));
    expect(await pagesOf(claiming(late))).toBeLessThan(FEW_PAGES);
    const [row] = await db.sql<{ is_last: boolean }>(
      'SELECT run_at >= (SELECT max(run_at) FROM jobs) AS is_last FROM jobs WHERE job_id = $1',
      [late],
    );
    expect(row).toEqual({ is_last: true });
  });

  it('if many jobs are parked for the same concurrency key', async () => {
    const [first] = (await submit(keyed(1))) as [string];
    await claim([first]);
    await fill({
      concurrency_key: "'customer-1'",
      concurrency_limit: '1',
      held_by: "'concurrency'",
      due_at: 'now()',
      run_at: "'9999-12-31T00:00:00Z'",
      wake_at: 'NULL',
    });
    const [early, late] = (await submit(keyed(1), keyed(1))) as [string, string];
    // A session's first claim also reads the functions' definitions, so the second claim is measured.
    await pagesOf(claiming(early));
    expect(await pagesOf(claiming(late))).toBeLessThan(FEW_PAGES);
  });
});

describe('the search for parked jobs that nothing holds back reads few rows', () => {
  it('if each of many waiting jobs has its own concurrency key', async () => {
    await fill({ concurrency_key: "'customer-' || n", concurrency_limit: '1' });
    expect(await pagesOf(SWEEP)).toBeLessThan(FEW_PAGES);
  });

  it('if each of many jobs waits for its own rate limit', async () => {
    await fill({ ...LIMITED_BY_RATE, rate_key: "'mail-' || n" });
    expect(await pagesOf(SWEEP)).toBeLessThan(FEW_PAGES);
  });
});
