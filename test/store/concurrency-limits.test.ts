import { beforeEach, describe, expect, it } from '@jest/globals';
import { createFlowStore, type FlowStore } from '../../lambdas/adapters/aurora/flow-store.ts';
import { MOST_COUNTED } from '../../lambdas/job/flow/concurrency-keys.ts';
import { ACTOR, entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { putJob, TENANT } from './job-rows.ts';

const db = useJobDatabase();
let store: FlowStore;

beforeEach(async () => {
  store = createFlowStore(db.dataApi);
  await emptyTables(db, 'jobs', 'concurrency_limits', 'audit_entries');
});

const setLimit = (key: string, limit: number) =>
  store.setLimit(TENANT, key, limit, entryOf('concurrency_limit.put'));
const clearLimit = (key: string) => store.clearLimit(TENANT, key, entryOf('concurrency_limit.delete'));
const audited = () =>
  db.sql<{ action: string; subject: string }>('SELECT action, subject FROM audit_entries ORDER BY entry_id');

/** Creates a job with a concurrency key. The job is either running, or parked until a slot is free. */
async function jobOf(key: string, state: 'running' | 'parked', limit = 1, tenant = TENANT): Promise<string> {
  const jobId = await putJob(db, { status: state === 'running' ? 'running' : 'created' });
  await db.sql(
    'UPDATE jobs SET concurrency_key = $2, concurrency_limit = $3, tenant = $4 WHERE job_id = $1',
    [jobId, key, limit, tenant],
  );
  if (state === 'parked') await db.sql(`SELECT park($1, 'concurrency')`, [jobId]);
  return jobId;
}

describe('the list of keys', () => {
  it('has the keys with open jobs or a limit, sorted, with their use', async () => {
    await jobOf('customer/7', 'running', 2);
    await jobOf('customer/7', 'parked', 2);
    await jobOf('customer/7', 'parked', 2);
    await jobOf('of another tenant', 'parked', 1, 'other');
    await jobOf('customer/7', 'running', 2, 'other');
    await jobOf('customer/7', 'parked', 2, 'other');
    await setLimit('100 %', 0);
    const rest = { set_limit: null, set_at: null, set_by: null };
    expect(await store.list(TENANT, '', 50)).toEqual([
      {
        key: '100 %',
        running: 0,
        parked: 0,
        limit: 0,
        set_limit: 0,
        set_at: expect.any(String),
        set_by: ACTOR,
      },
      { key: 'customer/7', running: 1, parked: 2, limit: 2, ...rest },
    ]);
    await setLimit('customer/7', 5);
    expect((await store.list(TENANT, '', 50))[1]).toMatchObject({ limit: 5, set_limit: 5, set_by: ACTOR });
  });

  it('has each key once, page by page', async () => {
    const keys = Array.from({ length: 7 }, (_none, index) => `key ${index}`);
    for (const [index, key] of keys.entries()) {
      if (index % 2 === 0) await jobOf(key, 'parked');
      if (index % 3 === 0) await setLimit(key, 1);
      if (index % 2 === 1 && index % 3 > 0) await jobOf(key, 'running');
    }
    const found: string[] = [];
    for (;;) {
      const page = await store.list(TENANT, found.at(-1) ?? '', 2);
      found.push(...page.map(({ key }) => key));
      if (page.length < 2) break;
    }
    expect(found).toEqual(keys);
  });

  it('has no keys whose jobs have all ended', async () => {
    const jobId = await jobOf('used', 'running');
    await db.sql(
      `UPDATE jobs SET status = 'success', end_time = now(), lease_expires_at = NULL, wake_at = NULL WHERE job_id = $1`,
      [jobId],
    );
    expect(await store.list(TENANT, '', 50)).toEqual([]);
  });

  it('counts parked jobs up to a maximum', async () => {
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, due_at, held_by,
                         concurrency_key, concurrency_limit)
       SELECT id, id, $1, 'sleep', '{}', 2, 46, '9999-12-31', now(), 'concurrency', 'busy', 1
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) AS ids`,
      [TENANT, MOST_COUNTED + 1],
    );
    expect(await store.list(TENANT, '', 50)).toMatchObject([{ key: 'busy', parked: MOST_COUNTED }]);
  });
});

describe('a limit', () => {
  it('is set and removed once, and has one audit entry per change', async () => {
    await setLimit('k', 2);
    await setLimit('k', 2);
    await setLimit('k', 3);
    await clearLimit('k');
    await clearLimit('k');
    expect(await audited()).toEqual([
      { action: 'concurrency_limit.put', subject: 'k' },
      { action: 'concurrency_limit.put', subject: 'k' },
      { action: 'concurrency_limit.delete', subject: 'k' },
    ]);
    expect(await store.list(TENANT, '', 50)).toEqual([]);
  });

  it('wakes one parked job for each free slot when it is raised', async () => {
    await jobOf('k', 'running');
    const parked = [await jobOf('k', 'parked'), await jobOf('k', 'parked'), await jobOf('k', 'parked')];
    expect(await store.wakeParked(TENANT, 'k', 100)).toEqual([]);
    await setLimit('k', 3);
    const woken = await store.wakeParked(TENANT, 'k', 100);
    expect(woken.map(({ jobId }) => jobId).sort()).toEqual(parked.slice(0, 2).sort());
    expect(await store.wakeParked(TENANT, 'k', 100)).toEqual([]);
    expect(await store.list(TENANT, '', 50)).toMatchObject([{ running: 3, parked: 1, limit: 3 }]);
  });

  it('of 0 wakes no job, and once it is removed, the submitted limit applies again', async () => {
    const jobId = await jobOf('k', 'parked');
    await setLimit('k', 0);
    expect(await store.wakeParked(TENANT, 'k', 100)).toEqual([]);
    await clearLimit('k');
    expect(await store.wakeParked(TENANT, 'k', 100)).toEqual([{ jobId, tenant: TENANT, queue: 'default' }]);
  });

  it('does not affect another tenant’s key with the same name', async () => {
    await jobOf('k', 'running', 1, 'other');
    await jobOf('k', 'parked', 1, 'other');
    await setLimit('k', 9);
    expect(await store.wakeParked('other', 'k', 100)).toEqual([]);
    expect(await store.list('other', '', 50)).toMatchObject([{ limit: 1, set_limit: null }]);
    await jobOf('free', 'parked', 1, 'other');
    expect(await store.wakeParked(TENANT, 'free', 100)).toEqual([]);
  });
});
