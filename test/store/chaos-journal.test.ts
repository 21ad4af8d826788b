import { beforeAll, describe, expect, it } from '@jest/globals';
import { keepJournal, readJobs } from '../chaos/journal.ts';
import { Ledger } from '../chaos/ledger.ts';
import { judgeOrders, readOrders } from '../chaos/orders.ts';
import { judge } from '../chaos/verdict.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { putJob } from './job-rows.ts';

// Tests the journal of chaos runs and the checks that read the journal, without starting a chaos run. The tests do not move the clock. Instead,
// they write the times that a moved clock would produce.

const db = useJobDatabase();

const cloud = {
  get rdsData() {
    return db.database.client;
  },
  output(name: string): string {
    const { clusterArn, secretArn, databaseName } = db.database;
    return { ClusterArn: clusterArn, SecretArn: secretArn, DatabaseName: databaseName }[name] ?? '';
  },
};

beforeAll(() => keepJournal(cloud));

/** Returns the job's `doubled` findings in the chaos run's verdict. */
async function doubled(jobId: string): Promise<string[]> {
  const rows = (await readJobs(cloud)).filter((row) => row.job_id === jobId);
  return judge(new Ledger(), rows).flatMap(({ failing, what }) => (failing === 'doubled' ? what : []));
}

const begin = (jobId: string, attempt: number, at: string) =>
  db.sql(
    `INSERT INTO job_attempts (job_id, attempt, worker, start_time) VALUES ($1, $2, 'w', now() + $3::interval)`,
    [jobId, attempt, at],
  );
const end = (jobId: string, attempt: number, at: string) =>
  db.sql(
    `UPDATE job_attempts SET outcome = 'failed', end_time = now() + $3::interval WHERE job_id = $1 AND attempt = $2`,
    [jobId, attempt, at],
  );

describe('the journal of a chaos run', () => {
  it('shows no overlap of attempts after each other, even if the clock was moved back between them', async () => {
    const jobId = await putJob(db);
    await begin(jobId, 1, '0 s');
    await end(jobId, 1, '20 s');
    await begin(jobId, 2, '-20 s');
    expect(await doubled(jobId)).toEqual([]);
  });

  it('shows no overlap if one statement ends an attempt and begins the next', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1_000, maxAttempts: 3 });
    await db.attempts.claim([jobId], 'worker-2', 10_000);
    const [row] = (await readJobs(cloud)).filter((each) => each.job_id === jobId);
    expect(row?.attempts).toMatchObject([{ outcome: 'lost' }, { outcome: null }]);
    expect(row?.attempts[0]?.ended).toBe(row?.attempts[1]?.began);
    expect(await doubled(jobId)).toEqual([]);
  });

  it('shows an attempt that began before the previous one had ended, even if its times show otherwise', async () => {
    const jobId = await putJob(db);
    await begin(jobId, 1, '0 s');
    await begin(jobId, 2, '10 s');
    await end(jobId, 1, '5 s');
    expect(await doubled(jobId)).toEqual(['two leases at once', 'attempts 1 and 2 overlap']);
  });

  it('shows an attempt that was declared lost before its lease had expired', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: 5_000, maxAttempts: 3 });
    await db.sql(`UPDATE jobs SET attempt = 2 WHERE job_id = $1`, [jobId]);
    await db.sql(`UPDATE job_attempts SET outcome = 'lost', end_time = now() WHERE job_id = $1`, [jobId]);
    expect(await doubled(jobId)).toEqual(['attempt 1 was given up before its lease expired']);
  });

  it.each([
    ['before', '20 s', []],
    ['after', '-20 s', ['continued before all of its parts had ended']],
  ])(
    'shows whether a part ended %s its order continued, whatever the times are',
    async (order, childEnds, expected) => {
      const jobId = await putJob(db, { status: 'running', payload: { parts: 1 } });
      const child = await putJob(db, { status: 'running' });
      await db.sql(`UPDATE jobs SET type = 'order' WHERE job_id = $1`, [jobId]);
      await db.sql(
        `UPDATE jobs SET parent_job_id = $2, parent_step = 'parts', child_place = 0 WHERE job_id = $1`,
        [child, jobId],
      );
      const endChild = () =>
        db.sql(
          `UPDATE jobs SET status = 'failed', message = 'broken', end_time = now() + $2::interval,
             worker = NULL, lease_expires_at = NULL, wake_at = NULL
           WHERE job_id = $1`,
          [child, childEnds],
        );
      if (order === 'before') await endChild();
      await db.sql(
        `INSERT INTO job_steps (job_id, step, kind, status, result, start_time, end_time)
       VALUES ($1, 'parts', 'map', 'success', '[]', now(), now())`,
        [jobId],
      );
      if (order === 'after') await endChild();
      const orders = (await readOrders(cloud)).filter((each) => each.job_id === jobId);
      expect(judgeOrders(orders, new Ledger(), []).map(({ what }) => what)).toEqual(expected);
    },
  );
});
