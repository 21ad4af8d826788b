import { v7 as uuidv7 } from 'uuid';
import { createBatchStore } from '../../lambdas/adapters/aurora/batch-store.ts';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createSubmissionStore } from '../../lambdas/adapters/aurora/submission-store.ts';
import type { HotStatement } from './explain.ts';
import { ONE_ROW, ONE_WRITE, PAGE } from './hot-statement.ts';
import { newJob, TENANT } from './job-rows.ts';
import { BIG_BATCH } from './million-jobs.ts';

/** Returns the statements for batches. One batch has 200,000 jobs; 100 of them are running and 200 are waiting. */
export function batchStatements(): HotStatement[] {
  const onComplete = {
    ...{ job_id: uuidv7(), type: 'sleep', queue: 'default', payload: {} },
    ...{ max_attempts: 2, timeout_seconds: 46, callback: null },
  };
  const place = { batchId: 'batch-9000', createdAtMicros: Date.now() * 1000 };
  // To count a batch's running jobs, the statement reads those jobs' index entries.
  const maxWastedRows = 200;
  return [
    {
      title: 'ten jobs of a batch',
      call: (api) =>
        createSubmissionStore(api).insert(Array.from({ length: 10 }, () => newJob({ batch_id: 'new' }))),
      maxPages: 10 * ONE_WRITE,
    },
    {
      title: 'the end of a batch',
      call: (api) => createBatchStore(api).put(TENANT, BIG_BATCH, { onComplete, closes: true }),
      answers: [[{ batch: {}, is_refused: false }]],
      maxPages: 2 * ONE_WRITE,
    },
    {
      title: 'a batch',
      call: (api) => createBatchStore(api).get(TENANT, BIG_BATCH),
      maxPages: 10 * ONE_ROW,
      maxWastedRows,
    },
    {
      title: 'whether a batch is completed',
      call: (api) => createBatchStore(api).isCompleted(TENANT, BIG_BATCH),
      maxPages: ONE_ROW,
    },
    ...[undefined, place].map((after) => ({
      title: `the batches ${JSON.stringify({ after })}`,
      call: (api: Parameters<HotStatement['call']>[0]) => createBatchStore(api).list(TENANT, after, PAGE),
      maxPages: PAGE * ONE_ROW,
      maxWastedRows,
    })),
    {
      title: 'the on_complete jobs of ten batches',
      call: (api) =>
        createMendingStore(api).onCompleteJobs(
          Array.from({ length: 10 }, (_, index) => ({ tenant: TENANT, batchId: `batch-${9000 + index}` })),
        ),
      maxPages: 20 * ONE_ROW,
    },
  ];
}
