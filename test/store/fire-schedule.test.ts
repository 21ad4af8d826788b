import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { FiringStore, ScheduleStore } from '../../lambdas/job/schedules/ports.ts';
import type { ScheduleDefinition } from '../../lambdas/job/schedules/schedule.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob } from './job-rows.ts';
import { untilWaiting } from './locked-rows.ts';

const DEFINITION: ScheduleDefinition = {
  rate: '2 minutes',
  cron: null,
  timezone: 'UTC',
  start_at: null,
  end_at: null,
  overlap: 'allow',
  state: null,
  type: 'sleep',
  payload: {},
  max_attempts: 1,
  timeout_seconds: 46,
  callback: null,
};

const db = useJobDatabase();
let schedules: ScheduleStore & FiringStore;

beforeAll(() => {
  schedules = { ...createScheduleStore(db.dataApi), ...createFiringStore(db.dataApi) };
});

/** Creates a tenant with a schedule. By default, the schedule doesn't wait for its previous job. */
async function newTenant(overrides: Partial<ScheduleDefinition> = {}) {
  const tenant = randomUUID();
  await schedules.put(tenant, 'hourly', { ...DEFINITION, ...overrides }, entryOf('schedule.put'));
  return {
    tenant,
    fire: (hour: number, maxInFlight: number) => fireAt(tenant, timeOf(hour), { maxInFlight }),
    rows: async () => (await db.sql('SELECT FROM jobs WHERE tenant = $1', [tenant])).length,
  };
}

function fireAt(
  tenant: string,
  fireTime: string,
  { maxInFlight = 0, unavailable = [] }: { maxInFlight?: number; unavailable?: string[] } = {},
) {
  return schedules.fire(
    { tenant, name: 'hourly', fireTime },
    { jobId: uuidv7(), callbackJobId: uuidv7() },
    { unavailable, queues: new Map() },
    maxInFlight,
  );
}

