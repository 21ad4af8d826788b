import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Replacement } from '../../lambdas/job/job.ts';
import type { JobFilter } from '../../lambdas/job/job-filter.ts';
import type { Replaced } from '../../lambdas/job/holding-job.ts';
import { ACTOR } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, putJob, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const LEASE_MS = 60_000;

const db = useJobDatabase();

/** Returns a replacement for a job. Tests override only the fields that matter to them. */
function replacementOf(jobId: string, overrides: Partial<Replacement> = {}): Replacement {
  return newJob({ job_id: jobId, submission_id: uuidv7(), submitted_by: ACTOR, ...overrides });
}

async function replace(replacement: Replacement, tenant = TENANT): Promise<Replaced | undefined> {
  const [replaced] = await db.jobs.replace(tenant, [replacement]);
  return replaced;
}

async function payloadOf(jobId: string): Promise<unknown> {
  return (await db.jobs.get(TENANT, jobId))?.payload;
}

async function entriesOf(jobId: string): Promise<unknown[]> {
  return db.sql('SELECT actor, action FROM audit_entries WHERE subject = $1', [jobId]);
}

/** Returns the time between the job's creation and its due time, in milliseconds. */
function delayOf({ job }: Replaced): number {
  return Date.parse(job.run_at) - Date.parse(job.create_time);
}

describe('a job that has not started', () => {
  it('gets the replacement’s payload, limits, callback and time, and an audit entry', async () => {
    const jobId = await insert({ payload: 'old', delay_seconds: 600, callback: callback('https://old') });
    const replaced = await replace(
      replacementOf(jobId, {
        payload: { new: 1 },
        max_attempts: 7,
        timeout_seconds: 9,
        delay_seconds: 700,
        callback: callback('https://new'),
      }),
    );
    expect(replaced).toMatchObject({
      verdict: 'replaced',
      isRepeated: false,
      wakeInMs: null,
      job: { job_id: jobId, status: 'created', max_attempts: 7, timeout_seconds: 9, debounced: false },
    });
    expect(await payloadOf(jobId)).toEqual({ new: 1 });
    const { job } = await snapshot(db, jobId);
    expect(job.wake_at).toBe(job.run_at);
    expect(job.callback).toMatchObject({ url: 'https://new' });
    expect(await entriesOf(jobId)).toEqual([{ actor: ACTOR, action: 'job.replace' }]);
  });

  it('gets the replacement’s tags and metadata, and is found only by these', async () => {
    const jobId = await insert({ tags: ['old', 'both'], metadata: { customer: 'old' } });
    const found = async (filter: JobFilter): Promise<string[]> =>
      (await db.jobs.list({ tenant: TENANT, filter, order: 'desc', limit: 10 })).jobs.flatMap((job) =>
        job.job_id === jobId ? [jobId] : [],
      );
    const replaced = await replace(
      replacementOf(jobId, { tags: ['both', 'new'], metadata: { customer: 'new' } }),
    );
    expect(replaced).toMatchObject({ job: { tags: ['both', 'new'], metadata: { customer: 'new' } } });
    expect(await found({ tag: 'new' })).toEqual([jobId]);
    expect(await found({ tag: 'old' })).toEqual([]);
    expect(await found({ metadata: { customer: 'new' } })).toEqual([jobId]);
    expect(await found({ metadata: { customer: 'old' } })).toEqual([]);
    expect(await replace(replacementOf(jobId))).toMatchObject({ job: { tags: [], metadata: {} } });
    expect(await found({ tag: 'both' })).toEqual([]);
  });

  it('keeps its callback if the replacement has none', async () => {
    const jobId = await insert({ callback: callback('https://old') });
    await replace(replacementOf(jobId));
    expect((await snapshot(db, jobId)).job.callback).toMatchObject({ url: 'https://old' });
  });

  it('wakes a worker if the replacement makes the job due sooner', async () => {
    const jobId = await insert({ delay_seconds: 600 });
    const replaced = await replace(replacementOf(jobId, { delay_seconds: 60 }));
    expect(replaced?.wakeInMs).toBeGreaterThan(59_000);
    expect(replaced?.wakeInMs).toBeLessThanOrEqual(60_000);
    expect((await replace(replacementOf(jobId)))?.wakeInMs).toBe(0);
  });

  it('keeps its position, and its time for the sweeper, if it is already due', async () => {
    const jobId = await putJob(db, { dueInMs: -5_000 });
    const { job: before } = await snapshot(db, jobId);
    expect(await replace(replacementOf(jobId, { payload: 'new' }))).toMatchObject({
      verdict: 'replaced',
      wakeInMs: null,
    });
    const { job: after } = await snapshot(db, jobId);
    expect(after).toMatchObject({ run_at: before.run_at, wake_at: before.wake_at });
    expect(await payloadOf(jobId)).toBe('new');
  });

  it('is not replaced by a job of another type', async () => {
    const jobId = await insert({ payload: 'old' });
    const replaced = await replace(replacementOf(jobId, { type: 'analyze', payload: 'new' }));
    expect(replaced).toMatchObject({ verdict: 'other_type', job: { type: 'sleep' } });
    expect(await payloadOf(jobId)).toBe('old');
    expect(await entriesOf(jobId)).toEqual([]);
  });

  it('is not replaced by another tenant', async () => {
    const jobId = await insert({ payload: 'old' });
    expect(await replace(replacementOf(jobId, { payload: 'new' }), 'other')).toBeUndefined();
    expect(await payloadOf(jobId)).toBe('old');
  });

  it('can be replaced again after it was canceled and retried', async () => {
    const jobId = await putJob(db, { status: 'canceled', attempt: 0 });
    expect(await replace(replacementOf(jobId))).toMatchObject({ verdict: 'started' });
    await db.sql(
      `UPDATE jobs SET status = 'created', end_time = NULL, run_at = now(), wake_at = now(), start_time = NULL WHERE job_id = $1`,
      [jobId],
    );
    expect(await replace(replacementOf(jobId))).toMatchObject({ verdict: 'replaced' });
  });
});

