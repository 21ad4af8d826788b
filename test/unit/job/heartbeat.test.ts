import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { startHeartbeat, type Heartbeat } from '../../../lambdas/job/heartbeat.ts';
import type { Beat, ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { claimedJob } from './attempts.ts';
import { anyText } from '../../helpers/any-text.ts';

type Stops = { jobId: string; reason: 'canceled' | 'superseded' }[];

let heartbeat: Heartbeat | undefined;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  heartbeat?.end();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

/** Starts the jobs' heartbeat. `answer` returns the store's response to each heartbeat. */
function start(
  jobIds: readonly string[],
  answer: (beats: readonly Beat[]) => Promise<Stops> = () => Promise.resolve([]),
) {
  const asked: { at: number; beats: readonly Beat[] }[] = [];
  const startedAt = Date.now();
  const log = createRecordingLog();
  const jobs = jobIds.map((jobId): ClaimedJob => claimedJob({ jobId }));
  const started = startHeartbeat(jobs, {
    log,
    store: {
      beat(beats) {
        asked.push({ at: Date.now() - startedAt, beats });
        return answer(beats);
      },
    },
  });
  heartbeat = started;
  return { heartbeat: started, asked, log: log.entries };
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('the heartbeat of parallel jobs', () => {
  it('costs no call for a job that ends within seconds', async () => {
    const { asked } = start(['a', 'b']);
    await pass(3_999);
    expect(asked).toEqual([]);
  });

  it('asks every four seconds, with one call, which jobs must stop', async () => {
    const { asked } = start(['a', 'b']);
    await pass(12_000);
    expect(asked.map(({ at }) => at)).toEqual([4_000, 8_000, 12_000]);
    expect(asked[0]?.beats).toEqual([
      { jobId: 'a', attempt: 1, fence: 1, progress: null },
      { jobId: 'b', attempt: 1, fence: 1, progress: null },
    ]);
  });

  it('stops jobs that must stop with the reason, and then asks only about the others', async () => {
    const { heartbeat: beating, asked } = start(['a', 'b', 'c'], (beats) =>
      Promise.resolve(
        beats.length === 3
          ? [
              { jobId: 'a', reason: 'canceled' },
              { jobId: 'c', reason: 'superseded' },
            ]
          : [],
      ),
    );
    await pass(4_000);
    const stops = ['a', 'b', 'c'].map((jobId) => beating.pulseOf(jobId).stop);
    expect(stops.map(({ aborted }) => aborted)).toEqual([true, false, true]);
    expect(stops.map(({ reason }) => reason as unknown)).toEqual(['canceled', undefined, 'superseded']);
    await pass(4_000);
    expect(asked[1]?.beats.map(({ jobId }) => jobId)).toEqual(['b']);
  });

  it('notices a cancellation within five seconds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20_000 }), async (canceledAt) => {
        const startedAt = Date.now();
        const { heartbeat: beating } = start(['a'], () =>
          Promise.resolve(Date.now() - startedAt >= canceledAt ? [{ jobId: 'a', reason: 'canceled' }] : []),
        );
        await pass(canceledAt + 5_000);
        expect(beating.pulseOf('a').stop.aborted).toBe(true);
        beating.end();
      }),
      { numRuns: 30 },
    );
  });

  it('makes no calls when all jobs have been stopped', async () => {
    const { asked } = start(['a'], () => Promise.resolve([{ jobId: 'a', reason: 'canceled' }]));
    await pass(20_000);
    expect(asked).toHaveLength(1);
  });

  it('logs a failed call, and continues', async () => {
    const { heartbeat: beating, asked, log } = start(['a'], () => Promise.reject(new Error('gone')));
    await pass(8_000);
    expect(asked).toHaveLength(2);
    expect(log).toMatchObject([{ level: 'warn' }, { level: 'warn' }]);
    expect(beating.pulseOf('a').stop.aborted).toBe(false);
  });

  it('makes no second call during the first', async () => {
    const { asked } = start(['a'], () => new Promise(() => undefined));
    await pass(20_000);
    expect(asked).toHaveLength(1);
  });

  it('makes no calls after its end', async () => {
    const { heartbeat: beating, asked } = start(['a']);
    beating.end();
    await pass(20_000);
    expect(asked).toEqual([]);
  });

  it('ignores other jobs', () => {
    expect(() => start(['a']).heartbeat.pulseOf('b')).toThrow('Job b has no heartbeat.');
  });
});

describe('progress', () => {
  it('is written once by the next beat, which writes only the latest', async () => {
    const { heartbeat: beating, asked } = start(['a', 'b']);
    const { progress } = beating.pulseOf('a');
    progress(0.1, 'begun');
    progress(0.2);
    await pass(2_000);
    expect(asked).toEqual([
      {
        at: 2_000,
        beats: [
          { jobId: 'a', attempt: 1, fence: 1, progress: { fraction: 0.2, note: null } },
          { jobId: 'b', attempt: 1, fence: 1, progress: null },
        ],
      },
    ]);
    await pass(2_000);
    expect(asked[1]?.beats[0]?.progress).toBeNull();
    expect(beating.pulseOf('a').latest()).toEqual({ fraction: 0.2, note: null });
  });

  it('is written at most every two seconds, however often it is reported', async () => {
    const { heartbeat: beating, asked } = start(['a']);
    for (let step = 1; step <= 100; step += 1) {
      beating.pulseOf('a').progress(step / 100);
      await pass(100);
    }
    expect(asked.map(({ at }) => at)).toEqual([2_000, 4_000, 6_000, 8_000, 10_000]);
  });

  it('that a failed beat did not write is written by the next one', async () => {
    let isGone = true;
    const { heartbeat: beating, asked } = start(['a'], () =>
      isGone ? Promise.reject(new Error('gone')) : Promise.resolve([]),
    );
    beating.pulseOf('a').progress(0.5);
    await pass(2_000);
    isGone = false;
    await pass(2_000);
    expect(asked[1]?.beats[0]?.progress).toEqual({ fraction: 0.5, note: null });
    await pass(4_000);
    expect(asked[2]?.beats[0]?.progress).toBeNull();
  });

  it.each([0, 1, 0.5])('can be %s', (fraction) => {
    const pulse = start(['a']).heartbeat.pulseOf('a');
    pulse.progress(fraction);
    expect(pulse.latest()?.fraction).toBe(fraction);
  });

  it.each([-0.1, 1.1, NaN, Infinity])('cannot be %s', (fraction) => {
    const pulse = start(['a']).heartbeat.pulseOf('a');
    expect(() => {
      pulse.progress(fraction);
    }).toThrow(RangeError);
    expect(pulse.latest()).toBeNull();
  });

  it('has a note that can be stored, whatever the handler writes', () => {
    fc.assert(
      fc.property(anyText(300), (text) => {
        const { heartbeat: beating } = start(['a']);
        const pulse = beating.pulseOf('a');
        pulse.progress(1, text);
        const note = pulse.latest()?.note ?? '';
        expect(note.length).toBeLessThanOrEqual(200);
        expect(note.includes('\0')).toBe(false);
        expect(note.isWellFormed()).toBe(true);
        beating.end();
      }),
    );
  });
});
