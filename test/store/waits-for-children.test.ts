import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { useJobDatabase } from '../helpers/job-database.ts';
import { endChild, putChild, startJob } from './step-rows.ts';

const db = useJobDatabase();

describe('a wait for a child’s result', () => {
  it('copies the result once the child has ended', async () => {
    const job = await startJob(db);
    const childJobId = await putChild(db, job.jobId, { status: 'running' });
    const wait = { step: 'child:result', kind: 'result', childJobId, childStep: 'child' } as const;
    expect(await db.steps.wait(job, wait)).toMatchObject({
      status: 'waiting',
      detail: { childJobId, childStep: 'child' },
    });
    await endChild(db, childJobId, { result: { rows: 3 } });
    expect(await db.steps.wait(job, wait)).toMatchObject({ status: 'success', result: { rows: 3 } });
  });

  it('fails with the child’s message if the child failed', async () => {
    const job = await startJob(db);
    const childJobId = await putChild(db, job.jobId);
    await endChild(db, childJobId, { message: 'broken' });
    expect(
      await db.steps.wait(job, { step: 'child:result', kind: 'result', childJobId, childStep: 'child' }),
    ).toMatchObject({ status: 'failed', message: 'broken', result: null });
  });

  it('fails for a missing child, or another tenant’s child', async () => {
    const job = await startJob(db);
    const foreign = await putChild(db, job.jobId);
    await endChild(db, foreign, { result: 'secret' });
    await db.sql(`UPDATE jobs SET tenant = 'other' WHERE job_id = $1`, [foreign]);
    for (const childJobId of [uuidv7(), foreign])
      expect(
        await db.steps.wait(job, {
          step: `${childJobId}:result`,
          kind: 'result',
          childJobId,
          childStep: 'child',
        }),
      ).toMatchObject({ status: 'failed', message: 'The child job no longer exists.', result: null });
  });
});

describe('a wait for a step’s children', () => {
  it('ends when all have ended, and keeps the results recorded then', async () => {
    const job = await startJob(db);
    const children = [];
    for (const place of [0, 1]) children.push(await putChild(db, job.jobId, { step: 'map', place }));
    await putChild(db, job.jobId, { step: 'other' });
    const wait = { step: 'map', kind: 'map', total: 2, type: 'sleep' } as const;
    for (const childId of children) {
      expect(await db.steps.wait(job, wait)).toMatchObject({
        status: 'waiting',
        detail: { total: 2, type: 'sleep' },
      });
      await endChild(db, childId, { result: 1 });
    }
    expect(await db.steps.wait(job, wait)).toMatchObject({ status: 'success', result: null });
    const results = { step: 'map', kind: 'map', status: 'success', failures: 0 } as const;
    for (const result of [
      [1, 1],
      [2, 2],
    ])
      expect(await db.steps.record(job, { ...results, result })).toMatchObject({
        result: [1, 1],
        detail: { total: 2, type: 'sleep' },
      });
  });
});

describe('the children’s outcomes', () => {
  it('are in the order of the items, page by page', async () => {
    const job = await startJob(db);
    const large = 'x'.repeat(200_000);
    for (const place of [3, 0, 2, 1]) {
      const child = await putChild(db, job.jobId, { step: 'map', place });
      await endChild(
        db,
        child,
        place === 2 ? { message: 'broken' } : { result: place === 1 ? large : place },
      );
    }
    await putChild(db, job.jobId, { step: 'other', place: 0 });
    expect(await db.steps.countChildren(job.jobId, 'map')).toBe(4);
    expect(await db.steps.outcomes(job.jobId, 'map', 0)).toEqual([
      { jobId: expect.any(String), status: 'success', message: null, result: 0 },
      { jobId: expect.any(String), status: 'success', message: null, result: large },
      { jobId: expect.any(String), status: 'failed', message: 'broken', result: null },
      { jobId: expect.any(String), status: 'success', message: null, result: 3 },
    ]);
    expect(await db.steps.outcomes(job.jobId, 'map', 3)).toMatchObject([{ result: 3 }]);
    expect(await db.steps.outcomes(job.jobId, 'map', 4)).toEqual([]);
  });

  it('are limited to as many as fit into a response', async () => {
    const job = await startJob(db);
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, status, max_attempts, timeout_seconds, run_at, end_time, result, parent_job_id,
                         parent_step, child_place)
       SELECT gen_random_uuid(), gen_random_uuid(), 'default', 'sleep', '1', 'success', 1, 1, now(), now(), to_json(repeat('"', 10000)), $1, 'map', place
       FROM generate_series(0, 199) AS place`,
      [job.jobId],
    );
    let read = 0;
    let pages = 0;
    while (read < 200) {
      const page = await db.steps.outcomes(job.jobId, 'map', read);
      expect(page.length).toBeGreaterThan(0);
      expect(page[0]?.result).toHaveLength(10_000);
      read += page.length;
      pages += 1;
    }
    expect(read).toBe(200);
    expect(pages).toBeGreaterThan(1);
  });
});
