import { beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { createFiringStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import { MAX_EXAMINED_JOBS } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';
import type { JobFilter, Order } from '../../lambdas/job/job-filter.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { newJob, putJob, SCHEDULE, TENANT } from './job-rows.ts';

const db = useJobDatabase();

beforeEach(async () => {
  await emptyTables(db, 'jobs', 'job_terms');
});

const HOUR_MS = 3_600_000;
const ago = (ms: number): Date => new Date(Date.now() - ms);

/** Reads all pages of a list, and returns the ids. */
async function idsOf(filter: JobFilter, order: Order = 'desc', limit = 200): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await db.jobs.list({ tenant: TENANT, filter, order, after, limit });
    found.push(...page.jobs.map(({ job_id: id }) => id));
    after = page.continueAfter;
  }
  return found;
}

async function termsOf(jobId: string): Promise<number> {
  return (await db.sql('SELECT 1 FROM job_terms WHERE job_id = $1', [jobId])).length;
}

describe('a job’s search terms', () => {
  it('are written with the job, and a retried insertion adds none', async () => {
    const job = newJob({ tags: ['a', 'b'], metadata: { customer: 'acme', amount: 4.2, paid: true } });
    for (let time = 0; time < 2; time += 1) await db.jobs.insert([job]);
    expect(await termsOf(job.job_id)).toBe(5);
  });

  it('do not exist for a job without tags and metadata', async () => {
    const job = newJob();
    await db.jobs.insert([job]);
    expect(await db.sql('SELECT * FROM job_terms')).toEqual([]);
    expect(await db.sql('SELECT tags, metadata FROM jobs')).toEqual([{ tags: null, metadata: null }]);
  });

  it('change with the job, and are deleted with it', async () => {
    const [changed, deleted] = [newJob({ tags: ['a', 'b'] }), newJob({ tags: ['a'], metadata: { b: 1 } })];
    await db.jobs.insert([changed, deleted]);
    await db.sql(`UPDATE jobs SET tags = '{b,c}', metadata = '{"d": 1}' WHERE job_id = $1`, [changed.job_id]);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [deleted.job_id]);
    expect(await termsOf(deleted.job_id)).toBe(0);
    expect(await termsOf(changed.job_id)).toBe(3);
    expect(await idsOf({ tag: 'a' })).toEqual([]);
    expect(await idsOf({ tag: 'c' })).toEqual([changed.job_id]);
    expect(await idsOf({ metadata: { d: '1' } })).toEqual([changed.job_id]);
  });

  it('distinguish a tag from a pair, and different pairs from each other', async () => {
    const job = newJob({ tags: ['customer:acme'], metadata: { a: 'b:c' } });
    await db.jobs.insert([job]);
    expect(await idsOf({ metadata: { customer: 'acme' } })).toEqual([]);
    expect(await idsOf({ metadata: { 'a:b': 'c' } })).toEqual([]);
    expect(await idsOf({ metadata: { a: 'b:c' }, tag: 'customer:acme' })).toEqual([job.job_id]);
  });

  it('may have the same hash as another job’s terms, which is then not found', async () => {
    const [wanted, other] = [newJob({ tags: ['a'] }), newJob({ tags: ['b'] })];
    await db.jobs.insert([wanted, other]);
    await db.sql(`INSERT INTO job_terms VALUES ($1, tag_term('a'), $2)`, [TENANT, other.job_id]);
    expect(await idsOf({ tag: 'a' })).toEqual([wanted.job_id]);
  });
});

