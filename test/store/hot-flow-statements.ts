import { createFlowStore } from '../../lambdas/adapters/aurora/flow-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import type { HotStatement } from './explain.ts';
import { ONE_LIST, ONE_ROW, ONE_WRITE, PAGE } from './hot-statement.ts';
import { TENANT } from './job-rows.ts';

const QUEUE = { kind: 'queue', name: 'default' } as const;

/** Returns the statements for queues, pauses and concurrency keys. */
export function flowStatements(): HotStatement[] {
  return [
    {
      title: 'the report on the queues',
      call: (api) => createFlowStore(api).read(TENANT),
      // For each queue, the report reads the first entries of thirteen indexes, and a few entries for held jobs.
      maxPages: 2 * 13 * ONE_ROW,
    },
    {
      title: 'a pause',
      call: (api) => createFlowStore(api).pause(TENANT, QUEUE, entryOf('queue.pause')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'the end of a pause',
      call: (api) => createFlowStore(api).unpause(TENANT, QUEUE, entryOf('queue.resume')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a round of wake-ups after a pause',
      call: (api) => createFlowStore(api).wakeResumed(TENANT, 'default', 500),
      maxPages: 2 * ONE_WRITE,
    },
    {
      title: 'the queues with waiting jobs',
      call: (api) => createFlowStore(api).queuesWithWaitingJobs(TENANT),
      maxPages: ONE_ROW,
    },
    {
      title: 'a page of concurrency keys',
      call: (api) => createFlowStore(api).list(TENANT, '', PAGE),
      maxPages: ONE_LIST,
    },
    {
      title: 'the limit of a concurrency key',
      call: (api) => createFlowStore(api).setLimit(TENANT, 'k', 2, entryOf('concurrency_limit.put')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'the end of a concurrency key’s limit',
      call: (api) => createFlowStore(api).clearLimit(TENANT, 'k', entryOf('concurrency_limit.delete')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a round of wake-ups of a concurrency key',
      call: (api) => createFlowStore(api).wakeParked(TENANT, 'k', 100),
      maxPages: 2 * ONE_WRITE,
    },
  ];
}
