import type { MutantGroup } from '../mutant.ts';

const WINDOW = 'test/unit/adapters/dedup-window.test.ts';
const WINDOWS = 'test/unit/adapters/dedup-windows.test.ts';
const SUBMIT = 'test/unit/job/submit.test.ts';
const RACES = 'test/unit/job/submit-races.test.ts';
const BATCH = 'test/unit/job/submit-batch.test.ts';
const REPLACE = 'test/unit/job/submit-replace.test.ts';

export const DEDUP_WINDOW: MutantGroup = {
  file: 'lambdas/adapters/dynamodb/dedup-window.ts',
  tests: [WINDOW],
  mutants: [
    {
      name: 'a window is opened although another submission holds it',
      text: '`attribute_not_exists(pk) OR window_ends_at <= :now',
      instead: '`attribute_not_exists(pk) OR window_ends_at > :now OR window_ends_at <= :now',
    },
    {
      name: 'a window that has ended stays closed until DynamoDB deletes it',
      text: 'OR window_ends_at <= :now$',
      instead: 'OR (window_ends_at <= :now AND attribute_not_exists(window_ends_at))$',
    },
    {
      name: 'a window is still held at the moment of its end',
      text: 'OR window_ends_at <= :now$',
      instead: 'OR window_ends_at < :now$',
    },
    {
      name: 'the window of a debounced job that has started stays closed',
      text: "${over === undefined ? '' : ' OR job_id = :over'}",
      instead: "${over === undefined ? '' : ' OR job_id <> :over AND job_id = :over'}",
    },
    {
      name: 'two submissions adopt the same window',
      text: "ConditionExpression: '#owner = :from',",
      instead: "ConditionExpression: '#owner = :from OR #owner <> :from',",
    },
    {
      name: 'a submission releases a window that another one has adopted',
      text: "ConditionExpression: '#owner = :owner',",
      instead: "ConditionExpression: '#owner = :owner OR #owner <> :owner',",
    },
  ],
};

export const DEDUP_WINDOWS: MutantGroup = {
  file: 'lambdas/adapters/dynamodb/dedup-windows.ts',
  tests: [WINDOWS],
  mutants: [
    {
      name: 'a batch takes a window that another submission holds',
      text: '\'"window_ends_at" <= ?\'',
      instead: '\'("window_ends_at" <= ? OR attribute_exists("pk"))\'',
    },
    {
      name: 'a batch meets a window as held at the moment of its end',
      text: '\'"window_ends_at" <= ?\'',
      instead: '\'"window_ends_at" < ?\'',
    },
    {
      name: 'a batch does not replace the window of a debounced job that has started',
      text: '("window_ends_at" <= ? OR "job_id" = ?)',
      instead: '("window_ends_at" <= ? AND "job_id" = ?)',
    },
    {
      name: 'a batch releases windows that others have adopted',
      text: 'WHERE "pk" = ? AND "owner" = ?`',
      instead: 'WHERE "pk" = ? AND ("owner" = ? OR attribute_exists("pk"))`',
    },
    {
      name: 'a window that vanished between two statements is lost',
      text: 'await Promise.all(vanished.map(openOne))',
      instead: 'await Promise.all(vanished.slice(0, 0).map(openOne))',
    },
  ],
};

export const DEDUP_ITEM: MutantGroup = {
  file: 'lambdas/adapters/dynamodb/dedup-item.ts',
  tests: [WINDOW, WINDOWS],
  mutants: [
    {
      name: 'tenants share the windows of objects of the same name',
      text: '`object#${tenant}#${objectId}`',
      instead: '`object#${objectId}`',
    },
    {
      name: 'a repeated opening is refused by its own item',
      text: 'found.owner === holder.owner && found.jobId === holder.jobId',
      instead: 'false',
    },
    {
      name: 'an adopted window counts as opened',
      text: 'found.owner === holder.owner && found.jobId === holder.jobId',
      instead: 'found.owner === holder.owner',
    },
    {
      name: 'DynamoDB deletes a window up to a second before its end',
      text: 'Math.ceil(endsAt / 1000)',
      instead: 'Math.floor(endsAt / 1000)',
    },
  ],
};