describe('a search', () => {
  it('finds a literal part of a message, ignoring case', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    await db.sql(`UPDATE jobs SET message = '50% of ÄPFEL_failed' WHERE job_id = $1`, [jobId]);
    for (const message of ['50%', 'äpfel', 'L_FAILED']) expect(await idsOf({ message })).toEqual([jobId]);
    for (const message of ['5%', 'L.f', '_0']) expect(await idsOf({ message })).toEqual([]);
  });

  it('reads a bounded number of jobs, and continues after them', async () => {
    const count = 2 * MAX_EXAMINED_JOBS + 1;
    const ids = Array.from({ length: count }, () => uuidv7());
    for (let first = 0; first < count; first += 500) {
      await db.jobs.insert(ids.slice(first, first + 500).map((id) => newJob({ job_id: id })));
    }
    const nowhere = { tenant: TENANT, filter: { queue: 'nowhere' }, order: 'asc', limit: 10 } as const;
    const [first, second, third] = [ids[MAX_EXAMINED_JOBS - 1], ids[2 * MAX_EXAMINED_JOBS - 1], null];
    expect(await db.jobs.list(nowhere)).toEqual({ jobs: [], continueAfter: first });
    expect(await db.jobs.list({ ...nowhere, after: first })).toEqual({ jobs: [], continueAfter: second });
    expect(await db.jobs.list({ ...nowhere, after: second })).toEqual({ jobs: [], continueAfter: third });
    expect(await idsOf({ status: ['created', 'failed'] }, 'asc')).toEqual(ids);
  });

  it('ends a page whose jobs would exceed a Data API response', async () => {
    const metadata = { text: '"'.repeat(2_000) };
    const jobs = Array.from({ length: 150 }, () => newJob({ metadata }));
    await db.jobs.insert(jobs.slice(0, 75));
    await db.jobs.insert(jobs.slice(75));
    const { jobs: page, continueAfter } = await db.jobs.list({
      ...{ tenant: TENANT, filter: {}, order: 'asc' as const },
      limit: 150,
    });
    expect(page.length).toBeLessThan(150);
    expect(continueAfter).toBe(page.at(-1)?.job_id);
    expect(await idsOf({}, 'asc', 150)).toEqual(jobs.map(({ job_id: id }) => id));
  });
});

describe('a search by creation time', () => {
  /** Creates a job whose id contains a different time than its creation time, like a child job's id. */
  async function putAt(idTime: Date, createTime: Date): Promise<string> {
    const job = newJob({ job_id: uuidv7({ msecs: idTime.getTime() }) });
    await db.jobs.insert([job]);
    await db.sql('UPDATE jobs SET create_time = $2 WHERE job_id = $1', [job.job_id, createTime]);
    return job.job_id;
  }

  it('finds the jobs created in the period, whatever the time in their ids', async () => {
    const [from, to] = [ago(3 * HOUR_MS), ago(2 * HOUR_MS)];
    const inside = ago(2.5 * HOUR_MS);
    const usual = await putAt(inside, inside);
    const child = await putAt(ago(48 * HOUR_MS), inside);
    const ofOtherClock = await putAt(ago(HOUR_MS), inside);
    const first = await putAt(new Date(from.getTime() - 5_000), from);
    await putAt(inside, ago(HOUR_MS));
    await putAt(inside, to);
    await putAt(ago(HOUR_MS), ago(HOUR_MS));
    await putAt(ago(4 * HOUR_MS), ago(4 * HOUR_MS));

    const filter = { createdAfter: from.toISOString(), createdBefore: to.toISOString() };
    const expected = [usual, child, ofOtherClock, first].sort();
    for (const limit of [1, 10]) {
      expect(await idsOf(filter, 'asc', limit)).toEqual(expected);
      expect(await idsOf({ ...filter, status: ['created', 'running'] }, 'desc', limit)).toEqual(
        expected.toReversed(),
      );
    }
    expect(await idsOf({ createdAfter: from.toISOString() })).toHaveLength(7);
    expect(await idsOf({ createdBefore: from.toISOString() })).toHaveLength(1);
  });
});

describe('a fired schedule', () => {
  it('passes the tags and metadata to its job', async () => {
    await db.sql(
      `INSERT INTO schedules (tenant, name, rate, type, payload, max_attempts, timeout_seconds, tags, metadata)
       VALUES ($1, 'nightly', '1 day', $2, '{}', 2, 46, '{report}', '{"region": "eu"}')`,
      [TENANT, SCHEDULE.type],
    );
    const [jobId, callbackJobId] = [uuidv7(), uuidv7()];
    await createFiringStore(db.dataApi).fire(
      { tenant: TENANT, name: 'nightly', fireTime: new Date().toISOString() },
      { jobId, callbackJobId },
      { unavailable: [], queues: new Map() },
      0,
    );
    expect(await idsOf({ tag: 'report', metadata: { region: 'eu' } })).toEqual([jobId]);
    expect(await db.jobs.get(TENANT, jobId)).toMatchObject({ tags: ['report'], metadata: { region: 'eu' } });
  });
});
