import { beforeEach, describe, expect, it } from '@jest/globals';
import type { NewJob } from '../../lambdas/job/job.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { flowSteps, keyed, wokenBy } from './flow-steps.ts';
import { TENANT } from './job-rows.ts';

const db = useJobDatabase();
const { submit, claim, verdicts, end, stateOf, pause, resume } = flowSteps(db);

beforeEach(async () => {
  await emptyTables(db, 'jobs', 'pauses', 'rate_limits', 'concurrency_limits');
});

describe('a pause', () => {
  it('parks the jobs of a queue or a type, and wakes them when it ends, the most urgent first', async () => {
    await pause('queue', 'default');
    const [a, b, c] = (await submit({}, { priority: 2 }, { type: 'other' })) as [string, string, string];
    expect(await verdicts([a, b, c])).toEqual({ [a]: 'parked', [b]: 'parked', [c]: 'parked' });
    await pause('type', 'other');
    expect(await resume('queue', 'default')).toEqual(expect.arrayContaining([a, b]));
    expect(await stateOf(c)).toEqual({ status: 'created', held_by: 'pause', is_parked: true });
    expect(await verdicts([b, a])).toEqual({ [a]: 'claimed', [b]: 'claimed' });
    expect(await resume('type', 'other')).toEqual([c]);
    expect(await verdicts([c])).toEqual({ [c]: 'claimed' });
  });

  it('does not stop a running job, but holds back the next attempt of a lost job', async () => {
    const [a, b] = (await submit({}, {})) as [string, string];
    await claim([a, b]);
    await pause('queue', 'default');
    expect(await end(a)).toEqual([]);
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [b]);
    expect(await claim([b])).toMatchObject([{ verdict: 'parked', lost: { attempt: 1, status: 'created' } }]);
    expect(await resume('queue', 'default')).toEqual([b]);
    expect(await claim([b])).toMatchObject([{ verdict: 'claimed', job: { attempt: 2, fence: 2 } }]);
  });

  it('of a type parks only the jobs of its tenant and type', async () => {
    await pause('type', 'mail');
    const [paused, ofQueue, ofTenant] = (await submit(
      { type: 'mail' },
      { queue: 'mail' },
      { type: 'mail', tenant: 'acme' },
    )) as [string, string, string];
    expect(await verdicts([paused, ofQueue, ofTenant])).toEqual({
      [paused]: 'parked',
      [ofQueue]: 'claimed',
      [ofTenant]: 'claimed',
    });
  });

  it('whose end woke no job is noticed by the sweeper', async () => {
    await pause('queue', 'default');
    const [jobId] = (await submit({})) as [string];
    await claim([jobId]);
    expect(await db.mending.wakeForgotten(10)).toEqual([]);
    await db.sql('DELETE FROM pauses');
    expect(await db.mending.wakeForgotten(10)).toEqual([{ jobId, tenant: TENANT, queue: 'default' }]);
    expect(await verdicts([jobId])).toEqual({ [jobId]: 'claimed' });
  });

  it('passes a woken job’s slot on to another queue', async () => {
    const [a, b, c] = (await submit(keyed(1), keyed(1), { ...keyed(1), queue: 'images' })) as [
      string,
      string,
      string,
    ];
    await claim([a, b, c]);
    expect(await end(a)).toEqual([b]);
    await pause('queue', 'default');
    const claims = await claim([b]);
    expect(claims).toMatchObject([{ verdict: 'parked' }]);
    expect(wokenBy(claims)).toEqual([c]);
  });
});

