import { createHistoryRollUpStore, createHistoryStore } from '../../lambdas/adapters/aurora/history-store.ts';
import type { HistoryQuery } from '../../lambdas/job/history/read-history.ts';
import { startOfStep } from '../../lambdas/job/history/resolution.ts';
import type { HotStatement } from './explain.ts';
import { TENANT } from './job-rows.ts';

/**
 * The number of history rows for one day, and for the whole history. Each of twelve types has two rows for each of the last 195 minutes, and one row
 * for each five-minute and hourly period before that. The row counts are rounded up, because a range may begin and end in the middle of a period,
 * and because the test may read the rows up to five minutes after writing them.
 */
const ROWS_OF_A_DAY = (200 * 2 + 250) * 12;
const ROWS = (195 * 2 + 567 + 800) * 12;

/** The minimum number of one tenant's rows on a database page. Rows take about 300 bytes, and the two tenants' rows share pages. */
const ROWS_OF_A_PAGE = 6;

/** Returns a query for the history of the last `days` days. */
function historyOf(days: number, step: number): HistoryQuery {
  const to = startOfStep(new Date(), step);
  const from = new Date(to.getTime() - days * 86_400_000);
  return { tenant: TENANT, from, to, step, groupBy: null, type: null, queue: null };
}

/** Returns the statements that read or merge the history, with page limits based on the rows that `fillJobs` writes. */
export function historyStatements(pagesOfRow: number): HotStatement[] {
  return [
    {
      title: 'the history of a day',
      call: (api) => createHistoryStore(api).read(historyOf(1, 300), 5_000),
      maxPages: ROWS_OF_A_DAY / ROWS_OF_A_PAGE,
      maxWastedRows: ROWS_OF_A_DAY,
    },
    {
      title: 'the history of a type for five weeks',
      call: (api) => createHistoryStore(api).read({ ...historyOf(35, 3_600), type: 'type-7' }, 5_000),
      // Five weeks cover all rows. Half of the rows belong to the other tenant.
      maxPages: (2 * ROWS) / ROWS_OF_A_PAGE,
      maxWastedRows: 2 * ROWS,
      mayScan: 'job_history',
    },
    {
      title: 'a roll-up of the history',
      call: (api) =>
        createHistoryRollUpStore(api).rollUp(
          { stepSeconds: 60, nextSeconds: 300 },
          new Date(Date.now() - 3_600_000),
          2_000,
        ),
      maxPages: 2_000 * pagesOfRow,
      maxWastedRows: 2_000,
    },
  ];
}
