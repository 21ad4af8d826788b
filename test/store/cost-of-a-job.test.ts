import { beforeAll, describe, expect, it } from '@jest/globals';
import { useJobDatabase } from '../helpers/job-database.ts';
import { churn, fill, sizeOf } from './churn.ts';
import { livesOf } from './job-lives.ts';
import { writtenBy } from './written-wal.ts';

// A new index, or an index on a column that every job changes, makes every job more expensive. Only this file's tests detect the additional cost.
// `npm run bench:database` prints the costs.

const JOBS = 200;
const db = useJobDatabase();

beforeAll(async () => {
  // The WAL written by autovacuum must not be counted.
  await db.sql('ALTER SYSTEM SET autovacuum = off');
  await db.sql('SELECT pg_reload_conf()');
});

describe('a job without flow control, batch, tags or parent', () => {
  it('writes entries only to these indexes, in each statement of its life', async () => {
    const lives = livesOf(db, JOBS, 10);
    const inserted = await writtenBy(db, () => lives.run('insert'));
    const claimed = await writtenBy(db, () => lives.run('claim'));
    const recorded = await writtenBy(db, () => lives.run('record'));
    const ofJobs = [inserted, claimed, recorded].map(({ indexEntries }) =>
      [...indexEntries.keys()].filter((index) => index.startsWith('jobs_')),
    );
    const always = ['jobs_of_object', 'jobs_pkey', 'jobs_status', 'jobs_type_status'];
    expect(ofJobs).toEqual([
      [...always, 'jobs_due', 'jobs_open_of_queue', 'jobs_waiting', 'jobs_wake_at'].sort(),
      [...always, 'jobs_open_of_queue', 'jobs_wake_at'].sort(),
      [...always, 'jobs_end_time'].sort(),
    ]);
    for (const { indexEntries } of [inserted, claimed, recorded]) {
      for (const index of always) expect([index, indexEntries.get(index)]).toEqual([index, JOBS]);
    }
  });

  it('updates the counts, the history and most attempts without index entries', async () => {
    const lives = livesOf(db, JOBS, 10);
    const { updates } = await writtenBy(db, async () => {
      await lives.run('insert');
      await lives.run('claim');
      await lives.run('record');
    });
    const hotShare = (table: string): number => {
      const { hot, all } = updates.get(table) ?? { hot: 0, all: 0 };
      return hot / all;
    };
    expect(hotShare('job_counts')).toBeGreaterThan(0.9);
    expect(hotShare('job_history')).toBeGreaterThan(0.9);
    expect(hotShare('job_attempts')).toBeGreaterThan(0.6);
  });
});

it('the tables keep their size under a stream of jobs if they are vacuumed', async () => {
  const rows = 1_000;
  await db.sql('DELETE FROM jobs');
  const packed = await fill(db, rows);
  // Relative to the table's size, VACUUM runs as often as autovacuum would with 100,000 rows and 1,000 jobs per second.
  await churn(db, { rows, jobs: 2 * rows, onTenth: () => db.sql('VACUUM jobs, job_attempts') });
  const { heap, indexes } = await sizeOf(db);
  expect((heap + indexes) / (packed.heap + packed.indexes)).toBeLessThan(2.2);
}, 60_000);
