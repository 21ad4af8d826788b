import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sleep } from '../../../lambdas/jobs/sleep.ts';
import { payloadProblems, runJobType } from '../../helpers/run-job-type.ts';

describe('sleep', () => {
  it('sleeps for the requested time', async () => {
    const startedAt = performance.now();
    expect(await runJobType(sleep, { seconds: 0.05 })).toMatchObject({
      status: 'success',
      result: { slept: 0.05 },
    });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
  });

  it('sleeps for a random time between its bounds', async () => {
    const bounds = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));
    await fc.assert(
      fc.asyncProperty(bounds, async ([min, more]) => {
        const [from, to] = [min / 1000, (min + more) / 1000];
        const { result } = await runJobType(sleep, { min_seconds: from, max_seconds: to });
        const { slept } = result as { slept: number };
        expect(slept).toBeGreaterThanOrEqual(from);
        expect(slept).toBeLessThanOrEqual(to);
      }),
      { numRuns: 50 },
    );
  });

  it('stops immediately when it is canceled', async () => {
    const startedAt = performance.now();
    const cancel = AbortSignal.timeout(20);
    expect(await runJobType(sleep, { seconds: 60 }, { cancel })).toMatchObject({ status: 'canceled' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('stops at its timeout', async () => {
    expect(await runJobType(sleep, { seconds: 60 }, { timeoutSeconds: 0.02 })).toMatchObject({
      status: 'failed',
      outcome: 'timeout',
      message: 'exceeded the timeout of 0.02 s',
    });
  });

  it.each([
    [{ seconds: -1 }, 'seconds'],
    [{ seconds: 9_001 }, 'seconds'],
    [{ seconds: 1, max_seconds: 2 }, 'seconds'],
    [{ min_seconds: 2, max_seconds: 1 }, 'max_seconds'],
    [{ hours: 1 }, 'hours'],
  ])('refuses %j', (payload, field) => {
    expect(payloadProblems(sleep, payload)).toEqual([expect.stringMatching(new RegExp(`^${field} `))]);
  });
});
