import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { endedJobsOf } from '../../lambdas/adapters/aurora/ended-jobs.ts';
import { createJobStore } from '../../lambdas/adapters/aurora/job-store.ts';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createSignalStore } from '../../lambdas/adapters/aurora/signal-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import type { HotStatement } from './explain.ts';
import { ONE_ROW, ONE_SEARCH, ONE_WRITE, PAGE } from './hot-statement.ts';
import { TENANT } from './job-rows.ts';
import { STEPS } from './million-jobs.ts';

/** Returns the statements for signals, parents and children. The first running job has 10,000 children. */
export function familyStatements({
  running,
  ended,
}: {
  running: readonly string[];
  ended: readonly string[];
}): HotStatement[] {
  const [jobId = ''] = running;
  const signal = { name: 'approve', key: 'first', payload: { approved: true } };
  const calls: [string, (api: DataApi) => Promise<unknown>, number][] = [
    [
      'a signal',
      (api) => createSignalStore(api).signal(TENANT, jobId, signal, entryOf('job.signal')),
      2 * ONE_WRITE,
    ],
    // The statement reads and sorts all of the job's steps.
    [
      'a page of steps',
      (api) => createSignalStore(api).steps(TENANT, jobId, undefined, PAGE),
      STEPS + 4 * ONE_ROW,
    ],
    ['the type of a job', (api) => createJobStore(api, ['default']).type(TENANT, jobId), ONE_ROW],
    ['the key of approval links', (api) => createSignalStore(api).approvalKey(), ONE_ROW],
    ['an approval link', (api) => createSignalStore(api).approval(jobId, 'step-7'), 4 * ONE_ROW],
    ['ten parents to wake', (api) => endedJobsOf(api).wakeParents(running.slice(0, 10)), 2 * ONE_WRITE],
    [
      'ten parents of children to cancel',
      (api) => endedJobsOf(api).cancelChildren(ended.slice(0, 10), 500),
      ONE_WRITE,
    ],
    ['the examination of parents', (api) => createMendingStore(api).examineParents(1_000), 2 * ONE_WRITE],
    [
      'the children of a job',
      (api) =>
        createJobStore(api, ['default']).list({
          ...{ tenant: TENANT, filter: { parentJobId: jobId }, order: 'desc', limit: PAGE },
        }),
      ONE_SEARCH,
    ],
    [
      'the children of a job of another tenant',
      (api) =>
        createJobStore(api, ['default']).list({
          ...{ tenant: 'other', filter: { parentJobId: jobId }, order: 'desc', limit: PAGE },
        }),
      4 * ONE_SEARCH,
    ],
  ];
  return calls.map(([title, call, maxPages]) => ({
    title,
    call,
    maxPages,
    answers: [],
    // The statement reads and discards the children of another tenant's job.
    ...(title.endsWith('another tenant') && { maxWastedRows: 10_000 }),
  }));
}
