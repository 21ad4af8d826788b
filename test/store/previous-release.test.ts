import { beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Parameter } from '../../lambdas/adapters/aurora/data-api.ts';
import type { AttemptResult } from '../../lambdas/job/attempt-store.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { flowSteps, keyed } from './flow-steps.ts';
import { result, TENANT } from './job-rows.ts';

// During a deployment, workers of both releases change the same rows. The previous release has no flow control. The statements in the
// previous-release folder come from the last commit before migration 0021.

const LEASE_MS = 60_000;

const db = useJobDatabase();
const { submit, claim, verdicts, end, stateOf, pause, resume } = flowSteps(db);

beforeEach(async () => {
  await emptyTables(db, 'jobs', 'pauses', 'rate_limits', 'concurrency_limits');
});

function statement<Row>(name: string, parameters: Record<string, Parameter>): Promise<Row[]> {
  const sql = readFileSync(path.join(import.meta.dirname, 'previous-release', `${name}.sql`), 'utf8');
  return db.dataApi.query<Row>({ name, sql }, parameters);
}

const old = {
  async claim(...jobIds: string[]): Promise<Record<string, string>> {
    const rows = await statement<{ job_id: string; verdict: string }>('claim-jobs', {
      job_ids: JSON.stringify(jobIds),
      worker: 'old-worker',
      lease_ms: LEASE_MS,
    });
    return Object.fromEntries(rows.map(({ job_id: id, verdict }) => [id, verdict]));
  },

  /** Records a result. @returns whether the result was recorded */
  async record(jobId: string, overrides: Partial<AttemptResult> = {}): Promise<boolean | undefined> {
    const rows = await statement<{ recorded: boolean }>('record-results', {
      results: JSON.stringify([result(jobId, overrides)]),
    });
    return rows[0]?.recorded;
  },

  async overdue(): Promise<string[]> {
    const [row] = await statement<{ jobs: Record<string, [string, string][]> }>('take-overdue', {
      after_seconds: 0,
      limit: 100,
    });
    return Object.values(row?.jobs ?? {}).flatMap((jobs) => jobs.map(([id]) => id));
  },
};

async function endLease(jobId: string): Promise<void> {
  await db.sql('UPDATE jobs SET lease_expires_at = now(), wake_at = now() WHERE job_id = $1', [jobId]);
}

describe('the previous release', () => {
  it('does not claim or sweep a job that a full key, a pause or a rate limit holds back', async () => {
    const limited = { rate_limit: { key: 'mail', limit: 1, per_seconds: 3600, burst: 1 } };
    const [running, parked, first, limitedJob] = (await submit(keyed(1), keyed(1), limited, limited)) as [
      string,
      string,
      string,
      string,
    ];
    await claim([running, parked]);
    await claim([first]);
    await claim([limitedJob]);
    await pause('type', 'other');
    const [paused] = (await submit({ type: 'other' })) as [string];
    await claim([paused]);
    for (const [id, reason] of [
      [parked, 'concurrency'],
      [limitedJob, 'rate'],
      [paused, 'pause'],
    ] as const) {
      expect(await stateOf(id)).toMatchObject({ status: 'created', held_by: reason });
    }
    expect(await old.claim(parked, limitedJob, paused)).toEqual({
      [parked]: 'waiting',
      [limitedJob]: 'waiting',
      [paused]: 'waiting',
    });
    expect(await old.overdue()).toEqual([]);
  });

  it('frees a key’s slot without a wake-up, which the sweeper makes up for', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    expect(await verdicts([a, b])).toEqual({ [a]: 'claimed', [b]: 'parked' });
    expect(await old.record(a)).toBe(true);
    expect(await stateOf(b)).toMatchObject({ is_parked: true });
    expect(await db.mending.wakeForgotten(10)).toEqual([{ jobId: b, tenant: TENANT, queue: 'default' }]);
    expect(await old.claim(b)).toEqual({ [b]: 'claimed' });
  });

  it('uses the slot of a job that it claims', async () => {
    const [a, b] = (await submit(keyed(1), keyed(1))) as [string, string];
    expect(await old.claim(a)).toEqual({ [a]: 'claimed' });
    expect(await verdicts([b])).toEqual({ [b]: 'parked' });
    expect(await end(a)).toEqual([b]);
  });

  it('claims a woken job, whose slot is freed when this release has recorded its retry', async () => {
    const [a, b, c] = (await submit(keyed(1), keyed(1), keyed(1))) as [string, string, string];
    await claim([a, b, c]);
    expect(await end(a)).toEqual([b]);
    expect(await old.claim(b)).toEqual({ [b]: 'claimed' });
    expect(await end(b, { status: 'created', outcome: 'failed', retryInMs: 60_000 })).toEqual([c]);
    expect(await verdicts([c])).toEqual({ [c]: 'claimed' });
  });

  it('does not overwrite a claim of this release, and vice versa', async () => {
    const [job] = (await submit({ max_attempts: 5 })) as [string];
    await claim([job]);
    await endLease(job);
    expect(await old.claim(job)).toEqual({ [job]: 'claimed' });
    expect(await db.attempts.record([result(job, { attempt: 1, fence: 1 })])).toMatchObject([
      { recorded: false },
    ]);
    expect(await db.attempts.beat([{ jobId: job, attempt: 1, fence: 1, progress: null }])).toEqual([
      { jobId: job, reason: 'superseded' },
    ]);
    await endLease(job);
    expect(await claim([job])).toMatchObject([{ verdict: 'claimed', job: { attempt: 3, fence: 2 } }]);
    expect(await old.record(job, { attempt: 2 })).toBe(false);
    expect(await db.attempts.record([result(job, { attempt: 3, fence: 2 })])).toMatchObject([
      { recorded: true, status: 'success' },
    ]);
  });

  it('runs a job that was woken after a pause', async () => {
    await pause('queue', 'default');
    const [job] = (await submit({})) as [string];
    await claim([job]);
    expect(await resume('queue', 'default')).toEqual([job]);
    expect(await old.claim(job)).toEqual({ [job]: 'claimed' });
    expect(await old.record(job)).toBe(true);
  });
});