describe('a job that has started', () => {
  it.each([
    ['runs', { status: 'running' }],
    ['has succeeded', { status: 'success' }],
    ['has failed', { status: 'failed' }],
    ['is not replaced while it waits for its next attempt', { status: 'created', attempt: 1 }],
  ] as const)('is returned unchanged when it %s', async (_state, options) => {
    const jobId = await putJob(db, { ...options, payload: 'old' });
    const before = await snapshot(db, jobId);
    expect(await replace(replacementOf(jobId, { payload: 'new' }))).toMatchObject({
      verdict: 'started',
      wakeInMs: null,
      job: { job_id: jobId, status: options.status },
    });
    expect(await snapshot(db, jobId)).toEqual(before);
    expect(await entriesOf(jobId)).toEqual([]);
  });
});

describe('a debounce', () => {
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

  it('postpones the job to the end of its seconds, and marks the job', async () => {
    const jobId = await insert({ delay_seconds: 10 });
    const debounce = { debounced: true, delay_seconds: 30, max_seconds: 60, window_ends_at: inAnHour() };
    const replaced = await replace(replacementOf(jobId, debounce));
    expect(replaced).toMatchObject({ verdict: 'replaced', wakeInMs: null, job: { debounced: true } });
    expect(replaced && delayOf(replaced)).toBeGreaterThanOrEqual(30_000);
    // A later replacement without debounce leaves the job debounced, so the window still ends as for a debounced job.
    expect((await replace(replacementOf(jobId)))?.job.debounced).toBe(true);
  });

  it('postpones the job to at most max_seconds after its first submission', async () => {
    const jobId = await insert({ delay_seconds: 10 });
    const debounce = { debounced: true, delay_seconds: 50, max_seconds: 20, window_ends_at: inAnHour() };
    const replaced = await replace(replacementOf(jobId, debounce));
    expect(replaced && delayOf(replaced)).toBe(20_000);
  });

  it('postpones the job to at most the end of the window', async () => {
    const jobId = await insert({ delay_seconds: 10 });
    const end = new Date(Date.now() + 15_000).toISOString();
    const debounce = { debounced: true, delay_seconds: 50, max_seconds: 100, window_ends_at: end };
    expect((await replace(replacementOf(jobId, debounce)))?.job.run_at).toBe(end);
  });

  it('leaves a job due if its latest time has passed', async () => {
    const jobId = await putJob(db, { dueInMs: -5_000 });
    const { job: before } = await snapshot(db, jobId);
    const debounce = { debounced: true, delay_seconds: 50, max_seconds: 100, window_ends_at: inAnHour() };
    expect(await replace(replacementOf(jobId, debounce))).toMatchObject({ verdict: 'replaced' });
    expect((await snapshot(db, jobId)).job).toMatchObject({
      run_at: before.run_at,
      wake_at: before.wake_at,
      debounced: true,
    });
  });
});

