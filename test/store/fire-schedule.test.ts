import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { FiringStore, ScheduleStore } from '../../lambdas/job/schedules/ports.ts';
import type { ScheduleDefinition } from '../../lambdas/job/schedules/schedule.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob } from './job-rows.ts';

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

/** A tenant with a schedule that doesn't wait for its previous job. */
async function newTenant() {
  const tenant = randomUUID();
  await schedules.put(tenant, 'hourly', DEFINITION, uuidv7());
  return {
    tenant,
    fire: (hour: number, maxInFlight: number) =>
      schedules.fire(
        { tenant, name: 'hourly', fireTime: timeOf(hour) },
        { jobId: uuidv7(), callbackJobId: uuidv7() },
        { unavailable: [], queues: new Map() },
        maxInFlight,
      ),
    rows: async () => (await db.sql('SELECT FROM jobs WHERE tenant = $1', [tenant])).length,
  };
}

const timeOf = (hour: number): string => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;

describe('a firing under a limit of jobs in flight', () => {
  it('submits its job if the tenant has room', async () => {
    const { fire, rows } = await newTenant();
    expect(await fire(1, 2)).toMatchObject({ verdict: 'fired' });
    expect(await fire(2, 2)).toMatchObject({ verdict: 'fired' });
    expect(await rows()).toBe(2);
  });

  it('submits nothing beyond the limit, and its schedule shows the skipped time', async () => {
    const { tenant, fire, rows } = await newTenant();
    await db.jobs.insert([newJob({ tenant })]);
    expect(await fire(1, 1)).toMatchObject({ verdict: 'beyond-limit', jobId: null });
    expect(await rows()).toBe(1);
    const schedule = await schedules.get(tenant, 'hourly');
    expect(schedule).toMatchObject({ last_time: timeOf(1), last_skipped_time: timeOf(1), last_job_id: null });
  });

  it('that was skipped stays skipped when it is delivered again, and the next one fires', async () => {
    const { tenant, fire } = await newTenant();
    const job = newJob({ tenant });
    await db.jobs.insert([job]);
    await fire(1, 1);
    await db.jobs.cancel(tenant, job.job_id);
    expect(await fire(1, 1)).toMatchObject({ verdict: 'repeated', jobId: null });
    expect(await fire(2, 1)).toMatchObject({ verdict: 'fired' });
  });

  it('that fired names its job when it is delivered again, even if the tenant has no room', async () => {
    const { fire } = await newTenant();
    const first = await fire(1, 1);
    expect(await fire(1, 1)).toMatchObject({ verdict: 'repeated', jobId: first?.jobId });
  });

  it('and submissions at the same time fill the room exactly', async () => {
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

  it('is not limited by 0', async () => {
    const { fire, rows } = await newTenant();
    for (const hour of [1, 2, 3]) await fire(hour, 0);
    expect(await rows()).toBe(3);
  });
});
