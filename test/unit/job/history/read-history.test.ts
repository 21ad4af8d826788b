import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidRequestError } from '../../../../lambdas/job/errors.ts';
import {
  MAX_POINTS,
  MAX_POINTS_OF_ALL,
  readHistory,
  type History,
  type HistoryQuery,
  type HistoryRequest,
  type HistoryRow,
} from '../../../../lambdas/job/history/read-history.ts';
import { HISTORY_STEPS } from '../../../../lambdas/job/history/resolution.ts';

const NOW = new Date('2026-06-01T12:34:56.789Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

const COUNTS = {
  ...{ accepted: 1, resubmitted: 0, succeeded: 0, failed: 0, canceled: 0, started: 0 },
  ...{ retried: 0, attempts_failed: 0, timed_out: 0, lost: 0, throttled: 0 },
};
const NO_DURATION = { histogram: '0', sumMs: 0, maxMs: 0 };

function rowOf(overrides: Partial<HistoryRow> = {}): HistoryRow {
  return {
    ...{
      time: NOW,
      series: '',
      counts: COUNTS,
      waiting: NO_DURATION,
      run: NO_DURATION,
      endToEnd: NO_DURATION,
    },
    ...overrides,
  };
}

async function read(
  request: HistoryRequest,
  rows: readonly HistoryRow[] = [],
): Promise<{ history: History; query: HistoryQuery }> {
  const queries: HistoryQuery[] = [];
  const history = await readHistory('acme', request, {
    clock: { now: () => NOW },
    store: {
      read(query, limit) {
        queries.push(query);
        return Promise.resolve(rows.slice(0, limit));
      },
    },
  });
  const [query] = queries;
  if (!query) throw new Error('The store was not asked.');
  return { history, query };
}

async function refusalOf(request: HistoryRequest, rows?: readonly HistoryRow[]) {
  const error: unknown = await read(request, rows).catch((reason: unknown) => reason);
  if (!(error instanceof InvalidRequestError)) throw new Error(`Not refused: ${String(error)}`);
  return { place: error.place, ...error.errors[0] };
}

describe('the range of a history', () => {
  it('is the last day in steps of five minutes by default', async () => {
    const { query, history } = await read({});
    const range = { from: '2026-05-31T12:30:00.000Z', to: '2026-06-01T12:35:00.000Z', step: 300 };
    expect(history).toEqual({ ...range, group_by: null, series: [{ name: null, points: [] }] });
    expect(query).toEqual({
      ...{ tenant: 'acme', step: 300, groupBy: null, type: null, queue: null },
      ...{ from: new Date(range.from), to: new Date(range.to) },
    });
  });

  it.each([
    ['three hours', 3 * HOUR_MS, 60],
    ['four hours', 4 * HOUR_MS, 300],
    ['two days', 2 * DAY_MS, 300],
    ['three days', 3 * DAY_MS, 3_600],
    ['30 days', 30 * DAY_MS, 3_600],
    ['35 days', 35 * DAY_MS, 3_600],
    ['40 days', 40 * DAY_MS, 86_400],
    ['a year', 365 * DAY_MS, 86_400],
  ])('of %s has the shortest stored step', async (_range, ms, step) => {
    expect((await read({ from: ago(ms) })).history.step).toBe(step);
  });

  it('is the last three hours by default if it is by the minute', async () => {
    expect((await read({ step: 60 })).history.from).toBe('2026-06-01T09:24:00.000Z');
  });

  it('is rounded to whole steps, of days at midnight UTC', async () => {
    const { history } = await read({ from: ago(3 * DAY_MS), to: ago(DAY_MS), step: 86_400 });
    expect(history).toMatchObject({ from: '2026-05-29T00:00:00.000Z', to: '2026-06-01T00:00:00.000Z' });
  });

  it('ends now at the latest', async () => {
    const { history } = await read({ to: new Date('9999-12-31T23:59:59Z'), from: ago(HOUR_MS), step: 3_600 });
    expect(history).toMatchObject({ from: '2026-06-01T11:00:00.000Z', to: '2026-06-01T13:00:00.000Z' });
  });

  it('can still be read in fine steps a minute after the promised time, for late requests', async () => {
    expect((await read({ from: ago(3 * HOUR_MS + 60_000), step: 60 })).history.step).toBe(60);
    expect((await read({ from: ago(2 * DAY_MS + 60_000), step: 300 })).history.step).toBe(300);
    expect((await read({ from: ago(35 * DAY_MS + 60_000), step: 3_600 })).history.step).toBe(3_600);
  });

  it('has whole steps within the limit, or is refused with a field of the request', async () => {
    const moments = fc.option(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      }),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(moments, fc.integer({ min: 0, max: 500 * DAY_MS }).map(ago)),
        fc.oneof(moments, fc.integer({ min: 0, max: 500 * DAY_MS }).map(ago)),
        fc.constantFrom(undefined, ...HISTORY_STEPS),
        async (from, to, step) => {
          const answer: unknown = await read({ from, to, step }).catch((error: unknown) => error);
          if (answer instanceof InvalidRequestError) {
            expect(['from', 'step']).toContain(answer.errors[0]?.field);
            return;
          }
          const { history } = answer as { history: History };
          const [start, end] = [Date.parse(history.from), Date.parse(history.to)];
          expect(Math.abs(start % (history.step * 1_000))).toBe(0);
          expect(Math.abs(end % (history.step * 1_000))).toBe(0);
          expect((end - start) / history.step / 1_000).toBeLessThanOrEqual(MAX_POINTS);
          expect(end).toBeGreaterThan(start);
          if (step !== undefined) expect(history.step).toBe(step);
        },
      ),
    );
  });
});

