import type { JobDatabase } from '../../../test/helpers/aurora.ts';
import { livesOf } from '../../../test/store/job-lives.ts';
import { fillJobs } from '../../../test/store/million-jobs.ts';
import { quantile } from '../statistics.ts';
import { openDirectStores } from './direct-stores.ts';
import { printRow } from './printed-table.ts';

/** Measures how long claiming a single job takes in a table with a given number of other jobs. */
export async function measureClaims(db: JobDatabase, rows: number, jobs: number): Promise<void> {
  const client = await db.connect();
  await fillJobs(client, rows);
  client.release();
  const stores = await openDirectStores(db, 1);
  try {
    const times: number[] = [];
    const timed: typeof stores.attempts.claim = async (...call) => {
      const startedAt = performance.now();
      const claims = await stores.attempts.claim(...call);
      times.push(performance.now() - startedAt);
      return claims;
    };
    const lives = livesOf({ jobs: stores.jobs, attempts: { ...stores.attempts, claim: timed } }, jobs, 1);
    await lives.run('insert');
    await lives.run('claim');
    const ms = (share: number): string => `${quantile(times, share).toFixed(2)} ms`;
    printRow(`\na claim among ${rows} jobs: p50 ${ms(0.5)}, p99 ${ms(0.99)}`);
  } finally {
    await stores.end();
  }
}
