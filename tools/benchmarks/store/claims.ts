import { startJobDatabase } from '../../../test/helpers/aurora.ts';
import { median } from '../statistics.ts';

// `node -C errand-source tools/benchmarks/store/claims.ts` measures how many jobs per second 16 workers claim while a million jobs wait,
// and how long another tenant's claims take at the same time. In the first part, all jobs have the same priority. In the second part, there
// are ten priorities, so nearly every claim starts a more urgent job than the job in its message.

const ROUNDS = 5;
const WORKERS = 16;
const JOBS = 1_000_000;
/** The number of jobs claimed in each round. Each round claims different jobs. */
const CLAIMS = 3_200;
const AT_ONCE = [1, 10] as const;
const OTHER_JOBS = 10_000;
const LEASE_MS = 3_600_000;

const db = await startJobDatabase();
try {
  const [busy, quiet] = await fill();
  for (const priorities of [1, 10]) {
    if (priorities > 1) await spreadPriorities(priorities);
    for (const atOnce of AT_ONCE) {
      const rates: number[] = [];
      const delays: number[] = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const { rate, delay } = await claimAll(atOnce, busy, quiet);
        // The first round is a warm-up, in which PostgreSQL plans the statements.
        if (round > 0) {
          rates.push(rate);
          delays.push(delay);
        }
      }
      process.stdout.write(
        `${priorities} priorities, ${atOnce} per claim: ${Math.round(median(rates))} jobs/s; for another tenant ${median(delays).toFixed(1)} ms\n`,
      );
    }
  }
} finally {
  await db.end();
}

/** Fills the table. @returns the job ids of the tenant with the backlog and of the other tenant, each in random order */
async function fill(): Promise<[busy: string[], quiet: string[]]> {
  const client = await db.connect();
  // Disables the triggers, because they only count jobs.
  await client.query('SET session_replication_role = replica');
  await client.query(
    `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
     SELECT id, id, tenant, 'sleep', '{"seconds": 2}', 2, 46, at, at
     FROM (SELECT gen_random_uuid() AS id, CASE WHEN n <= ${OTHER_JOBS} THEN 'quiet' ELSE 'busy' END AS tenant,
             now() - n * interval '1 ms' AS at
           FROM generate_series(1, ${JOBS + OTHER_JOBS}) AS n) AS waiting`,
  );
  await client.query(
    `INSERT INTO job_counts (tenant, type, status, slot, jobs) SELECT tenant, type, status, 0, count(*) FROM jobs GROUP BY 1, 2, 3`,
  );
  await client.query('SET session_replication_role = origin');
  await client.query('VACUUM ANALYZE jobs');
  const idsOf = async (tenant: string, limit: number): Promise<string[]> =>
    (
      await client.query<{ job_id: string }>(
        `SELECT job_id FROM jobs WHERE tenant = $1 ORDER BY job_id LIMIT $2`,
        [tenant, limit],
      )
    ).rows.map((row) => row.job_id);
  // The ids are random, so their order is unrelated to the jobs' due times.
  const ids = [await idsOf('busy', 300_000), await idsOf('quiet', OTHER_JOBS)] as const;
  client.release();
  return [...ids];
}

/** Spreads the busy tenant's waiting jobs over the priorities, and refreshes the planner's statistics. */
async function spreadPriorities(priorities: number): Promise<void> {
  await db.sql('ALTER TABLE jobs DISABLE TRIGGER USER');
  await db.sql(
    `UPDATE jobs SET priority = get_byte(uuid_send(job_id), 15) % ${priorities} WHERE status = 'created' AND tenant = 'busy'`,
  );
  await db.sql('ALTER TABLE jobs ENABLE TRIGGER USER');
  await db.sql('VACUUM ANALYZE jobs');
}

async function claimAll(
  atOnce: number,
  busy: string[],
  quiet: string[],
): Promise<{ rate: number; delay: number }> {
  const batches = Array.from({ length: CLAIMS / atOnce }, () => busy.splice(-atOnce));
  let claimed = 0;
  const over = new AbortController();
  const claim = async (ids: readonly string[], worker: string): Promise<number> =>
    (await db.attempts.claim([...ids], worker, LEASE_MS)).filter(({ verdict }) => verdict === 'claimed')
      .length;
  const startedAt = performance.now();
  const workers = Array.from({ length: WORKERS }, async (_, index) => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const started = await claim(batch, `worker-${index}-${batches.length}`);
      claimed += started;
    }
  });
  const others = (async () => {
    const delays: number[] = [];
    while (!over.signal.aborted && quiet.length > 0) {
      const at = performance.now();
      await claim(quiet.splice(-1), `other-${quiet.length}`);
      delays.push(performance.now() - at);
    }
    return median(delays);
  })();
  await Promise.all(workers);
  const seconds = (performance.now() - startedAt) / 1000;
  over.abort();
  return { rate: claimed / seconds, delay: await others };
}