export const DEDUPLICATION: MutantGroup = {
  file: 'lambdas/job/dedup.ts',
  tests: [RACES, SUBMIT, REPLACE],
  mutants: [
    {
      name: 'a submission writes under a window that it could not adopt',
      text: 'if (!isOver && (await ports.dedup.adopt(key, holder.owner, submissionId))) {',
      instead: 'if (!isOver && ((await ports.dedup.adopt(key, holder.owner, submissionId)) || true)) {',
    },
    {
      name: 'a submission that adopted a window may release it',
      text: 'return { jobId, holder: { ...holder, owner: submissionId }, opened: null, duplicateOf: null };',
      instead:
        'return { jobId, holder: { ...holder, owner: submissionId }, opened: key, duplicateOf: null };',
    },
    {
      name: 'a debounced job that has started still holds its window',
      text: 'if (found && !isOver) return',
      instead: 'if (found) return',
      tests: [REPLACE, 'test/unit/job/submit-replace-races.test.ts'],
    },
    {
      name: 'the key of a debounced job expires before the job is due',
      text: 'debounce ? debounce.maxSeconds + dedupWindowSeconds :',
      instead: 'debounce ? dedupWindowSeconds :',
      tests: [REPLACE, SUBMIT],
    },
  ],
};

export const SUBMISSIONS: MutantGroup = {
  file: 'lambdas/job/submit.ts',
  tests: [SUBMIT, RACES, BATCH],
  mutants: [
    {
      name: 'a submission does not wake the sweeper',
      text: 'await Promise.all([ports.activity.mark(), openWindow(submission, ports)])',
      instead: 'await Promise.all([Promise.resolve(), openWindow(submission, ports)])',
    },
    {
      name: 'a new job gets no message',
      text: '      await wakeWorkers([{ jobId: job.job_id, delaySeconds, tenant, queue: job.queue }], ports);\n',
      instead: '',
    },
    {
      name: 'a new job gets its message at once, whatever its delay',
      text: 'wakeWorkers([{ jobId: job.job_id, delaySeconds, tenant, queue: job.queue }], ports)',
      instead:
        'wakeWorkers([{ jobId: job.job_id, delaySeconds: delaySeconds * 0, tenant, queue: job.queue }], ports)',
    },
    {
      name: 'a replacement that makes a job due sooner sends no message',
      text: 'if (wakeUps.length > 0) await wakeWorkers(wakeUps, ports);',
      instead: '',
      tests: [REPLACE],
    },
    {
      name: 'a window is released although the row may exist',
      text: "(error instanceof StoreUnavailableError && error.applied === 'no' && !error.isResuming);",
      instead: '(error instanceof StoreUnavailableError && !error.isResuming);',
    },
    {
      name: 'a window is released while the database resumes',
      text: "error.applied === 'no' && !error.isResuming);",
      instead: "error.applied === 'no');",
    },
    {
      name: 'a window stays closed although its row does not exist',
      text: 'if (isRefused) await releaseWindows(claimed, ports);',
      instead: '',
    },
    {
      name: 'the windows of refused jobs stay closed',
      text: "if (applied === 'no') await releaseWindows(refused, ports);",
      instead: '',
      tests: [SUBMIT, BATCH, 'test/unit/job/tenant-limits.test.ts'],
    },
    {
      name: 'the windows of refused jobs are released although an earlier execution may have written them',
      text: "if (applied === 'no') await releaseWindows(refused, ports);",
      instead: 'await releaseWindows(refused, ports);',
      tests: [SUBMIT, BATCH, 'test/unit/job/tenant-limits.test.ts'],
    },
    {
      name: 'the windows of jobs beyond the rate stay closed',
      text: '    releaseWindows(claimed.slice(inTime), ports),\n',
      instead: '',
      tests: [SUBMIT, BATCH, 'test/unit/job/tenant-limits.test.ts'],
    },
    {
      name: 'a duplicate that asked to be rejected is returned',
      text: "(isOtherType || onDuplicate === 'reject')",
      instead: '(isOtherType)',
    },
  ],
};