describe('a history is refused', () => {
  const query = { place: 'query' };

  it('if it does not begin in the past and before its end', async () => {
    const refusal = { ...query, field: 'from', message: 'must be in the past, and before `to`' };
    expect(await refusalOf({ from: NOW })).toEqual(refusal);
    expect(await refusalOf({ from: ago(-DAY_MS), to: ago(-2 * DAY_MS) })).toEqual(refusal);
    expect(await refusalOf({ from: ago(0), to: ago(HOUR_MS) })).toEqual(refusal);
  });

  it.each([
    [4 * HOUR_MS, 60, 300, '3 hours'],
    [3 * DAY_MS, 900, 3_600, '2 days'],
    [40 * DAY_MS, 3_600, 86_400, '35 days'],
  ])('if its steps are no longer stored: from %d ms ago in %d s', async (ms, step, least, kept) => {
    expect(await refusalOf({ from: ago(ms), step })).toEqual({
      ...query,
      field: 'step',
      message: `must be at least ${least} for this \`from\`: shorter steps are kept for ${kept}`,
    });
  });

  it('if it has too many points', async () => {
    expect(await refusalOf({ from: ago(2_000 * DAY_MS) })).toEqual({
      ...query,
      field: 'from',
      message: 'gives more than 1500 points: choose a shorter range',
    });
  });

  it('if its series have too many points together', async () => {
    const rows = Array.from({ length: MAX_POINTS_OF_ALL + 1 }, (_none, index) =>
      rowOf({ series: `type-${index % 100}` }),
    );
    expect((await read({ group_by: 'type' }, rows.slice(1))).history.series).toHaveLength(100);
    expect(await refusalOf({ group_by: 'type' }, rows)).toEqual({
      ...query,
      field: 'group_by',
      message:
        'gives more than 5000 points: choose a larger step or a shorter range, or filter by type or queue',
    });
  });
});

it('a history has a series for each group, by name, with its points in order', async () => {
  const later = new Date(NOW.getTime() + 60_000);
  const waiting = { histogram: '2', sumMs: 8, maxMs: 6 };
  const rows = [
    rowOf({ series: 'b' }),
    rowOf({ series: 'a', time: later, waiting }),
    rowOf({ series: 'b', time: later }),
  ];
  const { history } = await read({ group_by: 'queue', type: 'sleep' }, rows);
  expect(history.series.map(({ name, points }) => [name, points.map(({ time }) => time)])).toEqual([
    ['a', [later.toISOString()]],
    ['b', [NOW.toISOString(), later.toISOString()]],
  ]);
  expect(history.series[0]?.points).toEqual([
    {
      ...{ time: later.toISOString(), ...COUNTS, run_ms: null, end_to_end_ms: null },
      waiting_ms: { count: 2, mean: 4, p50: 3, p95: 6, p99: 6, max: 6 },
    },
  ]);
});
