import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Job } from '../../../lambdas/job/job.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import { waitForEnd } from '../../../lambdas/job/wait.ts';

const job = (status: JobStatus): Job => ({ job_id: 'a', status }) as Job;

/** Waits in a time of its own: the job ends at `endsAt`, each look takes `lookMs`. */
async function wait(forMs: number, world: { endsAt?: number; lookMs?: number; from?: JobStatus } = {}) {
  const { endsAt = Infinity, lookMs = 0, from = 'running' } = world;
  let now = 0;
  const looks: number[] = [];
  const statusNow = (): JobStatus => (now >= endsAt ? 'success' : 'running');
  const seen = await waitForEnd('default', job(from), forMs, {
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
  return { seen, looks, tookMs: now };
}

describe('waiting for the end of a job', () => {
  it('returns it as it was read when nothing is to be waited for', async () => {
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

  it('sees a job that takes a moment almost at once', async () => {
    expect((await wait(20_000, { endsAt: 40 })).tookMs).toBeLessThan(100);
  });

  it('returns it as it is when the time is over, and not later', async () => {
    const { seen, looks, tookMs } = await wait(20_000);
    expect(seen.status).toBe('running');
    expect(tookMs).toBe(20_000);
    expect(looks.length).toBeLessThanOrEqual(35);
  });

  it('is over in time although every look is slow', async () => {
    const { tookMs } = await wait(20_000, { lookMs: 300 });
    expect(tookMs).toBeLessThanOrEqual(20_300);
  });

  it('returns what was read first where the job is gone', async () => {
    const first = job('running');
    const seen = await waitForEnd('default', first, 1_000, {
      elapsedMs: () => 0,
      pause: () => Promise.resolve(),
      store: { status: () => Promise.resolve(undefined), get: () => Promise.resolve(undefined) },
    });
    expect(seen).toBe(first);
  });
});
