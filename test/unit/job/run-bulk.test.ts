import { describe, expect, it } from '@jest/globals';
import { problemOf, type BulkPosition, type BulkRound } from '../../../lambdas/job/bulk/bulk-change.ts';
import { countMatches } from '../../../lambdas/job/bulk/count-matches.ts';
import { runBulk, type BulkPorts } from '../../../lambdas/job/bulk/run-bulk.ts';
import type { JobFilter } from '../../../lambdas/job/job-filter.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { WITHOUT_FOLLOWERS } from './without-followers.ts';

const CREATE_TIME = '2026-01-01T01:00:00.000Z';
const START = Date.parse(CREATE_TIME);

const BEGIN: BulkPosition = {
  ...{ round: 0, firstId: null, lastId: null, isDone: false },
  ...{ matched: 0, changed: 0, skipped: 0 },
};

const SKIPPED = 'Skipped jobs whose queue no longer exists in this deployment.';

/** Returns a UUIDv7 whose time is `minutes` minutes before the bulk job's. */
function idOf(minutes: number): string {
  const digits = (START - minutes * 60_000).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}

interface Round {
  readonly position?: Partial<BulkPosition>;
  readonly wakes?: number;
  readonly batches?: readonly string[];
  readonly isWithoutRoom?: boolean;
  readonly takesMs?: number;
}

/** Runs a bulk job, using a store that returns `rounds` as the results of the job's rounds. */
function run(
  rounds: readonly Round[],
  options: { deadlineMs?: number; unsent?: number; position?: BulkPosition; filter?: JobFilter } = {},
) {
  const { deadlineMs = 40_000, unsent = 0, position = BEGIN, filter = { type: 'sleep' } } = options;
  const sizes: number[] = [];
  const [asked, sent, reported]: [BulkRound[], string[], unknown[]] = [[], [], []];
  const logged: unknown[] = [];
  const note = (message: string, fields?: Record<string, unknown>): void =>
    void logged.push([message, fields]);
  const log = { debug: note, info: note, warn: note, error: note };
  const controller = new AbortController();
  let now = START;
  const ports: BulkPorts = {
    store: {
      begin: () => Promise.resolve({ position, createTime: CREATE_TIME }),
      change(round) {
        asked.push(round);
        const {
          position: next,
          wakes = 0,
          batches = [],
          isWithoutRoom = false,
          takesMs = 10,
        } = rounds[asked.length - 1] ?? {};
        now += takesMs;
        const wakeUps = Array.from({ length: wakes }, (_, index) => ({
          jobId: `${asked.length}-${index}`,
          ...{ tenant: 'a', queue: 'default' },
        }));
        return Promise.resolve({
          position: { ...round.position, round: asked.length, ...next },
          wakeUps,
          ended: { batches: batches.map((batchId) => ({ tenant: 'a', batchId })) },
          isWithoutRoom,
        });
      },
      ...WITHOUT_FOLLOWERS,
      onCompleteJobs: (batches) =>
        Promise.resolve(
          batches.map(({ batchId }) => ({ jobId: `after ${batchId}`, tenant: 'a', queue: 'default' })),
        ),
    },
    queue: {
      send(wakeUps) {
        sizes.push(wakeUps.length);
        sent.push(...wakeUps.map(({ jobId }) => jobId));
        return Promise.resolve(wakeUps.slice(0, unsent).map(({ jobId }) => jobId));
      },
    },
    clock: { now: () => new Date(now), newId: () => idOf(0), random: () => 0 },
    maxJobsInFlight: 7,
    log: createRecordingLog(),
  };
  const attempt = {
    jobId: 'bulk',
    tenant: 'a',
    deadline: new Date(START + deadlineMs),
    signal: controller.signal,
    progress: (...report: unknown[]) => void reported.push(report),
    log,
  };
  const request = { action: 'retry' as const, filter };
  return { result: runBulk(request, attempt, ports), asked, sent, sizes, reported, logged, controller };
}

