import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useJobDatabase } from '../helpers/job-database.ts';
import { flowSteps, keyed } from './flow-steps.ts';
import { untilWaiting } from './locked-rows.ts';
import { result } from './job-rows.ts';

const db = useJobDatabase();
const { submit, claim, pause } = flowSteps(db);

beforeAll(async () => {
  // Normally, connections share a counter row only if their process ids are equal modulo 32. Here, all connections share the counter rows.
  await db.sql(
    "DO $body$ BEGIN EXECUTE replace(pg_get_functiondef('count_jobs'::regproc), '% 32', '% 1'); END $body$",
  );
});

beforeEach(async () => {
  await db.sql('TRUNCATE jobs, pauses, rate_limits, concurrency_limits CASCADE');
});

describe('a claim’s locks', () => {
  it('do not deadlock with a record’s when the claim parks a lost job and both need its key', async () => {
    const [lost, running] = (await submit(keyed(2), keyed(2))) as [string, string];
    await claim([lost, running]);
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [lost]);
    await pause('type', 'sleep');

    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT lock_flow_keys(ARRAY[$1::uuid])', [running]);
      const recorded = db.attempts.record([result(running)]);
      await untilWaiting(db, 1);
      const claimed = claim([lost]);
      await untilWaiting(db, 2);
      await holder.query('COMMIT');
      expect(await recorded).toMatchObject([{ recorded: true }]);
      expect(await claimed).toMatchObject([{ verdict: 'parked' }]);
    } finally {
      holder.release();
    }
  });

  it('do not deadlock with a sweep’s, which takes the keys in another order', async () => {
    const [[names]] = [
      await db.sql<{ first: string; second: string }>(
        `SELECT a.name AS first, b.name AS second
         FROM generate_series(1, 9) AS a(name), generate_series(1, 9) AS b(name)
         WHERE a.name < b.name
           AND flow_lock('concurrency key', 'default', 'key-' || a.name) > flow_lock('concurrency key', 'default', 'key-' || b.name)
         LIMIT 1`,
      ),
    ];
    const [a, b] = [keyed(1, `key-${names?.first ?? ''}`), keyed(1, `key-${names?.second ?? ''}`)];
    const jobs = await submit(a, b, a, b, a, b);
    await claim(jobs.slice(0, 4));
    const later = jobs.slice(4);

    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      // The claim locks this key first.
      await holder.query('SELECT lock_flow_keys(ARRAY[$1::uuid])', [jobs[1]]);
      const claimed = claim(later);
      await untilWaiting(db, 1);
      const woken = db.mending.wakeForgotten(10);
      const swept = await Promise.race([woken.then(() => 'swept'), untilWaiting(db, 2).then(() => 'waits')]);
      await holder.query('COMMIT');
      expect(await woken).toEqual([]);
      expect((await claimed).map(({ verdict }) => verdict)).toEqual(['parked', 'parked']);
      expect(swept).toBe('swept');
    } finally {
      holder.release();
    }
  });

  it('let a worker retry its claim while the message of the urgent job that it runs is delivered', async () => {
    const [own, urgent] = (await submit({}, { priority: 0 })) as [string, string];
    await claim([own], 'the-worker');
    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM jobs WHERE job_id = $1 FOR UPDATE', [urgent]);
      expect(await claim([own], 'the-worker')).toMatchObject([
        { jobId: own, verdict: 'yielded' },
        { jobId: urgent, verdict: 'claimed', job: { attempt: 1, fence: 1 } },
      ]);
    } finally {
      await holder.query('COMMIT');
      holder.release();
    }
  });
});
