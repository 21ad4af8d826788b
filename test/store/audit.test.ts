import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createAuditStore } from '../../lambdas/adapters/aurora/audit-store.ts';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { AuditEntry, AuditQuery, AuditStore, NewAuditEntry } from '../../lambdas/job/audit.ts';
import type { FiringStore, ScheduleStore } from '../../lambdas/job/schedules/ports.ts';
import type { ScheduleDefinition } from '../../lambdas/job/schedules/schedule.ts';
import { ACTOR, entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, result } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const DEFINITION: ScheduleDefinition = {
  ...{ rate: '1 hour', cron: null, timezone: 'UTC', start_at: null, end_at: null, overlap: 'skip' },
  ...{ state: null, type: 'sleep', payload: {}, max_attempts: 2, timeout_seconds: 46, callback: null },
};
const DAY = 86_400;

const db = useJobDatabase();
let audit: AuditStore;
let schedules: ScheduleStore & FiringStore;

beforeAll(() => {
  audit = createAuditStore(db.dataApi);
  schedules = { ...createScheduleStore(db.dataApi), ...createFiringStore(db.dataApi) };
});

const newTenant = (): string => `tenant-${randomUUID()}`;

async function list(tenant: string, query: Partial<AuditQuery> = {}): Promise<AuditEntry[]> {
  const all = { before: undefined, since: undefined, actor: undefined, action: undefined, jobId: undefined };
  return (await audit.list({ ...all, tenant, limit: 100, ...query })).entries;
}

/** Returns the audit entries as `action subject`, newest first. */
async function told(tenant: string, query: Partial<AuditQuery> = {}): Promise<string[]> {
  return (await list(tenant, query)).map(({ action, subject }) => `${action} ${subject}`);
}

async function submit(tenant: string, actor: string | null = ACTOR): Promise<string> {
  const job = newJob({ tenant, submitted_by: actor });
  await db.jobs.insert([job]);
  return job.job_id;
}

describe('a submission', () => {
  it('has one audit entry with its actor, however often it is retried', async () => {
    const tenant = newTenant();
    const job = newJob({ tenant, submitted_by: ACTOR });
    const [written] = await db.jobs.insert([job]);
    await db.jobs.insert([job]);
    await db.jobs.insertThatFit([job], 1);
    expect(await list(tenant)).toEqual([
      {
        entry_id: job.job_id,
        create_time: written?.job.create_time,
        actor: ACTOR,
        action: 'job.submit',
        subject: job.job_id,
      },
    ]);
  });

  it('of the previous release has no actor', async () => {
    const tenant = newTenant();
    await submit(tenant, null);
    expect(await list(tenant)).toMatchObject([{ actor: null, action: 'job.submit' }]);
  });

  it('by a schedule or a callback names the schedule or the job', async () => {
    const tenant = newTenant();
    await schedules.put(tenant, 'hourly', DEFINITION, entryOf('schedule.put'));
    const [jobId, callbackJobId] = [uuidv7(), uuidv7()];
    const fireTime = new Date().toISOString();
    const jobTypes = { unavailable: [], queues: new Map<string, string>() };
    await schedules.fire({ tenant, name: 'hourly', fireTime }, { jobId, callbackJobId }, jobTypes, 0);
    expect(await list(tenant, { jobId })).toMatchObject([{ actor: 'schedule:hourly' }]);

    const callback = { job_id: uuidv7(), url: 'https://example.com', max_attempts: 1, timeout_seconds: 9 };
    const told = newJob({ tenant, callback });
    await db.jobs.insert([told]);
    await db.jobs.cancel(tenant, told.job_id, entryOf('job.cancel'));
    expect(await list(tenant, { jobId: callback.job_id })).toMatchObject([{ actor: `job:${told.job_id}` }]);
  });
});