describe('a rate limit', () => {
  const limited = (burst = 1): Partial<NewJob> => ({
    rate_limit: { key: 'mail', limit: 1, per_seconds: 10, burst },
  });

  it('spaces starts, and assigns each further job a start time', async () => {
    const [a, b, c] = (await submit(limited(), limited(), limited())) as [string, string, string];
    const claims = await claim([a, b, c]);
    const waits = claims.flatMap((row) =>
      row.verdict === 'waiting' ? [Math.round(row.dueInMs / 1000)] : [],
    );
    expect(claims.filter(({ verdict }) => verdict === 'claimed')).toHaveLength(1);
    expect(waits.sort((one, other) => one - other)).toEqual([10, 20]);
    // New jobs start after all jobs that already have a start time, even if the rate limit would allow them to start now.
    await db.sql('UPDATE rate_limits SET next_arrival = now()');
    const [d] = (await submit(limited())) as [string];
    expect(await claim([d])).toMatchObject([{ verdict: 'waiting' }]);
    const [next] = await db.sql<{ job_id: string }>(
      "SELECT job_id FROM jobs WHERE held_by = 'rate' ORDER BY run_at LIMIT 1",
    );
    await db.sql('UPDATE jobs SET run_at = now(), wake_at = now() WHERE job_id = $1', [next?.job_id]);
    expect(await verdicts([next?.job_id ?? ''])).toEqual({ [next?.job_id ?? '']: 'claimed' });
  });

  it('applies to each tenant separately', async () => {
    const theirs = { ...limited(), tenant: 'acme' };
    const others = await submit(theirs, theirs);
    const [own] = (await submit(limited())) as [string];
    expect(Object.values(await verdicts(others)).sort()).toEqual(['claimed', 'waiting']);
    expect(await verdicts([own])).toEqual({ [own]: 'claimed' });
  });

  it('lets a burst start immediately', async () => {
    const ids = await submit(limited(3), limited(3), limited(3), limited(3));
    const claims = await claim(ids);
    expect(claims.filter(({ verdict }) => verdict === 'claimed')).toHaveLength(3);
  });

  it('does not start a burst of jobs whose start times have passed during an outage', async () => {
    const ids = await submit(...Array.from({ length: 6 }, () => limited()));
    await claim(ids);
    await db.sql(
      "UPDATE jobs SET run_at = now() - interval '1 minute', wake_at = now() WHERE held_by = 'rate'",
    );
    await db.sql("UPDATE rate_limits SET next_arrival = now() - interval '1 minute'");
    const late = await db.sql<{ job_id: string }>("SELECT job_id FROM jobs WHERE held_by = 'rate'");
    const claims = await claim(late.map(({ job_id: id }) => id));
    expect(claims.filter(({ verdict }) => verdict === 'claimed')).toHaveLength(1);
  });

  it('acknowledges the message of a job that starts later than a message can wait, and the sweeper sends another one in time', async () => {
    const hourly = { rate_limit: { key: 'report', limit: 1, per_seconds: 3600, burst: 1 } };
    const [a, b] = (await submit(hourly, hourly)) as [string, string];
    const found = await verdicts([a, b]);
    expect(Object.values(found).sort()).toEqual(['claimed', 'parked']);
    await db.sql(
      "UPDATE jobs SET run_at = now() + interval '9 minutes', wake_at = now() - interval '1 minute' WHERE held_by = 'rate'",
    );
    expect((await db.mending.takeOverdue(30, 10)).jobs).toHaveLength(1);
    expect((await db.mending.takeOverdue(0, 10)).jobs).toHaveLength(0);
  });

  it('releases the slot of a concurrency key', async () => {
    const both = { ...keyed(1), ...limited() };
    const [a, b, c] = (await submit(both, both, keyed(1))) as [string, string, string];
    expect(await verdicts([a])).toEqual({ [a]: 'claimed' });
    await claim([b]);
    await claim([c]);
    const woken = await end(a);
    expect(woken).toEqual([b]);
    const claims = await claim([b]);
    expect(claims).toMatchObject([{ verdict: 'waiting' }]);
    expect(wokenBy(claims)).toEqual([c]);
  });
});

describe('a lost attempt of a job that is held back', () => {
  const limited = { rate_limit: { key: 'mail', limit: 1, per_seconds: 60, burst: 1 } };

  it.each([
    ['pause', {}],
    ['rate', limited],
  ] as const)('is recorded and counted as lost: held back by a %s', async (reason, job) => {
    await db.sql('DELETE FROM job_history');
    const [lost] = (await submit(job)) as [string];
    await claim([lost]);
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [lost]);
    if (reason === 'pause') await pause('queue', 'default');
    await claim([lost]);
    expect(await stateOf(lost)).toMatchObject({ status: 'created', held_by: reason });
    expect(
      await db.sql(
        `SELECT outcome, message, end_time IS NOT NULL AS has_ended FROM job_attempts WHERE job_id = $1`,
        [lost],
      ),
    ).toEqual([{ outcome: 'lost', message: 'The worker stopped without an answer.', has_ended: true }]);
    expect(
      await db.sql('SELECT sum(started)::int AS started, sum(lost)::int AS lost FROM job_history'),
    ).toEqual([{ started: 1, lost: 1 }]);
  });
});

