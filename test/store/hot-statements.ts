import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createJobStatistics } from '../../lambdas/adapters/aurora/job-statistics.ts';
import { createJobStore } from '../../lambdas/adapters/aurora/job-store.ts';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createMessageStore, createOutbox } from '../../lambdas/adapters/aurora/message-store.ts';
import { createPruneStore } from '../../lambdas/adapters/aurora/prune-store.ts';
import { createSubmissionStore } from '../../lambdas/adapters/aurora/submission-store.ts';
import { createWebhookKeyStore } from '../../lambdas/adapters/aurora/webhook-key-store.ts';
import { PING } from '../../lambdas/adapters/aurora/sql/count-jobs.ts';
import { MAX_EXAMINED_JOBS } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';
import type { JobFilter } from '../../lambdas/job/job-filter.ts';
import type { JobQuery } from '../../lambdas/job/job-store.ts';
import { v7 as uuidv7 } from 'uuid';
import { LOG_START } from '../../lambdas/job/job-logs.ts';
import { ACTOR, entryOf } from '../helpers/audit-entries.ts';
import type { HotStatement } from './explain.ts';
import { historyStatements } from './history-statements.ts';
import { auditStatements } from './hot-audit-statements.ts';
import { flowStatements } from './hot-flow-statements.ts';
import { batchStatements } from './hot-batch-statements.ts';
import { bulkStatements } from './hot-bulk-statements.ts';
import { scheduleStatements } from './hot-schedule-statements.ts';
import { ONE_LIST, ONE_ROW, ONE_SEARCH, ONE_WRITE, PAGE, type SomeRows } from './hot-statement.ts';
import { familyStatements } from './hot-family-statements.ts';
import { stepStatements } from './hot-step-statements.ts';
import { workerStatements } from './hot-worker-statements.ts';
import { newJob, TENANT } from './job-rows.ts';
import { BIG_BATCH } from './million-jobs.ts';

