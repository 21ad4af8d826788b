import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { useJobDatabase } from '../helpers/job-database.ts';
import { anyJson, asStored } from './any-json.ts';
import { newJob, putJob, snapshot, TENANT } from './job-rows.ts';

const db = useJobDatabase();

describe('an inserted job', () => {
  it('is created and due now, and is returned exactly as it is read', async () => {
    const job = newJob({
      object_id: 'an object',
      type: 'analyze',
      payload: { pattern: ['ERROR'] },
      max_attempts: 5,
      timeout_seconds: 9,
    });
    const [answer] = await db.jobs.insert([job]);
    expect(answer?.inserted).toBe(true);
    expect(answer?.job).toEqual({
      job_id: job.job_id,
      batch_id: null,
      object_id: 'an object',
      type: 'analyze',
      queue: 'default',
      status: 'created',
      attempt: 0,
      max_attempts: 5,
      timeout_seconds: 9,
      max_duration_seconds: 86_400,
      parent_job_id: null,
      create_time: answer?.job.create_time,
      run_at: answer?.job.create_time,
      start_time: null,
      end_time: null,
      message: null,
      cancel_requested: false,
      progress: null,
      callback_job_id: null,
      debounced: false,
      trace_id: null,
      tags: [],
      metadata: {},
      ...{ priority: 5, concurrency: null, rate_limit: null, held_by: null },
    });
    expect(answer?.job.create_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await db.jobs.get(TENANT, job.job_id)).toEqual({
      ...answer?.job,
      waiting_for: null,
      payload: { pattern: ['ERROR'] },
      result: null,
    });
  });

  it('with a delay is due that many seconds later', async () => {
    const [answer] = await db.jobs.insert([newJob({ delay_seconds: 900 })]);
    const { create_time: created, run_at: due } = answer?.job ?? { create_time: '', run_at: '' };
    expect(Date.parse(due) - Date.parse(created)).toBe(900_000);
  });

  it('is watched by the sweeper from its due time', async () => {
    const job = newJob({ delay_seconds: 60 });
    await db.jobs.insert([job]);
    const { job: row } = await snapshot(db, job.job_id);
    expect(row.wake_at).toBe(row.run_at);
  });

  it('cannot be read by another tenant', async () => {
    const job = newJob({ tenant: 'one' });
    await db.jobs.insert([job]);
    expect(await db.jobs.get('two', job.job_id)).toBeUndefined();
    expect((await db.jobs.get('one', job.job_id))?.job_id).toBe(job.job_id);
  });
});

describe('a submission that is inserted again because its response was lost', () => {
  it('counts as inserted both times, and has one row', async () => {
    const job = newJob({ payload: { a: 1 } });
    const first = await db.jobs.insert([job]);
    const before = await snapshot(db, job.job_id);
    expect(await db.jobs.insert([job])).toEqual(first);
    expect(await snapshot(db, job.job_id)).toEqual(before);
  });

  it('does not change a job that has progressed meanwhile, and returns the current job', async () => {
    const job = newJob();
    await db.jobs.insert([job]);
    await db.attempts.claim([job.job_id], 'worker', 60_000);
    const before = await snapshot(db, job.job_id);
    expect(await db.jobs.insert([job])).toMatchObject([
      { inserted: true, job: { status: 'running', attempt: 1 } },
    ]);
    expect(await snapshot(db, job.job_id)).toEqual(before);
  });

  it('has one row if both run concurrently', async () => {
    const job = newJob();
    const answers = await Promise.all(Array.from({ length: 5 }, () => db.jobs.insert([job])));
    expect(answers.flat().map(({ inserted }) => inserted)).toEqual(Array(5).fill(true));
  });
});

describe('a submission whose job_id another one has used', () => {
  it('is not inserted, and gets the other submission’s job', async () => {
    const first = newJob({ payload: 'first' });
    await db.jobs.insert([first]);
    const second = { ...first, submission_id: uuidv7(), payload: 'second' };
    expect(await db.jobs.insert([second])).toMatchObject([
      { inserted: false, job: { job_id: first.job_id } },
    ]);
    expect(await db.jobs.get(TENANT, first.job_id)).toMatchObject({ payload: 'first' });
    expect((await snapshot(db, first.job_id)).job).toMatchObject({
      submission_id: first.submission_id,
      payload: 'first',
    });
  });

  it('is inserted by only one of them if both run concurrently', async () => {
    for (let round = 0; round < 20; round += 1) {
      const job = newJob();
      const rivals = [1, 2, 3].map(() => ({ ...job, submission_id: uuidv7() }));
      const answers = (await Promise.all(rivals.map((rival) => db.jobs.insert([rival])))).flat();
      expect(answers.filter(({ inserted }) => inserted)).toHaveLength(1);
    }
  });
});

describe('a batch of submissions', () => {
  it('is returned in order if it has a hundred jobs', async () => {
    const jobs = Array.from({ length: 100 }, (_, index) => newJob({ payload: { index } })).reverse();
    const answers = await db.jobs.insert(jobs);
    expect(answers.map(({ job }) => job.job_id)).toEqual(jobs.map(({ job_id }) => job_id));
    const written = await Promise.all(jobs.map(({ job_id }) => db.jobs.get(TENANT, job_id)));
    expect(written.map((job) => job?.payload)).toEqual(jobs.map(({ payload }) => payload));
    expect(answers.every(({ inserted }) => inserted)).toBe(true);
  });

  it('does not deadlock with another batch that has the same ids in another order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const jobs = Array.from({ length: 50 }, () => newJob());
      const rivals = jobs.map((job) => ({ ...job, submission_id: uuidv7() })).reverse();
      const [one, other] = await Promise.all([db.jobs.insert(jobs), db.jobs.insert(rivals)]);
      const inserted = [...one, ...other].filter((answer) => answer.inserted);
      expect(new Set(inserted.map(({ job }) => job.job_id)).size).toBe(50);
      expect(inserted).toHaveLength(50);
    }
  });

  it('returns whether each job was inserted', async () => {
    const present = await putJob(db);
    const jobs = [newJob(), newJob({ job_id: present, submission_id: uuidv7() }), newJob()];
    expect((await db.jobs.insert(jobs)).map(({ inserted }) => inserted)).toEqual([true, false, true]);
  });
});

describe('a payload', () => {
  it('is returned unchanged to the client and the worker, whatever JSON it is', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, async (payload) => {
        const job = newJob({ payload });
        await db.jobs.insert([job]);
        expect((await db.jobs.get(TENANT, job.job_id))?.payload).toStrictEqual(asStored(payload));
        const claims = await db.attempts.claim([job.job_id], 'worker', 1_000);
        expect(claims).toMatchObject([{ verdict: 'claimed' }]);
        expect(claims[0]?.verdict === 'claimed' && claims[0].job.payload).toStrictEqual(asStored(payload));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps a key named __proto__', async () => {
    const payload = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, never>;
    const job = newJob({ payload });
    await db.jobs.insert([job]);
    const stored = await db.jobs.get(TENANT, job.job_id);
    expect(Object.keys(stored?.payload as object)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });
});
