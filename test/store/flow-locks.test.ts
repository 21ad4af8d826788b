import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useJobDatabase } from '../helpers/job-database.ts';
import { flowSteps, keyed } from './flow-steps.ts';
import { untilWaiting } from './locked-rows.ts';
import { result } from './job-rows.ts';

const db = useJobDatabase();
const { submit, claim, pause } = flowSteps(db);

beforeAll(async () => {
  // Connections whose process ids are equal modulo 32 share the rows that count jobs. Here all of them do.
  await db.sql(
    "DO $body$ BEGIN EXECUTE replace(pg_get_functiondef('count_jobs'::regproc), '% 32', '% 1'); END $body$",
  );
});

beforeEach(async () => {
  await db.sql('TRUNCATE jobs, pauses, rate_limits, concurrency_limits CASCADE');
});

describe('the locks of a claim', () => {
  it('do not deadlock with those of a record when the claim parks a lost job and both need a key', async () => {
    const [lost, next, running] = (await submit({ type: 'other' }, keyed(2), keyed(2))) as [
      string,
      string,
      string,
    ];
    await claim([lost, running]);
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [lost]);
    await pause('type', 'other');

    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT lock_flow_keys(ARRAY[$1::uuid])', [running]);
      const recorded = db.attempts.record([result(running)]);
      await untilWaiting(db, 1);
      const claimed = claim([lost, next]);
      await untilWaiting(db, 2);
      await holder.query('COMMIT');
      expect(await recorded).toMatchObject([{ recorded: true }]);
      expect((await claimed).map(({ verdict }) => verdict).sort()).toEqual(['claimed', 'parked']);
    } finally {
      holder.release();
    }
  });
});
