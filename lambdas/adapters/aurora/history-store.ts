import type { DurationRow, HistoryCounts, HistoryRow, HistoryStore } from '../../job/history/read-history.ts';
import type { HistoryRollUpStore } from '../../job/history/roll-up.ts';
import type { DataApi } from './data-api.ts';
import { COUNTS, DURATIONS, READ_HISTORY, ROLL_UP_HISTORY } from './sql/history.ts';

/**
 * The maximum number of rows per response. A row that uses every histogram bucket is about 1 KB, and a Data API response is
 * limited to 1 MiB: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
 */
const PAGE = 700;

/** Reads the history from Aurora. */
export function createHistoryStore(dataApi: DataApi): HistoryStore {
  return {
    async read({ tenant, from, to, step, groupBy, type, queue }, limit) {
      const rows: HistoryRow[] = [];
      for (;;) {
        const last = rows.at(-1);
        const page = Math.min(PAGE, limit - rows.length);
        const found = await dataApi.query<unknown[]>(READ_HISTORY, {
          ...{ tenant, step, type, queue, group_by: groupBy },
          ...{ from: secondsOf(last?.time ?? from), to: secondsOf(to) },
          ...{ after: last?.series ?? null, limit: page },
        });
        rows.push(...found.map(toRow));
        if (found.length < page || rows.length === limit) return rows;
      }
    },
  };
}

/** Merges and deletes old history rows in Aurora. */
export function createHistoryRollUpStore(dataApi: DataApi): HistoryRollUpStore {
  return {
    async rollUp({ stepSeconds, nextSeconds }, before, limit) {
      const [row] = await dataApi.query<{ rows: number; oldest_ms: number | null }>(ROLL_UP_HISTORY, {
        ...{ step: stepSeconds, next: nextSeconds, before: secondsOf(before), limit },
      });
      if (!row) throw new Error(`${ROLL_UP_HISTORY.name} returned no row.`);
      return { rows: row.rows, oldest: row.oldest_ms === null ? null : new Date(row.oldest_ms) };
    },
  };
}

/** Parses a row as returned by {@link READ_HISTORY}. */
function toRow([seconds, series, ...values]: unknown[]): HistoryRow {
  const counts = Object.fromEntries(COUNTS.map((name, index) => [name, Number(values[index])]));
  const durations = DURATIONS.map((_name, index): DurationRow => {
    const [histogram, sumMs, maxMs] = values.slice(COUNTS.length + 3 * index);
    return { histogram: String(histogram), sumMs: Number(sumMs), maxMs: Number(maxMs) };
  });
  const [waiting, run, endToEnd] = durations as [DurationRow, DurationRow, DurationRow];
  return {
    time: new Date(Number(seconds) * 1_000),
    series: String(series),
    counts: counts as unknown as HistoryCounts,
    ...{ waiting, run, endToEnd },
  };
}

function secondsOf(moment: Date): number {
  return moment.getTime() / 1_000;
}