const timeOf = (hour: number): string => `2030-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;

describe('a schedule with a priority and limits', () => {
  it('shows them, and passes them to its jobs', async () => {
    const tenant = randomUUID();
    const flow = {
      priority: 1,
      concurrency: { key: 'report', limit: 2 },
      rate_limit: { key: 'report', limit: 10, per_seconds: 60, burst: 3 },
    };
    const { schedule } = await schedules.put(
      tenant,
      'hourly',
      { ...DEFINITION, flow },
      entryOf('schedule.put'),
    );
    expect(schedule.job).toMatchObject(flow);
    const fired = await fireAt(tenant, timeOf(1));
    expect(await db.jobs.get(tenant, fired?.jobId ?? '')).toMatchObject({ ...flow, held_by: null });
  });

  it('has priority 5 and no limits by default', async () => {
    const { tenant } = await newTenant();
    const none = { priority: 5, concurrency: null, rate_limit: null };
    expect((await schedules.get(tenant, 'hourly'))?.job).toMatchObject(none);
    const fired = await fireAt(tenant, timeOf(1));
    expect(await db.jobs.get(tenant, fired?.jobId ?? '')).toMatchObject(none);
  });
});

describe('a firing under a limit of jobs in flight', () => {
  it('submits its job if the tenant has room', async () => {
    const { fire, rows } = await newTenant();
    expect(await fire(1, 2)).toMatchObject({ verdict: 'fired' });
    expect(await fire(2, 2)).toMatchObject({ verdict: 'fired' });
    expect(await rows()).toBe(2);
  });

  it('submits nothing above the limit, and its schedule shows the skipped time', async () => {
    const { tenant, fire, rows } = await newTenant();
    await db.jobs.insert([newJob({ tenant })]);
    expect(await fire(1, 1)).toMatchObject({ verdict: 'beyond-limit', jobId: null });
    expect(await rows()).toBe(1);
    const schedule = await schedules.get(tenant, 'hourly');
    expect(schedule).toMatchObject({ last_time: timeOf(1), last_skipped_time: timeOf(1), last_job_id: null });
  });

  it('stays skipped if it is delivered again, and the next one fires', async () => {
    const { tenant, fire } = await newTenant();
    const job = newJob({ tenant });
    await db.jobs.insert([job]);
    await fire(1, 1);
    await db.jobs.cancel(tenant, job.job_id, entryOf('job.cancel'));
    expect(await fire(1, 1)).toMatchObject({ verdict: 'repeated', jobId: null });
    expect(await fire(2, 1)).toMatchObject({ verdict: 'fired' });
  });

  it('returns its job if it is delivered again, even if the tenant has no room', async () => {
    const { fire } = await newTenant();
    const first = await fire(1, 1);
    expect(await fire(1, 1)).toMatchObject({ verdict: 'repeated', jobId: first?.jobId });
  });

  it('and concurrent submissions fill the room exactly', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { tenant, fire, rows } = await newTenant();
      await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          await fire(index, 5);
          await db.jobs.insertThatFit([newJob({ tenant })], 5);
        }),
      );
      expect(await rows()).toBe(5);
    }
  });

  it('is unlimited if the limit is 0', async () => {
    const { fire, rows } = await newTenant();
    for (const hour of [1, 2, 3]) await fire(hour, 0);
    expect(await rows()).toBe(3);
  });
});

describe('a schedule that skips overlaps', () => {
  it('fires when its last job has ended', async () => {
    const { tenant, rows } = await newTenant({ overlap: 'skip' });
    const first = await fireAt(tenant, timeOf(1));
    expect(first).toMatchObject({ verdict: 'fired' });
    expect(await fireAt(tenant, timeOf(2))).toMatchObject({ verdict: 'skipped', jobId: null });
    await db.jobs.cancel(tenant, first?.jobId ?? '', entryOf('job.cancel'));
    expect(await fireAt(tenant, timeOf(3))).toMatchObject({ verdict: 'fired' });
    expect(await rows()).toBe(2);
  });

  it('fires once if two of its firings are decided at the same time', async () => {
    const { tenant, rows } = await newTenant({ overlap: 'skip' });
    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM schedules WHERE tenant = $1 FOR UPDATE', [tenant]);
      const first = fireAt(tenant, timeOf(1));
      await untilWaiting(db, 1);
      const second = fireAt(tenant, timeOf(2));
      await untilWaiting(db, 2);
      await holder.query('COMMIT');
      expect(await Promise.all([first, second])).toMatchObject([
        { verdict: 'fired' },
        { verdict: 'skipped' },
      ]);
    } finally {
      holder.release();
    }
    expect(await rows()).toBe(1);
  });
});

it('a stopped schedule does not fire', async () => {
  const { tenant, rows } = await newTenant({ state: 'stopped' });
  expect(await fireAt(tenant, timeOf(1))).toMatchObject({ verdict: 'stopped', jobId: null });
  expect(await rows()).toBe(0);
});

describe('a late firing', () => {
  const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

  it('submits its job after an outage of almost four days', async () => {
    const { tenant, rows } = await newTenant();
    expect(await fireAt(tenant, daysAgo(3.99))).toMatchObject({ verdict: 'fired' });
    expect(await rows()).toBe(1);
  });

  it('submits nothing if it is older than that, and its schedule shows it as skipped', async () => {
    const { tenant, rows } = await newTenant();
    const time = daysAgo(4.01);
    expect(await fireAt(tenant, time)).toMatchObject({ verdict: 'too-old', jobId: null });
    expect(await rows()).toBe(0);
    expect(await schedules.get(tenant, 'hourly')).toMatchObject({ last_skipped_time: time });
  });

  it('submits one job, however late it is retried', async () => {
    const { tenant, rows } = await newTenant();
    const decide = (time: string) => fireAt(tenant, time);
    const time = daysAgo(3);
    const first = await decide(time);
    // The firing was handled three days ago, and is retried after a later firing has deleted old records.
    const age = (days: number) =>
      db.sql(
        `UPDATE schedule_firings SET decided_at = decided_at - $2::interval, fire_time = fire_time - $2::interval WHERE tenant = $1`,
        [tenant, `${days} days`],
      );
    await decide(daysAgo(0));
    expect(await decide(time)).toMatchObject({ verdict: 'repeated', jobId: first?.jobId });
    await age(3);
    await decide(daysAgo(0));
    expect(await decide(daysAgo(6))).toMatchObject({ verdict: 'too-old' });
    expect(await rows()).toBe(3);
  });

  it('returns its job when it is repeated soon, even if it is too old by then', async () => {
    const { tenant } = await newTenant();
    const time = daysAgo(3.9);
    const first = await fireAt(tenant, time);
    await db.sql(`UPDATE schedule_firings SET fire_time = fire_time - interval '2 days' WHERE tenant = $1`, [
      tenant,
    ]);
    const older = new Date(Date.parse(time) - 2 * 86_400_000).toISOString();
    await fireAt(tenant, daysAgo(0));
    expect(await fireAt(tenant, older)).toMatchObject({ verdict: 'repeated', jobId: first?.jobId });
  });

  it('does not move back its schedule’s last time', async () => {
    const { tenant } = await newTenant();
    await db.jobs.insert([newJob({ tenant })]);
    await fireAt(tenant, timeOf(2), { maxInFlight: 1 });
    await fireAt(tenant, timeOf(1), { maxInFlight: 1 });
    expect(await schedules.get(tenant, 'hourly')).toMatchObject({
      last_time: timeOf(2),
      last_skipped_time: timeOf(2),
    });
  });
});

it('the creation of a schedule is not reverted if the schedule was changed meanwhile', async () => {
  const { tenant } = await newTenant();
  const put = (name: string, rate: string) =>
    schedules.put(tenant, name, { ...DEFINITION, rate }, entryOf('schedule.put'));
  const created = await put('daily', '1 day');
  await put('daily', '2 days');
  await schedules.takeBack(tenant, 'daily', created, entryOf('schedule.revert'));
  expect(await schedules.get(tenant, 'daily')).toMatchObject({ rate: '2 days' });
});

it('a schedule is recorded as placed only with its current revision', async () => {
  const { tenant } = await newTenant();
  const unplaced = async () => (await schedules.unplaced(tenant, 10)).map(({ revision }) => revision);
  const [replaced = ''] = await unplaced();
  await schedules.put(tenant, 'hourly', DEFINITION, entryOf('schedule.put'));
  const [current = ''] = await unplaced();
  expect(await schedules.markPlaced(tenant, 'hourly', replaced)).toBe(false);
  expect(await unplaced()).toEqual([current]);
  expect(await schedules.markPlaced(tenant, 'hourly', current)).toBe(true);
  expect(await unplaced()).toEqual([]);
  await schedules.markUnplaced(tenant, 'hourly', replaced);
  expect(await unplaced()).toEqual([]);
  await schedules.markUnplaced(tenant, 'hourly', current);
  expect(await unplaced()).toEqual([current]);
});

describe('a firing whose job type cannot run', () => {
  it('submits nothing, and its schedule shows it as skipped', async () => {
    const { tenant, rows } = await newTenant();
    const fired = await fireAt(tenant, timeOf(1), { unavailable: ['sleep'] });
    expect(fired).toMatchObject({ verdict: 'unavailable', jobId: null });
    expect(await rows()).toBe(0);
    expect(await schedules.get(tenant, 'hourly')).toMatchObject({
      last_time: null,
      last_skipped_time: timeOf(1),
    });
  });
});