describe('a cancellation and a retry', () => {
  it('have one entry each, and requests without effect have none', async () => {
    const tenant = newTenant();
    const jobId = await submit(tenant);
    const cancel = () => db.jobs.cancel(tenant, jobId, entryOf('job.cancel'));
    await cancel();
    await cancel();
    const [request, entry] = [uuidv7(), entryOf('job.retry')];
    await db.jobs.resubmit(tenant, jobId, request, 0, entry);
    await db.jobs.resubmit(tenant, jobId, request, 0, entry);
    expect(await db.jobs.resubmit(tenant, jobId, uuidv7(), 0, entryOf('job.retry'))).toMatchObject({
      applied: false,
    });
    await cancel();
    const expected = ['job.cancel', 'job.retry', 'job.cancel', 'job.submit'];
    expect(await told(tenant)).toEqual(expected.map((action) => `${action} ${jobId}`));
  });

  it('of a running job has an entry only for the first request', async () => {
    const tenant = newTenant();
    const jobId = await submit(tenant);
    await db.attempts.claim([jobId], 'worker-1', 60_000);
    const answers = await meetAtRows(db, [jobId], [
      () => db.jobs.cancel(tenant, jobId, entryOf('job.cancel')),
      () => db.jobs.cancel(tenant, jobId, entryOf('job.cancel')),
    ] as const);
    expect(answers.map((answer) => answer?.applied)).toEqual([true, true]);
    expect(await told(tenant, { action: 'job.cancel' })).toEqual([`job.cancel ${jobId}`]);
  });

  it('has no entry if the job’s state forbids it', async () => {
    const tenant = newTenant();
    const jobId = await submit(tenant);
    await db.attempts.claim([jobId], 'worker-1', 60_000);
    await db.attempts.record([result(jobId)]);
    await db.jobs.cancel(tenant, jobId, entryOf('job.cancel'));
    await db.jobs.cancel(newTenant(), jobId, entryOf('job.cancel'));
    await db.jobs.resubmit(tenant, jobId, uuidv7(), 0, entryOf('job.retry'));
    expect(await told(tenant)).toEqual([`job.submit ${jobId}`]);
  });
});

describe('a schedule', () => {
  it('has an entry for each change, and none for a request that does not change its state', async () => {
    const tenant = newTenant();
    const put = entryOf('schedule.put');
    await schedules.put(tenant, 'nightly', DEFINITION, put);
    await schedules.put(tenant, 'nightly', DEFINITION, put);
    const set = (state: 'started' | 'stopped'): Promise<unknown> =>
      schedules.setState(
        tenant,
        'nightly',
        state,
        entryOf(state === 'started' ? 'schedule.start' : 'schedule.stop'),
      );
    for (const state of ['started', 'stopped', 'stopped', 'started'] as const) await set(state);
    await schedules.remove(tenant, 'nightly', entryOf('schedule.delete'));
    await schedules.remove(tenant, 'nightly', entryOf('schedule.delete'));
    await set('stopped');
    expect(await told(tenant)).toEqual(
      ['delete', 'start', 'stop', 'put'].map((change) => `schedule.${change} nightly`),
    );
  });

  it('that is put and then reverted has an entry for both, whether or not it was new', async () => {
    const tenant = newTenant();
    const put = (rate: string) =>
      schedules.put(tenant, 'nightly', { ...DEFINITION, rate }, entryOf('schedule.put'));
    const takeBack = (written: Awaited<ReturnType<typeof put>>) =>
      schedules.takeBack(tenant, 'nightly', written, entryOf('schedule.revert'));
    const first = await put('1 hour');
    await takeBack(first);
    await takeBack(first);
    await put('1 hour');
    const changed = await put('2 hours');
    await takeBack(changed);
    await takeBack(changed);
    expect(await told(tenant)).toEqual(
      ['revert', 'put', 'put', 'revert', 'put'].map((change) => `schedule.${change} nightly`),
    );
  });

  it('has its own entry when all schedules are stopped, unless it was already stopped', async () => {
    const tenant = newTenant();
    for (const name of ['a', 'b', 'c']) {
      await schedules.put(
        tenant,
        name,
        { ...DEFINITION, state: name === 'b' ? 'stopped' : null },
        entryOf('schedule.put'),
      );
    }
    const entry = entryOf('schedule.stop');
    await schedules.setStateOfAll(tenant, 'stopped', [], entry);
    await schedules.setStateOfAll(tenant, 'stopped', [], entry);
    const stops = await list(tenant, { action: 'schedule.stop' });
    expect(stops.map(({ subject }) => subject).sort()).toEqual(['a', 'c']);
    for (const { entry_id: id } of stops) expect(id.slice(0, 13)).toBe(entry.entryId.slice(0, 13));
    expect((await told(tenant)).slice(2)).toEqual(['c', 'b', 'a'].map((name) => `schedule.put ${name}`));
  });
});

describe('a rotation of the webhook key', () => {
  it('has one entry, as does a shortened overlap, but a retry has none', async () => {
    const tenant = newTenant();
    const rotate = (generation: number, overlapSeconds: number) =>
      db.webhookKeys.rotate({ tenant, generation, overlapSeconds }, entryOf('webhook_key.rotate'));
    await Promise.all([rotate(1, DAY), rotate(1, DAY), rotate(1, DAY)]);
    expect(await told(tenant)).toEqual(['webhook_key.rotate 2']);
    await rotate(1, 60);
    await rotate(1, DAY);
    expect(await rotate(7, 0)).toMatchObject({ applied: false });
    expect(await told(tenant)).toEqual(['webhook_key.rotate 2', 'webhook_key.rotate 2']);
    await rotate(2, 0);
    expect((await told(tenant))[0]).toBe('webhook_key.rotate 3');
  });
});

