import type { ConcurrencyKey, ConcurrencyKeyStore } from '../../job/flow/concurrency-keys.ts';
import type { Pause, PauseStore } from '../../job/flow/pauses.ts';
import type { QueueReportStore } from '../../job/flow/queue-report.ts';
import type { JobOfTenant } from '../../job/job-queue.ts';
import type { DataApi, Parameter, Statement } from './data-api.ts';
import { entryParameters } from './sql/audit-entry.ts';
import { CLEAR_LIMIT, LIST_KEYS, SET_LIMIT } from './sql/concurrency-keys.ts';
import { PAUSE, QUEUES_WITH_WAITING_JOBS, UNPAUSE, WAKE_PARKED, WAKE_RESUMED } from './sql/pauses.ts';
import { REPORT_QUEUES } from './sql/queue-report.ts';
import { toWoken, type WokenJob } from './woken-jobs.ts';

export type FlowStore = PauseStore & QueueReportStore & ConcurrencyKeyStore;

/** Gives the API access to queues, pauses and concurrency keys in Aurora. */
export function createFlowStore(dataApi: DataApi): FlowStore {
  async function one<Row>(statement: Statement, parameters: Record<string, Parameter>): Promise<Row> {
    const [row] = await dataApi.query<Row>(statement, parameters);
    if (row === undefined) throw new Error(`${statement.name} returned no row.`);
    return row;
  }

  async function wake(statement: Statement, parameters: Record<string, Parameter>): Promise<JobOfTenant[]> {
    return toWoken(await dataApi.query<WokenJob>(statement, parameters));
  }

  return {
    read: (tenant) => one(REPORT_QUEUES, { tenant }),

    pause: (tenant, { kind, name }, entry) =>
      one<Pause>(PAUSE, { tenant, kind, name, ...entryParameters(entry) }),

    unpause: (tenant, { kind, name }, entry) =>
      one<boolean>(UNPAUSE, { tenant, kind, name, ...entryParameters(entry) }),

    wakeResumed: (tenant, queue, most) => wake(WAKE_RESUMED, { tenant, queue, most }),

    queuesWithWaitingJobs: (tenant) => dataApi.query<string>(QUEUES_WITH_WAITING_JOBS, { tenant }),

    list: (tenant, after, limit) => dataApi.query<ConcurrencyKey>(LIST_KEYS, { tenant, after, limit }),

    async setLimit(tenant, key, limit, entry) {
      await one(SET_LIMIT, { tenant, key, max_running: limit, ...entryParameters(entry) });
    },

    async clearLimit(tenant, key, entry) {
      await one(CLEAR_LIMIT, { tenant, key, ...entryParameters(entry) });
    },

    wakeParked: (tenant, key, most) => wake(WAKE_PARKED, { tenant, key, most }),
  };
}
