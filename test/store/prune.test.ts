import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { PRUNE } from '../../lambdas/adapters/aurora/sql/prune.ts';
import { createJobStatistics } from '../../lambdas/adapters/aurora/job-statistics.ts';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { FiringStore, ScheduleStore } from '../../lambdas/job/schedules/ports.ts';
import { JOB_STATUSES, isTerminal } from '../../lambdas/job/status.ts';
import type { JobStatistics } from '../../lambdas/job/statistics.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { CALLBACK, newJob, putJob, SCHEDULE, snapshot, TENANT } from './job-rows.ts';

const RETENTION_DAYS = 30;

const db = useJobDatabase();
let statistics: JobStatistics;
let schedules: ScheduleStore & FiringStore;

beforeAll(() => {
  statistics = createJobStatistics(db.dataApi);
  schedules = { ...createScheduleStore(db.dataApi), ...createFiringStore(db.dataApi) };
});

beforeEach(async () => {
  await emptyTables(
    db,
    ...[
      'batches',
      'jobs',
      'messages',
      'schedules',
      'schedule_firings',
      'job_counts',
      'audit_entries',
      'rate_limits',
    ],
  );
});

/** Creates a job in the given state. If the state is terminal, the job ended `daysAgo` days ago. */
async function endedJob(daysAgo: number, status: (typeof JOB_STATUSES)[number] = 'success'): Promise<string> {
  const jobId = await putJob(db, { status });
  await db.sql(
    `UPDATE jobs SET end_time = now() - $2 * interval '1 day' WHERE job_id = $1 AND end_time IS NOT NULL`,
    [jobId, daysAgo],
  );
  return jobId;
}

async function endedMessage(daysAgo: number, status = 'sent'): Promise<string> {
  const messageId = uuidv7();
  await db.sql(
    `INSERT INTO messages (message_id, tenant, recipient, content, status, taken_by, due_at, end_time)
     VALUES ($1::uuid, $2, 'somebody', 'a word', $3, CASE WHEN $3 = 'sending' THEN $1::uuid END,
             CASE WHEN $3 IN ('pending', 'sending') THEN now() - $4 * interval '1 day' END,
             CASE WHEN $3 IN ('sent', 'failed') THEN now() - $4 * interval '1 day' END)`,
    [messageId, TENANT, status, daysAgo],
  );
  return messageId;
}

/** A position before all jobs, as SQL literals. */
const FROM_START = { after_time: `'-infinity'`, after_id: `'00000000-0000-0000-0000-000000000000'` };

/** Replaces the statement's named parameters with the given values, so that PostgreSQL can run the statement directly. */
function inPostgres(sql: string, parameters: Readonly<Record<string, number | string>>): string {
  return Object.entries(parameters).reduce(
    (text, [name, value]) => text.replaceAll(`:${name}`, String(value)),
    sql,
  );
}

async function idsIn(table: 'jobs' | 'job_attempts' | 'messages'): Promise<string[]> {
  const column = table === 'messages' ? 'message_id' : 'job_id';
  return (await db.sql<{ id: string }>(`SELECT ${column} AS id FROM ${table}`))
    .map(({ id }) => id)
    .toSorted();
}

