import type { JobReader } from '../../../lambdas/job/job-store.ts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Job } from '../../../lambdas/job/job.ts';
import type { Clock } from '../../../lambdas/job/clock.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import { rememberRefusals, waitForEnd, type WaitPorts, type WaitSlots } from '../../../lambdas/job/wait.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const CREATED = Date.parse('2026-01-01T00:00:00Z');

const job = (status: JobStatus): Job =>
  ({ job_id: 'a', status, create_time: new Date(CREATED).toISOString() }) as Job;

interface CountingSlots extends WaitSlots {
  free: number;
  asked: number;
  isGone: boolean;
}

/** Creates wait slots that all tenants share. */
function slotsOf(places: number): CountingSlots {
  const slots: CountingSlots = {
    free: places,
    asked: 0,
    isGone: false,
    take: () => {
      slots.asked += 1;
      if (slots.isGone) return Promise.reject(new StoreUnavailableError('dynamodb', 'unknown', 'gone'));
      if (slots.free === 0) return Promise.resolve(undefined);
      slots.free -= 1;
      return Promise.resolve({
        release: () => {
          slots.free += 1;
          return slots.isGone
            ? Promise.reject(new StoreUnavailableError('dynamodb', 'unknown', 'gone'))
            : Promise.resolve();
        },
      });
    },
  };
  return slots;
}

interface Given {
  endsAt?: number;
  lookMs?: number;
  from?: JobStatus;
  slots?: WaitSlots;
  random?: number;
  ageSeconds?: number;
}

const clockOf = (random: number, ageSeconds: number): Clock => ({
  random: () => random,
  now: () => new Date(CREATED + ageSeconds * 1000),
  newId: () => 'unused',
});

/** Waits in simulated time. The job ends at `endsAt`, and each read takes `lookMs`. */
async function wait(forMs: number, given: Given = {}) {
  const {
    endsAt = Infinity,
    lookMs = 0,
    from = 'running',
    slots = slotsOf(1),
    random = 0,
    ageSeconds = 0,
  } = given;
  let now = 0;
  const looks: number[] = [];
  const log = createRecordingLog();
  const statusNow = (): JobStatus => (now >= endsAt ? 'success' : 'running');
  const { value: seen, retryAfterSeconds } = await waitForEnd('default', job(from), forMs, {
    slots,
    log,
    clock: clockOf(random, ageSeconds),
    elapsedMs: () => now,
    pause(ms) {
      expect(ms).toBeGreaterThan(0);
      now += ms;
      return Promise.resolve();
    },
    store: {
      status() {
        looks.push(now);
        now += lookMs;
        return Promise.resolve(statusNow());
      },
      get: () => Promise.resolve(job(statusNow())),
    },
  });
  return { seen, retryAfterSeconds, looks, tookMs: now, logged: log.entries };
}

describe('waiting for the end of a job', () => {
  it('returns the job as read if there is nothing to wait for', async () => {
    expect(await wait(0)).toMatchObject({ seen: { status: 'running' }, looks: [], tookMs: 0 });
    for (const status of ['success', 'failed', 'canceled'] as const) {
      expect(await wait(20_000, { from: status })).toMatchObject({ seen: { status }, looks: [] });
    }
  });

  it('returns it within a second of its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 19_000 }), async (endsAt) => {
        const { seen, tookMs } = await wait(20_000, { endsAt });
        expect(seen.status).toBe('success');
        expect(tookMs - endsAt).toBeLessThan(1_000);
      }),
    );
  });

  it('returns a short job almost immediately', async () => {
    expect((await wait(20_000, { endsAt: 40 })).tookMs).toBeLessThan(100);
  });

  it('returns the current job at the end of the time, and not later', async () => {
    const { seen, looks, tookMs, retryAfterSeconds } = await wait(20_000);
    expect(seen.status).toBe('running');
    expect(tookMs).toBe(20_000);
    expect(looks.length).toBeLessThanOrEqual(35);
    expect(retryAfterSeconds).toBeUndefined();
  });

  it('ends in time although every read is slow', async () => {
    const { tookMs } = await wait(20_000, { lookMs: 300 });
    expect(tookMs).toBeLessThanOrEqual(20_300);
  });

  it('returns the first read if the job is gone', async () => {
    const first = job('running');
    const seen = await waitForEnd('default', first, 1_000, {
      slots: slotsOf(1),
      log: createRecordingLog(),
      clock: clockOf(0, 0),
      elapsedMs: () => 0,
      pause: () => Promise.resolve(),
      store: { status: () => Promise.resolve(undefined), get: () => Promise.resolve(undefined) },
    });
    expect(seen.value).toBe(first);
  });
});

