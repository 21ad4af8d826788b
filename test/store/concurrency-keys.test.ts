import { beforeEach, describe, expect, it } from '@jest/globals';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { flowSteps, keyed, wokenBy } from './flow-steps.ts';
import { result, TENANT } from './job-rows.ts';

const db = useJobDatabase();
const { submit, claim, verdicts, end, stateOf } = flowSteps(db);

beforeEach(async () => {
  await emptyTables(db, 'jobs', 'pauses', 'rate_limits', 'concurrency_limits');
});

describe('the fence', () => {
  it('refuses a heartbeat’s progress and log if the heartbeat does not hold the job', async () => {
    const [job] = (await submit({})) as [string];
    await claim([job]);
    const progress = { fraction: 0.5, note: null };
    const logs = { parts: [{ part: 0, lines: [] }], keepFrom: 0 };
    // Heartbeats with logs and heartbeats without logs use different statements.
    const beats = async (attempt: number, fence: number) => {
      const beat = { jobId: job, attempt, fence, progress };
      return [await db.attempts.beat([beat]), await db.attempts.beat([{ ...beat, logs }])].flat();
    };
    const refused = Array(2).fill({ jobId: job, reason: 'superseded' });
    expect(await beats(1, 0)).toEqual(refused);
    expect(await beats(2, 1)).toEqual(refused);
    await end(job);
    expect(await beats(1, 1)).toEqual(refused);
    expect(await db.sql('SELECT progress FROM jobs WHERE job_id = $1', [job])).toEqual([{ progress: null }]);
    expect(await db.sql('SELECT FROM job_log_parts WHERE job_id = $1', [job])).toEqual([]);
  });

  it('is raised by every claim, and refuses writes with a lower number', async () => {
    const [job] = (await submit({})) as [string];
    await claim([job]);
    await db.sql('UPDATE jobs SET fence = fence + 1 WHERE job_id = $1', [job]);
    const stale = { jobId: job, attempt: 1, fence: 1, progress: null };
    expect(await db.attempts.beat([stale])).toEqual([{ jobId: job, reason: 'superseded' }]);
    expect(await db.attempts.record([result(job, { fence: 1 })])).toMatchObject([
      { recorded: false, status: 'running' },
    ]);
    expect(await db.attempts.beat([{ ...stale, fence: 2 }])).toEqual([]);
    expect(await db.attempts.record([result(job, { fence: 2 })])).toMatchObject([{ recorded: true }]);
  });

  it('still refuses an attempt after the previous release has claimed the job, which raises only the attempt number', async () => {
    const [job] = (await submit({})) as [string];
    await claim([job]);
    await db.sql('UPDATE jobs SET attempt = attempt + 1 WHERE job_id = $1', [job]);
    expect(await db.attempts.record([result(job)])).toMatchObject([{ recorded: false }]);
  });
});