describe('an attempt at a bulk job', () => {
  it('makes rounds until the last one, and returns the counts', async () => {
    const { result, asked, sent, reported, logged } = run([
      { position: { firstId: idOf(60), lastId: idOf(45), matched: 2, changed: 2 }, wakes: 2 },
      { position: { firstId: idOf(60), lastId: idOf(30), matched: 3, changed: 2, skipped: 1, isDone: true } },
    ]);
    expect(await result).toEqual({ matched: 3, changed: 2, skipped: 1 });
    expect(asked.map(({ position }) => position.round)).toEqual([0, 1]);
    expect(sent).toEqual(['1-0', '1-1']);
    expect(reported).toEqual([
      [0, '0 matched, 0 changed, 0 skipped'],
      [0.25, '2 matched, 2 changed, 0 skipped'],
      [1, '3 matched, 2 changed, 1 skipped'],
    ]);
    expect(logged).toEqual([[SKIPPED, { jobs: 1 }]]);
  });

  it('logs nothing if no job was skipped and all messages were sent', async () => {
    const { result, logged } = run([{ position: { matched: 2, changed: 2, isDone: true }, wakes: 2 }]);
    await result;
    expect(logged).toEqual([]);
  });

  it('reports no progress while it changes jobs of the bulk job’s own millisecond', async () => {
    const now = { firstId: idOf(0), lastId: idOf(0) };
    const { result, reported } = run([{ position: now }, { position: { isDone: true } }]);
    await result;
    expect(reported.map((report) => (report as unknown[])[0])).toEqual([0, 0, 1]);
  });

  it('sends at most 100 messages per call', async () => {
    const { result, sent, sizes } = run([{ wakes: 250, position: { isDone: true } }]);
    await result;
    expect(sizes).toEqual([100, 100, 50]);
    expect(new Set(sent).size).toBe(250);
  });

  it('examines only jobs that were created before the bulk job and are in a state that the action changes', async () => {
    const { result, asked } = run([{ position: { isDone: true } }]);
    await result;
    expect(asked[0]?.filter).toEqual({
      type: 'sleep',
      status: ['failed', 'canceled'],
      createdBefore: '2026-01-01T01:00:00.001Z',
    });
  });

  it.each([
    [
      'keeps an end of the filter’s time range',
      'earlier',
      '2026-01-01T00:59:00.000Z',
      '2026-01-01T00:59:00.000Z',
    ],
    [
      'ignores an end of the filter’s time range',
      'later',
      '2026-01-01T02:00:00.000Z',
      '2026-01-01T01:00:00.001Z',
    ],
  ])('%s that is %s than the bulk job', async (_what, _when, createdBefore, expected) => {
    const { result, asked } = run([{ position: { isDone: true } }], { filter: { createdBefore } });
    await result;
    expect(asked[0]?.filter.createdBefore).toBe(expected);
  });

  it('makes no round after the last one', async () => {
    const { result, asked } = run([], {
      position: { ...BEGIN, round: 9, isDone: true, matched: 4, changed: 4 },
    });
    expect(await result).toEqual({ matched: 4, changed: 4, skipped: 0 });
    expect(asked).toEqual([]);
  });

  it('leaves the rest to another attempt if the time may be too short for another round', async () => {
    const { result, asked } = run([{ takesMs: 5_000 }, { takesMs: 5_000 }, { takesMs: 6_000 }], {
      deadlineMs: 30_000,
    });
    await expect(result).rejects.toMatchObject({ name: 'ThrottledError', afterSeconds: 0 });
    expect(asked).toHaveLength(3);
  });

  it('makes another round if the time is just enough', async () => {
    const rounds = [{ takesMs: 5_000 }, { position: { isDone: true } }];
    const { result, asked } = run(rounds, { deadlineMs: 20_000 });
    await result;
    expect(asked).toHaveLength(2);
  });

  it('leaves the rest to another attempt if the tenant has no room, after waking the jobs so far', async () => {
    const { result, sent } = run([{ wakes: 3, isWithoutRoom: true }]);
    await expect(result).rejects.toMatchObject({
      name: 'ThrottledError',
      message: 'Waits until the tenant has fewer than 7 unfinished jobs.',
      afterSeconds: undefined,
    });
    expect(sent).toHaveLength(3);
  });

  it('wakes the on_complete jobs of completed batches', async () => {
    const { result, sent } = run([{ wakes: 1, batches: ['import', 'export'], position: { isDone: true } }]);
    await result;
    expect(sent).toEqual(['1-0', 'after import', 'after export']);
  });

  it('stops between two rounds when it is canceled', async () => {
    const { result, asked, controller } = run([{}, {}]);
    controller.abort(new Error('canceled'));
    await expect(result).rejects.toThrow('canceled');
    expect(asked.length).toBeLessThan(2);
  });

  it('logs the skipped jobs of each round, and the messages that SQS did not accept', async () => {
    const { result, logged } = run(
      [
        { position: { skipped: 2 } },
        { position: { skipped: 2 } },
        { position: { skipped: 5, isDone: true }, wakes: 3 },
      ],
      { unsent: 1 },
    );
    await result;
    expect(logged).toEqual([
      [SKIPPED, { jobs: 2 }],
      [SKIPPED, { jobs: 3 }],
      ['Some jobs could not be woken now; the sweeper will wake them.', { jobs: 1 }],
    ]);
  });
});

describe('a filter', () => {
  const failed: JobFilter = { status: ['failed'] };

  it.each([
    ['retry', failed],
    ['retry', { type: 'sleep' }],
    ['cancel', { tag: 'a' }],
    ['delete', { status: ['success', 'failed'] }],
  ] as const)('of %s needs no confirmation: %j', (action, filter) => {
    expect(problemOf(action, filter, false)).toBeUndefined();
  });

  it.each([
    ['retry', {}],
    ['retry', { status: ['failed', 'canceled'] }],
    ['cancel', { status: ['created', 'running'] }],
    ['delete', { status: ['success', 'failed', 'canceled'] }],
  ] as const)('of %s needs a confirmation: %j', (action, filter) => {
    expect(problemOf(action, filter, false)).toMatchObject({ field: 'confirm' });
    expect(problemOf(action, filter, true)).toBeUndefined();
  });

  it('must not have states that the action never changes', () => {
    expect(problemOf('cancel', { status: ['created', 'failed'] }, true)).toEqual({
      field: 'filter.status',
      message: 'must not have failed: cancel changes only jobs that are created, running',
    });
  });
});

describe('a count of the matching jobs', () => {
  const count = (pages: readonly number[], msOfPage = 0) => {
    let asked = 0;
    let now = 0;
    return countMatches(
      'a',
      'retry',
      {},
      {
        elapsedMs: () => now,
        store: {
          count() {
            now += msOfPage;
            asked += 1;
            return Promise.resolve({
              matched: pages[asked - 1] ?? 0,
              continueAfter: asked < pages.length ? idOf(asked) : null,
            });
          },
        },
      },
    );
  };

  it('is exact up to 10,000', async () => {
    expect(await count([4_000, 0, 6_000])).toEqual({ matched: 10_000, exact: true });
    expect(await count([4_000, 6_001])).toEqual({ matched: 10_000, exact: false });
  });

  it('ends after ten seconds', async () => {
    expect(await count([1, 1, 1, 1, 1], 5_000)).toEqual({ matched: 2, exact: false });
  });
});