describe('a replacement that is retried because its response was lost', () => {
  it('changes nothing, and gets the same result', async () => {
    const jobId = await insert({ delay_seconds: 600 });
    const replacement = replacementOf(jobId, { payload: 'new', delay_seconds: 60 });
    const first = await replace(replacement);
    const { job } = await snapshot(db, jobId);
    const second = await replace(replacement);
    expect(second).toMatchObject({ verdict: 'replaced', isRepeated: true, job: first?.job });
    expect((await snapshot(db, jobId)).job).toEqual(job);
    expect(await entriesOf(jobId)).toHaveLength(1);
    // The first request may have crashed before it sent the message, so the retry must send it.
    expect(second?.wakeInMs).toBeGreaterThan(0);
  });

  it('does not overwrite a newer replacement', async () => {
    const jobId = await insert({});
    const older = replacementOf(jobId, { payload: 'older' });
    await replace(older);
    await replace(replacementOf(jobId, { payload: 'newer' }));
    expect(await replace(older)).toMatchObject({ verdict: 'replaced', isRepeated: true });
    expect(await payloadOf(jobId)).toBe('newer');
  });

  it('gets the same result after the job has started', async () => {
    const jobId = await insert({});
    const replacement = replacementOf(jobId, { payload: 'new' });
    await replace(replacement);
    await db.attempts.claim([jobId], 'worker', LEASE_MS);
    expect(await replace(replacement)).toMatchObject({
      verdict: 'replaced',
      isRepeated: true,
      wakeInMs: null,
      job: { status: 'running' },
    });
  });

  it('changes nothing if the submission wrote the job itself', async () => {
    const jobId = await insert({ payload: 'own' });
    await replace(replacementOf(jobId, { payload: 'newer' }));
    const repeated = replacementOf(jobId, { submission_id: jobId, payload: 'own' });
    expect(await replace(repeated)).toMatchObject({ verdict: 'replaced', isRepeated: true });
    expect(await payloadOf(jobId)).toBe('newer');
  });

  it('does not replace a later job of the object, and names the job that it wrote', async () => {
    const own = await insert({ payload: 'own' });
    const later = await insert({ payload: 'later' });
    const repeated = replacementOf(later, { submission_id: own, payload: 'own' });
    expect(await replace(repeated)).toMatchObject({
      verdict: 'replaced',
      isRepeated: true,
      job: { job_id: own },
    });
    expect(await payloadOf(later)).toBe('later');
  });
});

describe('concurrent replacements of one row', () => {
  it('are all applied, in order', async () => {
    const jobId = await insert({ payload: 0 });
    const replacements = [1, 2, 3].map((payload) => replacementOf(jobId, { payload }));
    const [one, two, three] = replacements.map((replacement) => () => replace(replacement));
    if (!one || !two || !three) throw new Error('There are three.');
    const answers = await meetAtRows(db, [jobId], [one, two, three]);
    expect(answers.map((answer) => answer?.verdict)).toEqual(Array(3).fill('replaced'));
    expect(answers.map((answer) => answer?.isRepeated)).toEqual(Array(3).fill(false));
    expect(await payloadOf(jobId)).toBe(3);
    expect(await entriesOf(jobId)).toHaveLength(3);
  });

  it('change nothing if one is retried after a newer one', async () => {
    const jobId = await insert({ payload: 0 });
    const older = replacementOf(jobId, { payload: 'older' });
    const newer = replacementOf(jobId, { payload: 'newer' });
    const [first, second, third] = await meetAtRows(
      db,
      [jobId],
      [() => replace(older), () => replace(newer), () => replace(older)],
    );
    expect([first, second, third].map((answer) => answer?.verdict)).toEqual(Array(3).fill('replaced'));
    expect(third?.isRepeated).toBe(true);
    expect(await payloadOf(jobId)).toBe('newer');
  });

  it('do not change the job after an earlier claim', async () => {
    const jobId = await insert({ payload: 'old' });
    const [claims, replaced] = await meetAtRows(
      db,
      [jobId],
      [
        () => db.attempts.claim([jobId], 'worker', LEASE_MS),
        () => replace(replacementOf(jobId, { payload: 'new', delay_seconds: 60 })),
      ],
    );
    expect(claims).toMatchObject([{ verdict: 'claimed', job: { payload: 'old' } }]);
    expect(replaced).toMatchObject({ verdict: 'started', job: { status: 'running' } });
  });

  it('give the new payload to a later claim, or make the worker wait', async () => {
    const [due, later] = [await insert({ payload: 'old' }), await insert({ payload: 'old' })];
    const [replaced, claims] = await meetAtRows(
      db,
      [due, later],
      [
        () =>
          db.jobs.replace(TENANT, [
            replacementOf(due, { payload: 'new' }),
            replacementOf(later, { payload: 'new', delay_seconds: 60 }),
          ]),
        () => db.attempts.claim([due, later], 'worker', LEASE_MS),
      ],
    );
    expect(replaced.map(({ verdict }) => verdict)).toEqual(['replaced', 'replaced']);
    const claimOf = new Map(claims.map((claim) => [claim.jobId, claim]));
    expect(claimOf.get(due)).toMatchObject({ verdict: 'claimed', job: { payload: 'new' } });
    expect(claimOf.get(later)).toMatchObject({ verdict: 'waiting' });
  });

  it('do not change the job after an earlier cancellation', async () => {
    const jobId = await insert({ payload: 'old' });
    const entry = { entryId: uuidv7(), actor: ACTOR, action: 'job.cancel' } as const;
    const [, replaced] = await meetAtRows(
      db,
      [jobId],
      [() => db.jobs.cancel(TENANT, jobId, entry), () => replace(replacementOf(jobId, { payload: 'new' }))],
    );
    expect(replaced).toMatchObject({ verdict: 'started', job: { status: 'canceled' } });
    expect(await payloadOf(jobId)).toBe('old');
  });
});

async function insert(overrides: Parameters<typeof newJob>[0]): Promise<string> {
  const job = newJob(overrides);
  await db.jobs.insert([job]);
  return job.job_id;
}

function callback(url: string) {
  return { job_id: uuidv7(), url, max_attempts: 1, timeout_seconds: 20 };
}
