import { beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { BulkRoundResult } from '../../lambdas/job/bulk/bulk-change.ts';
import type { Batch } from '../../lambdas/job/batches/batch.ts';
import type { NewJob } from '../../lambdas/job/job.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { bulkRounds } from './bulk-rounds.ts';
import { emptyTables } from './empty-tables.ts';
import { flowSteps, keyed } from './flow-steps.ts';
import { newJob, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

// Tests that a bulk change has the same effect as one request per job, for jobs with concurrency keys, rate limits, pauses and batches.

const db = useJobDatabase();
const { submit, claim, verdicts, end, stateOf, pause, resume } = flowSteps(db);
const { bulk, putBulkJob, nextRound, change } = bulkRounds(db);

beforeEach(async () => {
  await emptyTables(db, 'batches', 'jobs', 'pauses', 'rate_limits', 'concurrency_limits', 'bulk_runs');
});

/** The columns to compare after a bulk change and after single requests. */
const FLOW_COLUMNS = [
  'status',
  'message',
  'held_by',
  'yielded_to',
  'fence',
  'attempt',
  'max_attempts',
  'priority',
  'concurrency_key',
  'rate_key',
];

async function flowOf(jobId: string) {
  const { job } = await snapshot(db, jobId);
  return {
    ...Object.fromEntries(FLOW_COLUMNS.map((column) => [column, job[column]])),
    is_due: job.wake_at !== null,
    has_lease: job.lease_expires_at !== null,
    is_put_off: job.due_at !== null,
    is_far_ahead: String(job.run_at).includes('9999'),
  };
}

const wokenBy = ({ wakeUps }: BulkRoundResult): string[] => wakeUps.map(({ jobId }) => jobId).sort();

const doomed: Partial<NewJob> = { tags: ['doomed'] };
const DOOMED = { filter: { tag: 'doomed' } };

describe('a bulk cancellation', () => {
  it('gives a woken job’s slot to the next job of its key', async () => {
    const [a = '', b = '', c = ''] = await submit(keyed(1), { ...keyed(1), ...doomed }, keyed(1));
    await claim([a, b, c]);
    expect(await end(a)).toEqual([b]);

    const round = await change(await putBulkJob(), 'cancel', DOOMED);

    expect(round.position).toMatchObject({ matched: 1, changed: 1 });
    expect(wokenBy(round)).toEqual([c]);
    expect(await verdicts([c])).toEqual({ [c]: 'claimed' });
  });

  it('wakes one job for each slot that it frees, but never a job that it cancels', async () => {
    const limit = 30;
    const job = { ...keyed(limit), ...doomed };
    const first = await submit(...Array.from({ length: limit }, () => job));
    const waiting = await submit(...Array.from({ length: limit }, () => job));
    const survivors = await submit(...Array.from({ length: limit + 1 }, () => keyed(limit)));
    await claim(first);
    await claim([...waiting, ...survivors]);
    for (const id of first) await end(id);

    const round = await change(await putBulkJob(), 'cancel', { ...DOOMED, limit: 1_000 });

    expect(round.position).toMatchObject({ matched: limit, changed: limit });
    expect(wokenBy(round)).toEqual(survivors.slice(0, limit).sort());
    const last = survivors.at(-1) ?? '';
    expect(await stateOf(last)).toMatchObject({ held_by: 'concurrency', is_parked: true });
  });

  it('wakes nothing for parked jobs, which have no slot', async () => {
    const [a = '', b = '', c = ''] = await submit(keyed(1), { ...keyed(1), ...doomed }, keyed(1));
    await claim([a, b, c]);
    expect(wokenBy(await change(await putBulkJob(), 'cancel', DOOMED))).toEqual([]);
    expect(await stateOf(b)).toEqual({ status: 'canceled', held_by: null, is_parked: false });
    expect(await end(a)).toEqual([c]);
  });

  it('keeps a running job’s slot until its attempt ends, which wakes the next job', async () => {
    const [a = '', b = ''] = await submit({ ...keyed(1), ...doomed }, keyed(1));
    await claim([a, b]);
    expect(wokenBy(await change(await putBulkJob(), 'cancel', DOOMED))).toEqual([]);
    expect(await stateOf(b)).toMatchObject({ is_parked: true });
    expect(await end(a, { status: 'canceled', outcome: 'canceled' })).toEqual([b]);
  });

  it('leaves parked, delayed, paused and running jobs in the same state as one request per job would', async () => {
    const rate = { rate_limit: { key: 'api', limit: 1, per_seconds: 3_600, burst: 1 } };
    const kinds: Partial<NewJob>[] = [keyed(1), rate, { type: 'paused' }, {}];
    await pause('type', 'paused');
    const holders = await submit(keyed(1), rate);
    const [single, many] = [await submit(...kinds), await submit(...kinds.map((k) => ({ ...k, ...doomed })))];
    for (const id of [...holders, ...single, ...many]) await claim([id]);
    for (const id of single) await db.jobs.cancel(TENANT, id, entryOf('job.cancel'));

    await change(await putBulkJob(), 'cancel', DOOMED);

    for (const [index, id] of many.entries())
      expect(await flowOf(id)).toEqual(await flowOf(single[index] ?? ''));
  });

  it('wakes the next job once, even if two attempts run the same round concurrently', async () => {
    const [a = '', b = '', c = '', d = ''] = await submit(
      keyed(1),
      { ...keyed(1), ...doomed },
      keyed(1),
      keyed(1),
    );
    await claim([a, b, c, d]);
    await end(a);
    const round = await nextRound(await putBulkJob(), 'cancel', DOOMED);
    const rounds = await meetAtRows(db, [b], [() => bulk().change(round), () => bulk().change(round)]);
    expect(rounds.flatMap(wokenBy)).toEqual([c]);
    expect(await stateOf(d)).toMatchObject({ is_parked: true });
  });
});

describe('a bulk retry', () => {
  it('respects a concurrency key’s limit', async () => {
    const failed = await submit(...Array.from({ length: 3 }, () => ({ ...keyed(1), ...doomed })));
    for (const id of failed) {
      await claim([id]);
      await end(id, { status: 'failed', outcome: 'failed' });
    }
    const [running = ''] = await submit(keyed(1));
    await claim([running]);

    const round = await change(await putBulkJob(), 'retry', DOOMED);

    const [a = '', b = '', c = ''] = failed;
    expect(wokenBy(round)).toEqual([...failed].sort());
    expect(await verdicts(failed)).toEqual({ [a]: 'parked', [b]: 'parked', [c]: 'parked' });
    expect(await end(running)).toEqual([a]);
    expect(await verdicts([a, b])).toEqual({ [a]: 'claimed', [b]: 'parked' });
    expect(await end(a)).toEqual([b]);
  });

  it('respects a rate limit and a pause', async () => {
    const limited = { rate_limit: { key: 'api', limit: 1, per_seconds: 3_600, burst: 1 } };
    const [a = '', b = ''] = await submit({ ...limited, ...doomed }, { type: 'paused', ...doomed });
    await claim([a, b]);
    for (const id of [a, b]) await end(id, { status: 'failed', outcome: 'failed' });
    await pause('type', 'paused');
    expect(wokenBy(await change(await putBulkJob(), 'retry', DOOMED))).toEqual([a, b].sort());
    expect(await verdicts([a, b])).toEqual({ [a]: 'parked', [b]: 'parked' });
    expect(await stateOf(a)).toMatchObject({ held_by: 'rate' });
    expect(await resume('type', 'paused')).toEqual([b]);
  });

  it('requeues a job that was canceled while it was held, as a single request would', async () => {
    const [a = '', single = '', many = ''] = await submit(keyed(1), keyed(1), { ...keyed(1), ...doomed });
    await claim([a, single, many]);
    for (const id of [single, many]) await db.jobs.cancel(TENANT, id, entryOf('job.cancel'));
    await db.jobs.resubmit(TENANT, single, uuidv7(), 0, entryOf('job.retry'));
    await change(await putBulkJob(), 'retry', DOOMED);
    expect(await flowOf(many)).toEqual(await flowOf(single));
    expect(await flowOf(many)).toMatchObject({
      status: 'created',
      held_by: null,
      is_due: true,
      is_put_off: false,
    });
  });
});

describe('a bulk deletion', () => {
  it('leaves no rows for the concurrency key of parked jobs', async () => {
    const [a = '', b = ''] = await submit({ ...keyed(1), ...doomed }, { ...keyed(1), ...doomed });
    await claim([a, b]);
    await change(await putBulkJob(), 'cancel', DOOMED);
    await end(a, { status: 'canceled', outcome: 'canceled' });
    expect((await change(await putBulkJob(), 'delete', DOOMED)).position).toMatchObject({ changed: 2 });
    const [rows] = await db.sql(
      `SELECT (SELECT count(*)::int FROM jobs WHERE concurrency_key IS NOT NULL) AS jobs,
         (SELECT count(*)::int FROM concurrency_limits) AS limits`,
    );
    expect(rows).toEqual({ jobs: 0, limits: 0 });
  });

  it('never deletes a parked job', async () => {
    const [a = '', b = ''] = await submit(keyed(1), { ...keyed(1), ...doomed });
    await claim([a, b]);
    expect((await change(await putBulkJob(), 'delete', DOOMED)).position).toMatchObject({ matched: 0 });
    expect(await stateOf(b)).toMatchObject({ is_parked: true });
  });
});

describe('a batch', () => {
  async function putBatch(jobs: number): Promise<{ batchId: string; follower: string; ids: string[] }> {
    const batchId = `batch-${uuidv7()}`;
    const follower = uuidv7();
    const rows = Array.from({ length: jobs }, () => newJob({ batch_id: batchId, ...doomed }));
    await db.jobs.insert(rows);
    const onComplete = {
      ...{
        job_id: follower,
        type: 'sleep',
        queue: 'default',
        payload: {},
        max_attempts: 1,
        timeout_seconds: 9,
      },
      ...{ callback: null, priority: 5 },
    };
    await db.batches.put(TENANT, batchId, { onComplete, closes: true });
    return { batchId, follower, ids: rows.map(({ job_id: id }) => id) };
  }

  const batchOf = (batchId: string): Promise<Batch | undefined> => db.batches.get(TENANT, batchId);

  it('is completed when a bulk cancellation ends its last jobs: the cancellation names it and submits its on_complete job', async () => {
    const { batchId, follower, ids } = await putBatch(3);
    const [running = ''] = ids;
    await claim([running]);

    const first = await change(await putBulkJob(), 'cancel', DOOMED);

    expect(first.ended.batches).toEqual([{ tenant: TENANT, batchId }]);
    expect(await bulk().onCompleteJobs(first.ended.batches ?? [])).toEqual([]);
    expect(await batchOf(batchId)).toMatchObject({ status: 'closed', counts: { running: 1, canceled: 2 } });
    await db.jobs.resubmit(TENANT, ids[1] ?? '', uuidv7(), 0, entryOf('job.retry'));
    await end(running);

    const second = await change(await putBulkJob(), 'cancel', DOOMED);

    expect(await batchOf(batchId)).toMatchObject({
      status: 'completed',
      counts: { success: 1, canceled: 2 },
    });
    expect(await bulk().onCompleteJobs(second.ended.batches ?? [])).toEqual([
      { jobId: follower, tenant: TENANT, queue: 'default' },
    ]);
  });

  it('counts its jobs again after a bulk retry, and stays completed', async () => {
    const { batchId } = await putBatch(2);
    await change(await putBulkJob(), 'cancel', DOOMED);
    const round = await change(await putBulkJob(), 'retry', DOOMED);
    expect(round).toMatchObject({ position: { changed: 2 }, ended: { batches: [] } });
    expect(await batchOf(batchId)).toMatchObject({
      ...{ status: 'completed', jobs: 2, counts: { created: 2, canceled: 0 } },
    });
  });

  it('still counts jobs that a bulk deletion has deleted', async () => {
    const { batchId, ids } = await putBatch(3);
    const [first = '', second = ''] = ids;
    await claim([first, second]);
    await end(first);
    await end(second, { status: 'failed', outcome: 'failed' });
    expect((await change(await putBulkJob(), 'delete', DOOMED)).position).toMatchObject({ changed: 2 });
    expect(await batchOf(batchId)).toMatchObject({
      ...{ status: 'closed', jobs: 3, counts: { created: 1, success: 1, failed: 1 } },
    });
    await change(await putBulkJob(), 'cancel', DOOMED);
    expect(await batchOf(batchId)).toMatchObject({ status: 'completed', counts: { canceled: 1 } });
  });
});