describe('pruning', () => {
  it('deletes batches whose end or creation, and whose jobs, are older than the retention', async () => {
    const kept = await endedJob(31);
    await db.sql(
      `INSERT INTO batches (tenant, batch_id, create_time, close_time, end_time)
       VALUES ($1, 'completed', now() - interval '40 days', now(), now() - interval '31 days'),
              ($1, 'recent', now() - interval '40 days', now(), now() - interval '29 days'),
              ($1, 'abandoned', now() - interval '31 days', NULL, NULL),
              ($1, 'with a job', now() - interval '40 days', now(), now() - interval '31 days')`,
      [TENANT],
    );
    await db.sql(`UPDATE jobs SET batch_id = 'with a job' WHERE job_id = $1`, [kept]);
    const batchIds = async () =>
      (await db.sql<{ id: string }>('SELECT batch_id AS id FROM batches ORDER BY id')).map(({ id }) => id);
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 1, batches: 2 });
    expect(await batchIds()).toEqual(['recent', 'with a job']);
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 0, batches: 1 });
    expect(await batchIds()).toEqual(['recent']);
  });

  it('keeps an old batch with an unfinished job that the statement does not see yet', async () => {
    await db.sql(
      `INSERT INTO batches (tenant, batch_id, create_time, jobs, succeeded) VALUES ($1, 'joined', now() - interval '31 days', 2, 1)`,
      [TENANT],
    );
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ batches: 0 });
  });

  it('deletes rate limits that no longer hold anything back', async () => {
    await db.sql(
      `INSERT INTO rate_limits (tenant, rate_key, next_arrival)
       VALUES ($1, 'used', now() + interval '1 minute'), ($1, 'a', now() - interval '1 minute'), ($1, 'b', now() - interval '9 days')`,
      [TENANT],
    );
    expect(await db.mending.prune(RETENTION_DAYS, 1)).toMatchObject({ rateLimits: 1 });
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ rateLimits: 1 });
    expect(await db.sql('SELECT rate_key FROM rate_limits')).toEqual([{ rate_key: 'used' }]);
  });

  it('deletes audit entries older than the retention, and returns when the next one is due', async () => {
    const write = (daysAgo: number, subject: string) =>
      db.sql(
        `INSERT INTO audit_entries (tenant, entry_id, create_time, action, subject)
         VALUES ($1, $2, now() - $3 * interval '1 day', 'schedule.put', $4)`,
        [TENANT, uuidv7(), daysAgo, subject],
      );
    for (const [daysAgo, subject] of [
      [31, 'b'],
      [29, 'd'],
      [30.01, 'c'],
      [400, 'a'],
      [1, 'e'],
    ] as const) {
      await write(daysAgo, subject);
    }
    const left = async () =>
      (await db.sql<{ subject: string }>('SELECT subject FROM audit_entries ORDER BY subject')).map(
        ({ subject }) => subject,
      );
    expect(await db.mending.prune(RETENTION_DAYS, 2)).toMatchObject({
      jobs: 0,
      messages: 0,
      auditEntries: 2,
    });
    expect(await left()).toEqual(['c', 'd', 'e']);
    const { auditEntries, oldestEnd } = await db.mending.prune(RETENTION_DAYS, 2);
    expect(auditEntries).toBe(1);
    expect(await left()).toEqual(['d', 'e']);
    expect((Date.now() - (oldestEnd?.getTime() ?? 0)) / 86_400_000).toBeCloseTo(29, 2);
  });

  it('deletes only jobs that ended before the retention, with their attempts', async () => {
    const old = await endedJob(30.01);
    const young = await endedJob(29.99);
    expect(await idsIn('job_attempts')).toEqual([old, young].toSorted());
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 1, messages: 0 });
    expect(await idsIn('jobs')).toEqual([young]);
    expect(await idsIn('job_attempts')).toEqual([young]);
    expect(await db.jobs.get(TENANT, old)).toBeUndefined();
  });

  it.each(JOB_STATUSES)('of a job that is %s depends on whether the state is terminal', async (status) => {
    const jobId = await endedJob(400, status);
    // An old submission time must not cause a job to be pruned.
    await db.sql(
      `UPDATE jobs SET create_time = now() - interval '400 days', run_at = now() - interval '400 days'`,
    );
    const { jobs } = await db.mending.prune(RETENTION_DAYS, 100);
    expect(jobs).toBe(isTerminal(status) ? 1 : 0);
    expect(await idsIn('jobs')).toEqual(isTerminal(status) ? [] : [jobId]);
  });

  it('deletes sent and failed messages, but no waiting ones', async () => {
    const kept = [
      await endedMessage(29, 'sent'),
      await endedMessage(400, 'pending'),
      await endedMessage(400, 'sending'),
    ];
    await endedMessage(31, 'sent');
    await endedMessage(31, 'failed');
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 0, messages: 2 });
    expect(await idsIn('messages')).toEqual(kept.toSorted());
  });

  it('deletes at most the given number, oldest first', async () => {
    const [second, first, third] = [await endedJob(60), await endedJob(90), await endedJob(40)];
    expect((await db.mending.prune(RETENTION_DAYS, 1)).jobs).toBe(1);
    expect(await idsIn('jobs')).toEqual([second, third].toSorted());
    expect((await db.mending.prune(RETENTION_DAYS, 1)).jobs).toBe(1);
    expect(await idsIn('jobs')).toEqual([third]);
    expect(first).not.toBe(third);
  });

  it('returns when the first remaining job or message ended', async () => {
    expect((await db.mending.prune(RETENTION_DAYS, 100)).oldestEnd).toBeNull();
    await endedJob(31);
    await putJob(db);
    expect((await db.mending.prune(RETENTION_DAYS, 100)).oldestEnd).toBeNull();
    const job = await endedJob(10);
    const at = async (): Promise<number> =>
      (await db.mending.prune(RETENTION_DAYS, 100)).oldestEnd?.getTime() ?? 0;
    const { end_time: endTime } = (await snapshot(db, job)).job;
    expect(await at()).toBe(Date.parse(String(endTime)));
    await endedMessage(20);
    expect(Date.now() - (await at())).toBeGreaterThan(19.9 * 86_400_000);
  });

  it('keeps the counts correct', async () => {
    for (const status of JOB_STATUSES) await endedJob(31, status);
    for (const status of JOB_STATUSES) await endedJob(1, status);
    await db.mending.prune(RETENTION_DAYS, 2);
    await db.mending.prune(RETENTION_DAYS, 2);
    const { jobs } = await statistics.read(TENANT);
    expect(jobs).toMatchObject({
      total: 7,
      by_status: { created: 2, running: 2, success: 1, failed: 1, canceled: 1 },
    });
  });

  it('has the same result if it runs again because its response was lost', async () => {
    await endedJob(31);
    const left = await endedJob(1);
    await db.mending.prune(RETENTION_DAYS, 100);
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 0, messages: 0 });
    expect(await idsIn('jobs')).toEqual([left]);
  });

  it('never deletes more than a batch, or a job twice, while another pruning runs', async () => {
    await Promise.all(Array.from({ length: 30 }, () => endedJob(31)));
    const pruned = await Promise.all([1, 2, 3].map(() => db.mending.prune(RETENTION_DAYS, 7)));
    const deleted = pruned.reduce((sum, { jobs }) => sum + jobs, 0);
    expect(await idsIn('jobs')).toHaveLength(30 - deleted);
    // At least one of the prunings deletes a full batch, and none deletes more.
    expect(Math.max(...pruned.map(({ jobs }) => jobs))).toBe(7);
  });

  it('deletes nothing while another pruning runs, because one whose response was lost continues in the Data API', async () => {
    await Promise.all([endedJob(31), endedJob(31), endedMessage(31)]);
    const abandoned = await db.connect();
    await abandoned.query('BEGIN');
    await abandoned.query(inPostgres(PRUNE.sql, { retention_days: RETENTION_DAYS, limit: 1, ...FROM_START }));
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 0, messages: 0, isBusy: true });
    await abandoned.query('COMMIT');
    abandoned.release();
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({
      jobs: 1,
      messages: 0,
      isBusy: false,
    });
  });

  it('skips a job that a client is retrying', async () => {
    const retried = await endedJob(31, 'failed');
    const other = await endedJob(31, 'failed');
    const holder = await db.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM jobs WHERE job_id = $1 FOR UPDATE', [retried]);
    expect((await db.mending.prune(RETENTION_DAYS, 100)).jobs).toBe(1);
    await holder.query('ROLLBACK');
    holder.release();
    expect(await idsIn('jobs')).toEqual([retried]);
    expect(await db.jobs.resubmit(TENANT, retried, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
      applied: true,
    });
    expect((await db.mending.prune(RETENTION_DAYS, 100)).jobs).toBe(0);
    expect(await db.jobs.resubmit(TENANT, other, CALLBACK, 0, entryOf('job.retry'))).toBeUndefined();
  });

  it('races with retries: a job is either retried and kept, or deleted and unknown', async () => {
    const jobIds = await Promise.all(Array.from({ length: 20 }, () => endedJob(31, 'failed')));
    const [pruned, ...retries] = await Promise.all([
      db.mending.prune(RETENTION_DAYS, 100),
      ...jobIds.map((jobId) => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))),
    ]);
    const retried = jobIds.filter((_, index) => retries[index]?.applied);
    expect(await idsIn('jobs')).toEqual(retried.toSorted());
    expect(pruned.jobs).toBe(jobIds.length - retried.length);
    expect((await statistics.read(TENANT)).jobs.by_status).toMatchObject({
      created: retried.length,
      failed: 0,
    });
  });

  it('keeps an unfinished callback job', async () => {
    const callback = { job_id: uuidv7(), url: 'https://example.com', max_attempts: 1, timeout_seconds: 5 };
    const [written] = await db.jobs.insert([newJob({ callback })]);
    const jobId = written?.job.job_id ?? '';
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    await db.sql(`UPDATE jobs SET end_time = now() - interval '31 days' WHERE job_id = $1`, [jobId]);
    expect((await db.mending.prune(RETENTION_DAYS, 100)).jobs).toBe(1);
    expect(await idsIn('jobs')).toEqual([callback.job_id]);
  });

  it('keeps the outcome of a schedule’s last job', async () => {
    await schedules.put(TENANT, 'nightly', SCHEDULE, entryOf('schedule.put'));
    const fire = (fireTime: string, jobId: string) =>
      schedules.fire(
        { tenant: TENANT, name: 'nightly', fireTime },
        { jobId, callbackJobId: uuidv7() },
        { unavailable: [], queues: new Map() },
        0,
      );
    const [first, second] = [uuidv7(), uuidv7()];
    await fire('2030-01-01T00:00:00Z', first);
    await db.jobs.cancel(TENANT, first, entryOf('job.cancel'));
    await db.sql(`UPDATE jobs SET end_time = now() - interval '31 days'`);
    expect((await db.mending.prune(RETENTION_DAYS, 100)).jobs).toBe(1);
    expect(await schedules.get(TENANT, 'nightly')).toMatchObject({
      last_job_id: first,
      last_outcome: 'canceled',
    });
    // The next firing treats the previous job as ended. After the firing, the schedule shows the new job.
    expect(await fire('2030-01-02T00:00:00Z', second)).toMatchObject({ verdict: 'fired', jobId: second });
    expect(await schedules.get(TENANT, 'nightly')).toMatchObject({
      last_job_id: second,
      last_outcome: 'created',
    });
  });
});
