import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { simulateBurst, type Burst } from '../../../tools/simulation/burst.ts';

const database = {
  minimumCapacity: 4,
  maximumCapacity: 4,
  statementMilliseconds: 0.5,
  rowMilliseconds: 0.15,
  roundTripMilliseconds: 8,
  resumeSeconds: 15,
};

function burst(given: Partial<Burst> = {}): Burst {
  return {
    jobs: 2000,
    seconds: 1,
    concurrency: 10,
    batch: 1,
    visibilityTimeout: 30,
    crashShare: 0,
    maxAttempts: 2,
    database,
    seed: 1,
    ...given,
  };
}

const bursts = fc
  .record({
    jobs: fc.integer({ min: 1, max: 500 }),
    concurrency: fc.integer({ min: 1, max: 50 }),
    batch: fc.integer({ min: 1, max: 10 }),
    seconds: fc.double({ min: 0, max: 5, noNaN: true }),
    crashShare: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
  })
  .map(burst);

describe('a simulated burst', () => {
  it('always drains, and takes the same time for the same seed', () => {
    fc.assert(
      fc.property(bursts, (each) => {
        const outcome = simulateBurst(each);
        expect(outcome.failed).toBeLessThanOrEqual(each.jobs);
        expect(simulateBurst(each)).toEqual(outcome);
      }),
      { numRuns: 50 },
    );
  });

  it('takes at least the time of its handlers on all workers, plus two statements per execution', () => {
    fc.assert(
      fc.property(bursts, (each) => {
        const healthy = { ...each, crashShare: 0 };
        const outcome = simulateBurst(healthy);
        const executions = Math.ceil(each.jobs / each.batch);
        expect(outcome).toMatchObject({ executions, statements: 2 * executions, crashes: 0, failed: 0 });
        // The shortest handler run takes half of the average time.
        expect(outcome.drainSeconds).toBeGreaterThanOrEqual(
          (executions * each.seconds * 0.5) / each.concurrency,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is limited by the workers if the handlers are long', () => {
    const outcome = simulateBurst(burst());
    expect(outcome.bottleneck).toBe('concurrency');
    expect(outcome.drainSeconds).toBeGreaterThan(200);
    expect(outcome.drainSeconds).toBeLessThan(220);
  });

  it('is limited by the database if the handlers are short, and a larger batch helps', () => {
    const short = { jobs: 20_000, seconds: 0.001, concurrency: 100 };
    const one = simulateBurst(burst(short));
    const ten = simulateBurst(burst({ ...short, batch: 10 }));
    expect(one.bottleneck).toBe('database');
    expect(ten.drainSeconds).toBeLessThan(one.drainSeconds / 2);
  });

  it('is limited by the pollers if it ends before all of them have started', () => {
    expect(simulateBurst(burst({ concurrency: 1000, jobs: 1000 })).bottleneck).toBe('pollers');
  });

  it('reruns the jobs of executions that die, after the visibility timeout, until their attempts are used up', () => {
    const outcome = simulateBurst(burst({ jobs: 10, crashShare: 1 }));
    expect(outcome).toMatchObject({ crashes: 20, failed: 10, executions: 30 });
    expect(outcome.drainSeconds).toBeGreaterThan(60);
    expect(simulateBurst(burst({ crashShare: 0.2, concurrency: 50 })).bottleneck).toBe('reruns');
  });

  it('throttles the second poller if only one job may run, because a mapping has at least two pollers', () => {
    expect(simulateBurst(burst({ concurrency: 1, jobs: 5 })).throttles).toBe(1);
  });

  it('begins when a paused database has resumed', () => {
    const outcome = simulateBurst(burst({ jobs: 1, database: { ...database, minimumCapacity: 0 } }));
    expect(outcome.drainSeconds).toBeGreaterThan(15);
    const asleep = { ...database, minimumCapacity: 0, resumeSeconds: 40 };
    expect(simulateBurst(burst({ jobs: 1, database: asleep })).drainSeconds).toBeGreaterThan(40);
  });

  it('of short jobs takes longer with a slow Data API', () => {
    const drain = (roundTripMilliseconds: number): number =>
      simulateBurst(burst({ seconds: 0.01, database: { ...database, roundTripMilliseconds } })).drainSeconds;
    // Ten workers run 2,000 executions, each of which makes two Data API calls.
    expect(drain(100) - drain(20)).toBeGreaterThan((2_000 * 2 * 0.08) / 10 - 1);
  });
});