describe('a concurrency key', () => {
  it('lets jobs start up to its limit, parks further jobs, and wakes one whenever a job ends', async () => {
    const [a, b, c, d] = (await submit(keyed(2), keyed(2), keyed(2), keyed(2))) as [
      string,
      string,
      string,
      string,
    ];
    expect(await verdicts([a, b, c])).toEqual({ [a]: 'claimed', [b]: 'claimed', [c]: 'parked' });
    expect(await verdicts([d])).toEqual({ [d]: 'parked' });
    expect(await stateOf(c)).toEqual({ status: 'created', held_by: 'concurrency', is_parked: true });
    expect(await end(a)).toEqual([c]);
    // The woken job already has the slot, so a later job can't take it.
    const [late] = (await submit(keyed(2))) as [string];
    expect(await verdicts([late])).toEqual({ [late]: 'parked' });
    expect(await verdicts([c])).toEqual({ [c]: 'claimed' });
    expect(await end(b)).toEqual([d]);
    expect(await end(c)).toEqual([late]);
  });

  it('is passed on within its tenant, even if another tenant’s job waits for the same key for longer', async () => {
    const theirs = { ...keyed(1), tenant: 'acme' };
    const [x, y, a, b] = (await submit(theirs, theirs, keyed(1), keyed(1))) as [
      string,
      string,
      string,
      string,
    ];
    await claim([x, y]);
    await claim([a, b]);
    expect(await end(a)).toEqual([b]);
  });

  it('has a free slot for the next job when an attempt is retried, lost, or canceled', async () => {
    const [a, b, c, d] = (await submit(keyed(1), keyed(1), keyed(1), keyed(1))) as [
      string,
      string,
      string,
      string,
    ];
    expect(await verdicts([a, b, c, d])).toEqual({
      [a]: 'claimed',
      [b]: 'parked',
      [c]: 'parked',
      [d]: 'parked',
    });
    expect(await end(a, { status: 'created', outcome: 'failed', retryInMs: 60_000 })).toEqual([b]);
    // If a woken job is canceled, the next job gets its slot.
    const canceled = await db.jobs.cancel(TENANT, b, entryOf('job.cancel'));
    expect(wokenBy(canceled ? [canceled] : [])).toEqual([c]);
    await claim([c]);
    await db.sql(
      `UPDATE jobs SET attempt = max_attempts, fence = max_attempts, lease_expires_at = now(), wake_at = now() WHERE job_id = $1`,
      [c],
    );
    const lost = await claim([c]);
    expect(lost).toMatchObject([{ verdict: 'finished', lost: { status: 'failed' } }]);
    expect(wokenBy(lost)).toEqual([d]);
  });

  it('keeps the slot of a job whose lease has expired for its next attempt', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    await claim([a, b]);
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [a]);
    expect(await verdicts([b])).toEqual({ [b]: 'parked' });
    expect(await verdicts([a])).toEqual({ [a]: 'claimed' });
    expect(await end(a)).toEqual([b]);
  });

  it('keeps the slots of jobs whose leases have ended, even if the limit is lower now', async () => {
    const [a, b] = (await submit(keyed(2), keyed(2))) as [string, string];
    await claim([a, b]);
    await db.sql(
      `INSERT INTO concurrency_limits (tenant, concurrency_key, max_running) VALUES ($1, 'customer-1', 1)`,
      [TENANT],
    );
    await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now()');
    expect(await verdicts([a])).toEqual({ [a]: 'claimed' });
    expect(await verdicts([b])).toEqual({ [b]: 'claimed' });
  });

  it('wakes the most urgent parked job first, and the oldest of equally urgent jobs', async () => {
    const [running] = (await submit(keyed(1))) as [string];
    await claim([running]);
    const [low, high, higher] = (await submit(
      { ...keyed(1), priority: 9 },
      { ...keyed(1), priority: 1 },
      { ...keyed(1), priority: 0 },
    )) as [string, string, string];
    for (const id of [low, high, higher]) await claim([id]);
    expect(await end(running)).toEqual([higher]);
    await claim([higher]);
    expect(await end(higher)).toEqual([high]);
    await claim([high]);
    expect(await end(high)).toEqual([low]);
  });

  it('uses the operator’s limit instead of the submitted one', async () => {
    const [a, b, c] = (await submit(keyed(1), keyed(1), keyed(1))) as [string, string, string];
    await claim([a, b, c]);
    await db.sql('INSERT INTO concurrency_limits (tenant, concurrency_key, max_running) VALUES ($1, $2, 2)', [
      TENANT,
      'customer-1',
    ]);
    const rows = await db.sql<{ woken_id: string }>(
      "SELECT woken_id FROM wake_parked(ARRAY[$1::uuid], '{}', 10)",
      [a],
    );
    expect(rows.map(({ woken_id: id }) => id)).toEqual([b]);
    expect(await verdicts([b])).toEqual({ [b]: 'claimed' });
    expect(await verdicts([c])).toEqual({ [c]: 'parked' });
  });

  it('belongs to one tenant, and does not affect other keys', async () => {
    const [a, b, c] = (await submit(keyed(1), { ...keyed(1), tenant: 'acme' }, keyed(1, 'customer-2'))) as [
      string,
      string,
      string,
    ];
    for (const id of [a, b, c]) expect(await verdicts([id])).toEqual({ [id]: 'claimed' });
  });

  it('starts a parked job when its message arrives, even if the wake-up was lost', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    await claim([a, b]);
    await db.sql(
      "UPDATE jobs SET status = 'success', end_time = now(), lease_expires_at = NULL, wake_at = NULL WHERE job_id = $1",
      [a],
    );
    expect(await verdicts([b])).toEqual({ [b]: 'claimed' });
  });

  it('starts a parked job by its own message in the same claim in which another job gives up a slot', async () => {
    const [running, parked, woken] = (await submit(keyed(1), keyed(1), keyed(1, 'customer-2'))) as [
      string,
      string,
      string,
    ];
    await claim([running, parked]);
    await db.sql(
      "UPDATE jobs SET status = 'success', end_time = now(), lease_expires_at = NULL, wake_at = NULL WHERE job_id = $1",
      [running],
    );
    // The `woken` job has a slot for the same key, but its type is paused.
    await db.sql(
      `UPDATE jobs SET concurrency_key = 'customer-1', type = 'paused', held_by = 'concurrency', due_at = now() WHERE job_id = $1`,
      [woken],
    );
    await db.sql("INSERT INTO pauses (tenant, kind, name) VALUES ($1, 'type', 'paused')", [TENANT]);
    expect(await verdicts([parked, woken])).toEqual({ [parked]: 'claimed', [woken]: 'parked' });
    expect(await end(parked)).toEqual([]);
  });

  it('never leaves a job parked forever, because the sweeper wakes forgotten jobs', async () => {
    const [a, b, c] = (await submit(keyed(1), keyed(1), { ...keyed(1, 'customer-2') })) as [
      string,
      string,
      string,
    ];
    await claim([a, b, c]);
    expect(await db.mending.wakeForgotten(10)).toEqual([]);
    await db.sql(
      "UPDATE jobs SET status = 'success', end_time = now(), lease_expires_at = NULL, wake_at = NULL WHERE job_id = $1",
      [a],
    );
    expect(await db.mending.wakeForgotten(10)).toEqual([{ jobId: b, tenant: TENANT, queue: 'default' }]);
    expect(await db.mending.wakeForgotten(10)).toEqual([]);
  });
});

describe('a parked job', () => {
  it('is not overdue, and does not keep the database awake', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    await claim([a, b]);
    await end(a);
    await claim([b]);
    const [c] = (await submit(keyed(1))) as [string];
    await claim([c]);
    await db.sql("UPDATE jobs SET held_by = 'concurrency' WHERE job_id = $1", [c]);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [b]);
    expect(await db.mending.takeOverdue(0, 10)).toEqual({ jobs: [], nextInMs: null });
  });

  it('is canceled like any waiting job, and shows when it was due', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    await claim([a, b]);
    const before = await db.jobs.get(TENANT, a);
    const canceled = await db.jobs.cancel(TENANT, b, entryOf('job.cancel'));
    expect(canceled).toMatchObject({ applied: true, job: { status: 'canceled' } });
    expect(Date.parse(canceled?.job.run_at ?? '')).toBeLessThan(Date.parse(before?.run_at ?? '') + 60_000);
  });

  it('is refused by the previous release’s claim, for which it is due in the far future', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    await claim([a, b]);
    const [row] = await db.sql(
      "SELECT status, run_at > now() + interval '1 year' AS is_far FROM jobs WHERE job_id = $1",
      [b],
    );
    expect(row).toEqual({ status: 'created', is_far: true });
  });
});