/** Returns every statement that a request, a worker or the sweeper sends, at the statement's maximum size. */
export function hotStatements(rows: SomeRows): HotStatement[] {
  const { ended, running, failed, waiting, message } = rows;
  const [someJob = ''] = ended;
  const whole = { job_id: someJob, payload_in_parts: true, result_in_parts: true };
  const takes = { tenant: TENANT, limit: PAGE, leaseMs: 60_000, maxAttempts: 3 };
  const settlement = { messageId: message, taker: uuidv7(), attempt: 1, error: null, retryInMs: 0 };
  return [
    {
      title: 'a submission',
      call: (api) => createSubmissionStore(api).insert([newJob()]),
      maxPages: ONE_WRITE,
    },
    {
      title: 'the key of a tenant that has rotated it',
      call: (api) => createWebhookKeyStore(api).read('tenant-7'),
      maxPages: ONE_ROW,
    },
    {
      title: 'the rotation of a key',
      call: (api) =>
        createWebhookKeyStore(api).rotate(
          { tenant: 'tenant-7', generation: 2, overlapSeconds: 60 },
          entryOf('webhook_key.rotate'),
        ),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a submission of a tenant with a limit',
      call: (api) => createSubmissionStore(api).insertThatFit([newJob()], 10_000_000),
      // Half of the pages belong to the system catalog. A connection reads those pages the first time it calls a function.
      maxPages: 2 * ONE_WRITE,
    },
    {
      title: 'a batch of 100',
      call: (api) => createSubmissionStore(api).insert(Array.from({ length: 100 }, () => newJob())),
      maxPages: 100 * ONE_WRITE,
    },
    {
      title: 'a replacement of a waiting job',
      call: (api) =>
        createSubmissionStore(api).replace(TENANT, [newJob({ job_id: waiting, submission_id: uuidv7() })]),
      // The statement writes the row, its index entries, and the audit entry. Half of the pages belong to the system catalog.
      maxPages: 2 * ONE_WRITE,
    },
    {
      title: 'the holders of 100 windows',
      call: (api) => createSubmissionStore(api).find(TENANT, ended),
      maxPages: 100 * ONE_ROW,
    },
    ...batchStatements(),
    ...historyStatements(ONE_ROW),
    ...bulkStatements(running[0] ?? ''),
    {
      title: 'a job with a large payload and a large result',
      call: (api) => createJobStore(api, ['default']).get(TENANT, someJob),
      answers: [[whole]],
      maxPages: ONE_ROW,
    },
    {
      title: 'a status',
      call: (api) => createJobStore(api, ['default']).status(TENANT, someJob),
      maxPages: ONE_ROW,
    },
    {
      title: 'the attempts',
      call: (api) => createJobStore(api, ['default']).attempts(TENANT, someJob),
      maxPages: 2 * ONE_ROW,
    },
    {
      title: 'a log',
      call: (api) => createJobStore(api, ['default']).log(TENANT, someJob, LOG_START, undefined),
      maxPages: 2 * ONE_ROW,
    },
    {
      title: 'a cancellation',
      call: (api) => createJobStore(api, ['default']).cancel(TENANT, waiting, entryOf('job.cancel')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a retry by request',
      call: (api) =>
        createJobStore(api, ['default']).resubmit(TENANT, failed, uuidv7(), 0, entryOf('job.retry')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a retry by request of a tenant with a limit',
      call: (api) =>
        createJobStore(api, ['default']).resubmit(TENANT, failed, uuidv7(), 10_000_000, entryOf('job.retry')),
      maxPages: 2 * ONE_WRITE,
    },
    ...listsOf(rows),
    ...workerStatements(rows, 10 * ONE_WRITE),
    ...stepStatements(rows),
    ...familyStatements(rows),
    {
      title: 'ten dead letters',
      call: (api) => createMendingStore(api).settle(running.slice(0, 10)),
      maxPages: 10 * ONE_WRITE,
    },
    {
      title: 'a sweep',
      call: (api) => createMendingStore(api).takeOverdue(60, 500),
      maxPages: 500 * 30,
      maxWastedRows: 500,
    },
    {
      title: 'a sweep during a backlog',
      call: (api) => createMendingStore(api).takeOverdueOfEachTenant({ only: ['default'] }, 60, 10, 500),
      // The statement reads ten jobs for each of two tenants.
      maxPages: 20 * 50,
    },
    {
      title: 'a sweep of the other queues during a backlog',
      call: (api) => createMendingStore(api).takeOverdueOfEachTenant({ allBut: ['images'] }, 60, 500, 500),
      maxPages: 500 * 30,
      maxWastedRows: 500,
    },
    {
      title: 'the look for parked jobs that nothing holds, where none is parked',
      call: (api) => createMendingStore(api).wakeForgotten(500),
      maxPages: 4 * ONE_ROW,
    },
    {
      title: 'ten jobs without a queue',
      call: (api) => createMendingStore(api).failWithoutQueue([waiting, ...running.slice(0, 9)]),
      maxPages: 10 * ONE_WRITE,
    },
    {
      title: 'a batch of pruning',
      call: (api) => createPruneStore(api).prune(7, 500),
      maxPages: 2 * 500 * 30,
      // The oldest jobs are children of a running job, so the statement reads and skips them. The statement also sorts jobs that ended at the same
      // time.
      maxWastedRows: 5 * 500 + 100,
      // 5,000 schedules take up fewer pages than 500 index look-ups would read. With more schedules, the planner uses the index.
      mayScan: 'schedules',
    },
    { title: 'the statistics', call: (api) => createJobStatistics(api).read(TENANT), maxPages: 2 * ONE_ROW },
    { title: 'a health check', call: (api) => api.query(PING), maxPages: 0 },
    {
      title: 'a new message',
      call: (api) =>
        createMessageStore(api).insert({
          ...{ message_id: uuidv7(), tenant: TENANT, to: 'x', content: 'y', submitted_by: ACTOR },
        }),
      maxPages: ONE_WRITE,
    },
    { title: 'a message', call: (api) => createMessageStore(api).get(TENANT, message), maxPages: ONE_ROW },
    ...[{}, { status: 'sent' as const }, { status: 'failed' as const }].flatMap((filter) =>
      [{}, { before: message }].map((before) => ({
        title: `the messages ${JSON.stringify({ ...filter, ...before })}`,
        call: (api: DataApi) =>
          createMessageStore(api).list({ tenant: TENANT, limit: PAGE, ...filter, ...before }),
        maxPages: ONE_LIST,
        maxWastedRows: 10 * PAGE,
      })),
    ),
    {
      title: 'a take of 100 messages',
      call: (api) => createOutbox(api).take({ taker: uuidv7(), ...takes }),
      maxPages: 100 * 30,
      // The statement sorts all 310 due messages, which is cheaper than reading them in order.
      maxWastedRows: 400,
    },
    {
      title: 'a take of a tenant without messages, while another has many',
      call: (api) => createOutbox(api).take({ ...takes, tenant: 'other', taker: uuidv7() }),
      maxPages: ONE_ROW,
    },
    {
      title: 'what became of a message',
      call: (api) => createOutbox(api).settle({ ...settlement, status: 'sent', receiverMessageId: '1' }),
      maxPages: ONE_WRITE,
    },
    {
      title: 'messages given back',
      call: (api) => createOutbox(api).giveBack(uuidv7(), [message]),
      maxPages: ONE_WRITE,
    },
    ...scheduleStatements(),
    ...flowStatements(),
    ...auditStatements(rows),
  ];
}

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

/** Returns statements that list jobs with many combinations of filters, including combinations that few or no jobs match. */
function listsOf({ ended }: SomeRows): HotStatement[] {
  const filters = [
    ...combined(
      [{}, { status: ['success'] }, { status: ['failed'] }, { status: ['running'] }],
      [{}, { type: 'sleep' }, { type: 'analyze' }, { type: 'send_messages' }],
      [{}, { objectId: 'object-7' }, { objectId: 'the busy one' }],
    ),
    ...combined(
      [{}, { status: ['failed', 'canceled'] }, { status: ['success'], type: 'analyze' }],
      [
        { queue: 'nowhere' },
        { batchId: BIG_BATCH },
        { batchId: BIG_BATCH, tag: 'nobody has it' },
        { batchId: 'nobody has it' },
        { tag: 'every second' },
        { tag: 'rare' },
        { tag: 'nobody has it' },
        { metadata: { customer: 'customer-7' } },
        { metadata: { region: 'eu' }, tag: 'rare' },
        { message: 'answered 500' },
        { message: 'nobody wrote it' },
        { createdAfter: ago(1), createdBefore: ago(0) },
        { createdAfter: ago(20 * 24), createdBefore: ago(20 * 24 - 1) },
        { createdAfter: ago(20 * 24), message: 'nobody wrote it' },
        { createdBefore: ago(20 * 24), tag: 'every second' },
      ],
    ),
  ];
  const places: Pick<JobQuery, 'order' | 'after'>[] = [
    { order: 'desc' },
    { order: 'desc', after: ended[0] },
    { order: 'asc', after: ended[0] },
  ];
  return filters.flatMap((filter) =>
    places.map((place) => ({
      title: `the jobs ${JSON.stringify({ ...filter, ...place })}`,
      call: (api: DataApi) =>
        createJobStore(api, ['default']).list({ tenant: TENANT, limit: PAGE, filter, ...place }),
      maxPages: ONE_SEARCH,
      maxWastedRows: MAX_EXAMINED_JOBS,
    })),
  );
}

/** Returns every combination of one filter from each list. */
function combined(...alternatives: JobFilter[][]): JobFilter[] {
  return alternatives.reduce<JobFilter[]>(
    (filters, more) => filters.flatMap((filter) => more.map((each) => ({ ...filter, ...each }))),
    [{}],
  );
}

/**
 * Statements that may read a whole table: `set-state-of-all-schedules` changes all schedules of a tenant, and
 * `delete-schedule` deletes all data of a schedule.
 */
export const NOT_BOUNDED = ['set-state-of-all-schedules', 'delete-schedule'];
