import { Command } from 'commander';
import { startJobDatabase, type JobDatabase } from '../../../test/helpers/aurora.ts';
import { count } from '../../arguments.ts';
import { measureChurn } from './database-churn.ts';
import { measureClaims } from './database-claims.ts';
import { measureLives } from './database-lives.ts';

// `npm run bench:database` measures how much work a job causes in PostgreSQL, and how large the tables grow under sustained load. It runs
// the stores' statements on a new database with all migrations. docs/decisions/0099-what-a-job-costs-the-database.md has the figures.

interface Options {
  readonly jobs: number;
  readonly rounds: number;
  readonly churnRows: number;
  readonly churnJobs: number;
  readonly claimRows: number;
}

const { jobs, rounds, churnRows, churnJobs, claimRows } = new Command('bench:database')
  .description("Measures what a job's life costs PostgreSQL, and how far its tables grow.")
  .option('--jobs <n>', 'jobs per measurement', count(10, 100_000), 1_000)
  .option('--rounds <n>', 'rounds; the fastest one counts', count(1, 100), 2)
  .option('--churn-rows <n>', 'jobs that the tables keep', count(100, 1_000_000), 10_000)
  .option('--churn-jobs <n>', 'jobs to run through these tables; 0 to skip', count(0, 10_000_000), 20_000)
  .option('--claim-rows <n>', 'jobs in the table for claims; 0 to skip', count(0, 10_000_000), 0)
  .parse()
  .opts<Options>();

await onNewDatabase((db) => measureLives(db, jobs, rounds));
if (churnJobs > 0) await onNewDatabase((db) => measureChurn(db, churnRows, churnJobs));
if (claimRows > 0) await onNewDatabase((db) => measureClaims(db, claimRows, jobs));

async function onNewDatabase(measure: (db: JobDatabase) => Promise<void>): Promise<void> {
  const db = await startJobDatabase();
  try {
    await measure(db);
  } finally {
    await db.end();
  }
}
