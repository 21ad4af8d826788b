import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { jobsOf, type Delivery } from '../../../lambdas/job/settle.ts';
import { runInWaves, type StartTimer } from '../../../lambdas/job/waves.ts';

const BATCH_SIZE = 10;

/** Creates a timer that the test ends. */
function manualTimer(): { startTimer: StartTimer; asked: () => number; end: () => void } {
  let askedMs = 0;
  let end = (): void => undefined;
  return {
    startTimer(ms, onEnd) {
      askedMs = ms;
      end = onEnd;
      return { isOver: () => false, stop: () => undefined };
    },
    asked: () => askedMs,
    end: () => {
      end();
    },
  };
}

const messages: fc.Arbitrary<Delivery[]> = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 12 }), receives: fc.integer({ min: 1, max: 99 }) }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((sizes) =>
    sizes.map(({ size, receives }, index): Delivery => {
      const [jobId = '', ...also] = Array.from({ length: size }, (_, place) => `${index}/${place}`);
      return { id: `m${index}`, jobId, also, receives };
    }),
  );

describe('running in waves', () => {
  it('begins each delivery in one wave or gives it back, and never exceeds the number of parallel jobs', async () => {
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 11 }), async (deliveries, lastWave) => {
        const timer = manualTimer();
        const waves: Delivery[][] = [];
        const givenBack: Delivery[] = [];
        const unfinished = await runInWaves(deliveries, {
          batchSize: BATCH_SIZE,
          remainingMs: () => 60_000,
          run(some, wave) {
            expect(wave).toBe(waves.push([...some]));
            if (wave === lastWave) timer.end();
            return Promise.resolve(some.map(({ id }) => id));
          },
          giveBack(some) {
            givenBack.push(...some);
            return Promise.resolve(some.map(({ id }) => id));
          },
          startTimer: timer.startTimer,
        });
        expect(waves.length).toBeLessThanOrEqual(lastWave);
        for (const wave of waves) {
          expect(wave.length).toBeGreaterThan(0);
          if (wave.length > 1) expect(wave.flatMap(jobsOf).length).toBeLessThanOrEqual(BATCH_SIZE);
        }
        expect(unfinished).toEqual([...waves.flat(), ...givenBack].map(({ id }) => id));
        expect(unfinished.toSorted()).toEqual(deliveries.map(({ id }) => id).toSorted());
        // The first wave must contain a message with the highest receive count.
        const most = Math.max(...deliveries.map(({ receives = 1 }) => receives));
        expect(waves[0]?.some(({ receives }) => receives === most)).toBe(true);
      }),
    );
  });

  it.each([
    [46_000, 920],
    [900_000, 1_000],
  ])('of a function with %d ms left begins the last wave within %d ms', async (remainingMs, windowMs) => {
    const timer = manualTimer();
    await runInWaves([{ id: 'm', jobId: 'j' }], {
      batchSize: BATCH_SIZE,
      remainingMs: () => remainingMs,
      run: () => Promise.resolve([]),
      giveBack: () => Promise.resolve([]),
      startTimer: timer.startTimer,
    });
    expect(timer.asked()).toBe(windowMs);
  });

  it('gives back jobs that have not begun while a long wave still runs', async () => {
    const ended = Promise.withResolvers<Delivery[]>();
    const deliveries = ['a', 'b'].map((id): Delivery => ({ id, jobId: id }));
    const calls: (readonly Delivery[])[] = [];
    const unfinished = await runInWaves(deliveries, {
      batchSize: 1,
      remainingMs: () => 500,
      run: () => ended.promise,
      giveBack(some) {
        calls.push(some);
        ended.resolve([]);
        return Promise.resolve(some);
      },
    });
    expect(calls).toEqual([[deliveries[1]]]);
    expect(unfinished).toEqual([deliveries[1]]);
  });

  it('begins no further wave after one that blocked the event loop for too long', async () => {
    const deliveries = ['a', 'b'].map((id): Delivery => ({ id, jobId: id }));
    const unfinished = await runInWaves(deliveries, {
      batchSize: 1,
      remainingMs: () => 50,
      run(): Promise<Delivery[]> {
        const endsAt = performance.now() + 20;
        while (performance.now() < endsAt);
        return Promise.resolve([]);
      },
      giveBack: (some) => Promise.resolve(some),
    });
    expect(unfinished).toEqual([deliveries[1]]);
  });

  it('gives back jobs that have not begun when a wave asks for it', async () => {
    const deliveries = ['a', 'b', 'c'].map((id): Delivery => ({ id, jobId: id }));
    const givenBack: Delivery[] = [];
    const unfinished = await runInWaves(deliveries, {
      batchSize: 1,
      remainingMs: () => 60_000,
      async run(_some, wave, giveBackWaiting) {
        if (wave === 2) {
          await giveBackWaiting();
          expect(givenBack).toEqual([deliveries[2]]);
        }
        return [];
      },
      giveBack(some) {
        givenBack.push(...some);
        return Promise.resolve(some);
      },
    });
    expect(unfinished).toEqual([deliveries[2]]);
  });

  it('gives back jobs only once, even if it is asked again', async () => {
    const deliveries = ['a', 'b'].map((id): Delivery => ({ id, jobId: id }));
    const calls: (readonly Delivery[])[] = [];
    const unfinished = await runInWaves(deliveries, {
      batchSize: 1,
      remainingMs: () => 60_000,
      async run(_some, _wave, giveBackWaiting) {
        await giveBackWaiting();
        await giveBackWaiting();
        return [];
      },
      giveBack(some) {
        calls.push(some);
        return Promise.resolve(some);
      },
    });
    expect(calls).toEqual([[deliveries[1]]]);
    expect(unfinished).toEqual([deliveries[1]]);
  });

  it('puts as many messages into a wave as their distinct jobs fit into it', async () => {
    const naming = (id: string, ...[jobId = '', ...also]: string[]): Delivery => ({ id, jobId, also });
    const deliveries = [
      naming('one', 'a', 'b'),
      naming('another', 'c'),
      naming('repeated', 'a', 'c'),
      naming('last', 'd'),
    ];
    const waves: string[][] = [];
    await runInWaves(deliveries, {
      batchSize: 3,
      remainingMs: () => 60_000,
      run(some) {
        waves.push(some.map(({ id }) => id));
        return Promise.resolve([]);
      },
      giveBack: () => Promise.resolve([]),
    });
    expect(waves).toEqual([['one', 'another', 'repeated'], ['last']]);
  });

  it('leaves no timer running at the end, even if a wave fails', async () => {
    jest.useFakeTimers();
    try {
      const runOne = (run: () => Promise<Delivery[]>): Promise<Delivery[]> =>
        runInWaves([{ id: 'm', jobId: 'j' }], {
          batchSize: BATCH_SIZE,
          remainingMs: () => 60_000,
          run() {
            expect(jest.getTimerCount()).toBe(1);
            return run();
          },
          giveBack: () => Promise.resolve([]),
        });
      await runOne(() => Promise.resolve([]));
      expect(jest.getTimerCount()).toBe(0);
      await expect(runOne(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