describe('a priority', () => {
  it('lets a delivery run the most urgent job of its tenant and queue instead of its own', async () => {
    const [own, ofTenant, ofQueue, urgent] = (await submit(
      {},
      { priority: 0, tenant: 'acme' },
      { priority: 0, queue: 'images' },
      { priority: 3 },
    )) as [string, string, string, string];
    expect(await verdicts([own])).toEqual({ [own]: 'yielded', [urgent]: 'claimed' });
    expect(await verdicts([own])).toEqual({ [own]: 'claimed' });
    for (const other of [ofTenant, ofQueue])
      expect(await stateOf(other)).toMatchObject({ status: 'created' });
    expect(await verdicts([urgent])).toEqual({ [urgent]: 'leased' });
  });

  it('gives each delivery of a batch its own job', async () => {
    const own = await submit({}, {}, {});
    const urgent = await submit({ priority: 1 }, { priority: 0 });
    const found = await verdicts(own);
    expect(urgent.map((id) => found[id])).toEqual(['claimed', 'claimed']);
    expect(own.map((id) => found[id])).toEqual(['claimed', 'yielded', 'yielded']);
  });

  it('returns the same result to a retried claim', async () => {
    const [own, urgent] = (await submit({}, { priority: 0 })) as [string, string];
    expect(await verdicts([own], 'the-worker')).toEqual({ [own]: 'yielded', [urgent]: 'claimed' });
    await submit({ priority: 0 });
    expect(await verdicts([own], 'the-worker')).toEqual({ [own]: 'yielded', [urgent]: 'claimed' });
    const [row] = await db.sql('SELECT attempt FROM jobs WHERE job_id = $1', [urgent]);
    expect(row).toEqual({ attempt: 1 });
  });

  it('returns the urgent job to a retried claim, even if the job that yielded has changed', async () => {
    const [canceled, first] = (await submit({}, { priority: 0 })) as [string, string];
    expect(await verdicts([canceled], 'the-worker')).toEqual({ [canceled]: 'yielded', [first]: 'claimed' });
    await db.jobs.cancel(TENANT, canceled, entryOf('job.cancel'));
    expect(await verdicts([canceled], 'the-worker')).toEqual({ [canceled]: 'finished', [first]: 'claimed' });

    const [taken, second] = (await submit({}, { priority: 0 })) as [string, string];
    expect(await verdicts([taken], 'the-worker')).toEqual({ [taken]: 'yielded', [second]: 'claimed' });
    expect(await verdicts([taken], 'another-worker')).toEqual({ [taken]: 'claimed' });
    expect(await verdicts([taken], 'the-worker')).toEqual({ [taken]: 'leased', [second]: 'claimed' });
    // A third worker can't claim the job.
    expect(await verdicts([taken], 'a-third-worker')).toEqual({ [taken]: 'leased' });
  });

  it('is worth an hour of waiting per level, so no job waits forever', async () => {
    const [own, urgent] = (await submit({ priority: 5 }, { priority: 4 })) as [string, string];
    await db.sql("UPDATE jobs SET run_at = now() - interval '2 hours' WHERE job_id = $1", [own]);
    expect(await verdicts([own])).toEqual({ [own]: 'claimed' });
    expect(await stateOf(urgent)).toMatchObject({ status: 'created' });
  });

  it('skips urgent jobs that are not due, paused or held, and then runs its own', async () => {
    const [own, delayed, paused] = (await submit(
      { type: 'plain' },
      { priority: 0, delay_seconds: 600 },
      { priority: 0, type: 'other' },
    )) as [string, string, string];
    await pause('type', 'other');
    expect(await verdicts([own])).toEqual({ [own]: 'claimed' });
    expect(await stateOf(delayed)).toMatchObject({ status: 'created' });
    expect(await stateOf(paused)).toMatchObject({ status: 'created' });
    const [running, full, next] = (await submit(keyed(1), { ...keyed(1), priority: 0 }, {})) as [
      string,
      string,
      string,
    ];
    await db.sql(
      "UPDATE jobs SET status = 'running', wake_at = now() + interval '1 minute', lease_expires_at = now() + interval '1 minute' WHERE job_id = $1",
      [running],
    );
    expect(await verdicts([next])).toEqual({ [next]: 'claimed' });
    expect(await stateOf(full)).toEqual({ status: 'created', held_by: 'concurrency', is_parked: true });
  });
});
