import { describe, expect, it } from '@jest/globals';
import {
  NothingToPauseError,
  pause,
  resume,
  type Pausable,
  type PausePorts,
} from '../../../../lambdas/job/flow/pauses.ts';
import { entryOf } from '../../../helpers/audit-entries.ts';
import { createRecordingLog } from '../../../helpers/recording-log.ts';

const QUEUE: Pausable = { kind: 'queue', name: 'images' };
const ENTRY = entryOf('queue.resume');

/** Creates a service with a number of parked jobs in each queue. Each round of wake-ups advances the clock by one second. */
function service(
  parked: Record<string, number> = {},
  options: { leftMs?: number; wasPaused?: boolean } = {},
) {
  const calls: string[] = [];
  const left = { ...parked };
  let elapsedMs = 0;
  const ports: PausePorts = {
    pauses: {
      pause(_tenant, { name }) {
        calls.push(`pause ${name}`);
        return Promise.resolve({ paused_at: '2030-01-31T12:00:00.000Z', paused_by: null });
      },
      unpause(_tenant, { name }) {
        calls.push(`unpause ${name}`);
        return Promise.resolve(options.wasPaused ?? true);
      },
      wakeResumed(tenant, queue, most) {
        const count = Math.min(most, left[queue] ?? 0);
        left[queue] = (left[queue] ?? 0) - count;
        elapsedMs += 1_000;
        calls.push(`wake ${count} in ${queue}`);
        return Promise.resolve(
          Array.from({ length: count }, (_none, n) => ({ jobId: String(n), tenant, queue })),
        );
      },
      queuesWithWaitingJobs: () => Promise.resolve(Object.keys(parked)),
    },
    activity: {
      mark() {
        calls.push('mark');
        return Promise.resolve();
      },
    },
    queue: {
      send(wakeUps) {
        calls.push(`send ${wakeUps.length}`);
        return Promise.resolve([]);
      },
    },
    queues: ['default', 'images'],
    types: ['resize'],
    log: createRecordingLog(),
    leftMs: () => (options.leftMs ?? 25_000) - elapsedMs,
    elapsedMs: () => elapsedMs,
  };
  return { ports, calls, left };
}

describe('a pause', () => {
  it.each<Pausable>([
    { kind: 'queue', name: 'nothing' },
    { kind: 'type', name: 'nothing' },
  ])('of an unknown $kind is refused, and the error lists the known ones', async (paused) => {
    const { ports, calls } = service();
    const refused = pause('a', paused, ENTRY, ports);
    await expect(refused).rejects.toThrow(NothingToPauseError);
    await expect(refused).rejects.toThrow(paused.kind === 'queue' ? /default, images/ : /resize/);
    expect(calls).toEqual([]);
  });
});

describe('the end of a pause', () => {
  it('marks the activity first, then ends the pause, then wakes jobs and sends each round before the next', async () => {
    const { ports, calls } = service({ images: 700 });
    expect(await resume('a', QUEUE, ENTRY, ports)).toEqual({ woken: 700, more: false });
    expect(calls).toEqual([
      ...['mark', 'unpause images'],
      ...['wake 500 in images', 'send 500', 'wake 200 in images', 'send 200'],
    ]);
  });

  it('wakes jobs for five seconds, and leaves the rest to the sweeper or the next request', async () => {
    const { ports, left } = service({ images: 10_000 });
    expect(await resume('a', QUEUE, ENTRY, ports)).toEqual({ woken: 2_500, more: true });
    expect(left.images).toBe(7_500);
    expect(await resume('a', QUEUE, ENTRY, ports)).toEqual({ woken: 2_500, more: true });
  });

  it('stops before the request’s time ends', async () => {
    const { ports } = service({ images: 10_000 }, { leftMs: 4_500 });
    expect(await resume('a', QUEUE, ENTRY, ports)).toEqual({ woken: 1_000, more: true });
  });

  it.each([
    [{ default: 1_800, images: 2_000 }, 1_800 + 500],
    [{ default: 3_000, images: 2_000 }, 2_500],
  ])('of a type wakes jobs in all queues, within one time limit: %j', async (parked, woken) => {
    const { ports } = service(parked);
    expect(await resume('a', { kind: 'type', name: 'resize' }, ENTRY, ports)).toEqual({ woken, more: true });
  });

  it('is possible for a queue that was removed, but not for one that never existed', async () => {
    const removed: Pausable = { kind: 'queue', name: 'removed' };
    expect(await resume('a', removed, ENTRY, service().ports)).toEqual({ woken: 0, more: false });
    const { ports } = service({}, { wasPaused: false });
    await expect(resume('a', removed, ENTRY, ports)).rejects.toThrow(NothingToPauseError);
  });
});
