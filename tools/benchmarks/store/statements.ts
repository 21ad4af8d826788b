import { startJobDatabase } from '../../../test/helpers/aurora.ts';
import { newJob, result } from '../../../test/store/job-rows.ts';
import { cpuSeconds } from '../processes.ts';
import { median } from '../statistics.ts';

// `npm run bench:statements` measures how much CPU time PostgreSQL uses to claim jobs and to record their outcomes. The model in
// docs/scaling.md uses the figures. The rounds alternate between batches of one job and batches of ten jobs. The benchmark needs Linux, because it
// reads /proc.

const ROUNDS = 5;
const JOBS = 1000;
const BATCHES = [1, 10] as const;

const db = await startJobDatabase();
try {
  const milliseconds = new Map(BATCHES.map((batch) => [batch, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const batch of BATCHES) {
      const jobIds = await submit(JOBS);
      const before = await backendMs();
      await run(jobIds, batch, round);
      const statements = 2 * (JOBS / batch);
      // The first round is a warm-up, in which PostgreSQL plans the statements and loads the functions.
      if (round > 0) milliseconds.get(batch)?.push(((await backendMs()) - before) / statements);
    }
  }
  const [one = NaN, ten = NaN] = BATCHES.map((batch) => median(milliseconds.get(batch) ?? []));
  const row = (ten - one) / 9;
  print(`a statement for one job    ${one.toFixed(2)} ms`);
  print(`a statement for ten jobs   ${ten.toFixed(2)} ms`);
  print(`a statement + each job     ${(one - row).toFixed(2)} ms + ${row.toFixed(2)} ms`);
} finally {
  await db.end();
}

async function submit(count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => newJob());
  for (let from = 0; from < count; from += 100) await db.jobs.insert(jobs.slice(from, from + 100));
  return jobs.map(({ job_id: jobId }) => jobId);
}

async function run(jobIds: readonly string[], batch: number, round: number): Promise<void> {
  for (let from = 0; from < jobIds.length; from += batch) {
    const part = jobIds.slice(from, from + batch);
    const claims = await db.attempts.claim(part, `worker-${round}-${batch}-${from}`, 60_000);
    if (claims.some(({ verdict }) => verdict !== 'claimed')) throw new Error('A job was not claimed.');
    await db.attempts.record(part.map((jobId) => result(jobId)));
  }
}

/**
 * Returns the CPU time, in milliseconds, that all connections to the test's database have used so far. The connections stay open until the
 * end, so none of their CPU time is missing.
 */
async function backendMs(): Promise<number> {
  const connections = await db.sql<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return 1000 * (await cpuSeconds(connections.map(({ pid }) => pid)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