describe('the slot of a wait', () => {
  it('is not taken if there is nothing to wait for', async () => {
    const slots = slotsOf(1);
    await wait(0, { slots });
    await wait(20_000, { slots, from: 'success' });
    expect(slots.asked).toBe(0);
  });

  it('is released when the job ends, when the time ends, and when a read fails', async () => {
    const slots = slotsOf(1);
    await wait(20_000, { slots, endsAt: 100 });
    expect(slots.free).toBe(1);
    await wait(20_000, { slots });
    expect(slots.free).toBe(1);
    const failing: WaitPorts & { store: JobReader } = {
      slots,
      log: createRecordingLog(),
      clock: clockOf(0, 0),
      elapsedMs: () => 0,
      pause: () => Promise.resolve(),
      store: { status: () => Promise.reject(new Error('gone')), get: () => Promise.resolve(undefined) },
    };
    await expect(waitForEnd('default', job('running'), 20_000, failing)).rejects.toThrow('gone');
    expect(slots.free).toBe(1);
  });

  it('causes an immediate response with the time to ask again, if none is free', async () => {
    expect(await wait(20_000, { slots: slotsOf(0) })).toMatchObject({
      seen: { status: 'running' },
      retryAfterSeconds: 1,
      looks: [],
      tookMs: 0,
      logged: [],
    });
  });

  it.each([
    [0, 2],
    [8, 4],
    [3600, 5],
    // The job's age is negative if the database's clock is ahead.
    [-2, 2],
  ])(
    'makes the client of a job of %i s ask again after 1 to %i seconds, if none is free',
    async (ageSeconds, most) => {
      const slots = slotsOf(0);
      expect((await wait(20_000, { slots, ageSeconds })).retryAfterSeconds).toBe(1);
      expect((await wait(20_000, { slots, ageSeconds, random: 0.999 })).retryAfterSeconds).toBe(most);
    },
  );

  it('that cannot be counted is not an error: the client is told to retry, and the reason is logged', async () => {
    const slots = slotsOf(1);
    slots.isGone = true;
    const { seen, retryAfterSeconds, logged } = await wait(20_000, { slots });
    expect([seen.status, retryAfterSeconds]).toEqual(['running', 1]);
    expect(logged).toMatchObject([{ level: 'warn', message: expect.stringContaining('does not wait') }]);
  });

  it('that cannot be released does not affect the response', async () => {
    const slots = slotsOf(1);
    const goesWhile: WaitSlots = {
      async take() {
        const slot = await slots.take('default');
        slots.isGone = true;
        return slot;
      },
    };
    const { seen, retryAfterSeconds, logged } = await wait(20_000, { slots: goesWhile, endsAt: 100 });
    expect([seen.status, retryAfterSeconds]).toEqual(['success', undefined]);
    expect(logged).toMatchObject([{ level: 'warn', message: expect.stringContaining('within a minute') }]);
  });
});

describe('a refused slot', () => {
  it('is remembered for a second, only for its tenant', async () => {
    const slots = slotsOf(0);
    let now = 0;
    const remembering = rememberRefusals(slots, () => now);
    await remembering.take('one');
    now = 999;
    for (let request = 0; request < 100; request += 1) expect(await remembering.take('one')).toBeUndefined();
    expect(slots.asked).toBe(1);
    await remembering.take('two');
    expect(slots.asked).toBe(2);
    now = 1_000;
    slots.free = 1;
    expect(await remembering.take('one')).toBeDefined();
    expect(slots.asked).toBe(3);
  });

  it('is also remembered if the slots could not be counted', async () => {
    const slots = slotsOf(1);
    slots.isGone = true;
    const remembering = rememberRefusals(slots, () => 0);
    await expect(remembering.take('one')).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await remembering.take('one')).toBeUndefined();
    expect(slots.asked).toBe(1);
  });

  it('does not affect a slot that was taken', async () => {
    const slots = slotsOf(2);
    const remembering = rememberRefusals(slots, () => 0);
    await remembering.take('one');
    await remembering.take('one');
    expect([slots.asked, slots.free]).toEqual([2, 0]);
  });
});