describe('a message', () => {
  it('has an audit entry with its actor', async () => {
    const tenant = newTenant();
    const message = { message_id: uuidv7(), tenant, to: '+905551111111', content: 'x', submitted_by: ACTOR };
    await db.messages.insert(message);
    await db.messages.insert(message);
    expect(await list(tenant)).toMatchObject([
      { entry_id: message.message_id, actor: ACTOR, action: 'message.create', subject: message.message_id },
    ]);
  });
});

describe('the list of audit entries', () => {
  /**
   * Submits three jobs. Another actor submits the second job, cancels it, and retries it. Then creates a schedule named after the second job's id.
   */
  async function fill(tenant: string): Promise<string[]> {
    const ids = [await submit(tenant), await submit(tenant, 'key:other'), await submit(tenant)];
    const [, jobId = ''] = ids;
    const by = (entry: NewAuditEntry): NewAuditEntry => ({ ...entry, actor: 'key:other' });
    await db.jobs.cancel(tenant, jobId, by(entryOf('job.cancel')));
    await db.jobs.resubmit(tenant, jobId, uuidv7(), 0, by(entryOf('job.retry')));
    await schedules.put(tenant, jobId, DEFINITION, entryOf('schedule.put'));
    return ids;
  }

  it('can be filtered by actor, action, job and time, and shows no other tenant’s entries', async () => {
    const [tenant, other] = [newTenant(), newTenant()];
    const [first = '', second = '', third = ''] = await fill(tenant);
    await fill(other);
    const ofSecond = [`job.retry ${second}`, `job.cancel ${second}`, `job.submit ${second}`];
    expect(await told(tenant, { actor: 'key:other' })).toEqual(ofSecond);
    expect(await told(tenant, { jobId: second })).toEqual(ofSecond);
    expect(await told(other, { jobId: second })).toEqual([]);
    expect(await told(tenant, { jobId: second, actor: ACTOR })).toEqual([]);
    expect(await told(tenant, { jobId: second, action: 'message.create' })).toEqual([]);
    expect(await told(tenant, { action: 'job.cancel' })).toEqual([`job.cancel ${second}`]);
    expect(await told(tenant, { action: 'job.submit' })).toEqual(
      [third, second, first].map((id) => `job.submit ${id}`),
    );
    expect(await told(tenant, { since: second, before: third })).toEqual([`job.submit ${second}`]);
    expect(await told(tenant)).toHaveLength(6);
  });

  it('has every entry once across all pages, with a cursor for the next page', async () => {
    const tenant = newTenant();
    await fill(tenant);
    const all = await told(tenant);
    const paged: string[] = [];
    const query = {
      tenant,
      limit: 1,
      since: undefined,
      actor: undefined,
      action: undefined,
      jobId: undefined,
    };
    let before: string | undefined;
    while (paged.length < all.length) {
      const { entries, scannedTo } = await audit.list({ ...query, before });
      expect(scannedTo).toBe(entries[0]?.entry_id);
      paged.push(...entries.map(({ action, subject }) => `${action} ${subject}`));
      before = scannedTo ?? undefined;
    }
    expect(paged).toEqual(all);
    expect(await audit.list({ ...query, before })).toEqual({ entries: [], scannedTo: null });
  });

  it('reads up to 2,000 entries for an actor, and returns where it stopped', async () => {
    const tenant = newTenant();
    const rare = await submit(tenant, 'key:rare');
    for (let batch = 0; batch < 20; batch += 1) {
      await db.jobs.insert(Array.from({ length: 100 }, () => newJob({ tenant, submitted_by: ACTOR })));
    }
    const query = {
      since: undefined,
      action: undefined,
      jobId: undefined,
      tenant,
      actor: 'key:rare',
      limit: 5,
    };
    const { entries, scannedTo } = await audit.list({ ...query, before: undefined });
    expect(entries).toEqual([]);
    const rest = await audit.list({ ...query, before: scannedTo ?? undefined });
    expect(rest).toMatchObject({ entries: [{ subject: rare }], scannedTo: null });
  });
});

describe('audit entries for changes in another store', () => {
  it('are written once, however often the statement runs', async () => {
    const tenant = newTenant();
    const entries = [
      { ...entryOf('api_key.rotate'), subject: '516069fe8e2095c3' },
      { ...entryOf('api_key.create'), actor: null, subject: '7d0c2f9b6a1e4385' },
    ];
    await audit.write(tenant, entries);
    await audit.write(tenant, entries);
    expect(await list(tenant)).toMatchObject([
      { actor: null, action: 'api_key.create', subject: '7d0c2f9b6a1e4385' },
      { actor: ACTOR, action: 'api_key.rotate', subject: '516069fe8e2095c3' },
    ]);
    expect(await list(newTenant())).toEqual([]);
  });
});
