import type { MutantGroup } from '../mutant.ts';

export const ENDED_JOBS: MutantGroup = {
  file: 'lambdas/job/ended-jobs.ts',
  tests: ['test/unit/job/ended-jobs.test.ts'],
  mutants: [
    {
      name: 'the on_complete job of a completed batch gets no message',
      text: '  await wakeOnComplete(batches, ports);\n',
      instead: '',
    },
    {
      name: 'the parents of ended jobs are not woken',
      text: '  await wakeParents(parents, ports);\n',
      instead: '',
    },
    {
      name: 'the children of canceled jobs are not canceled',
      text: '  await cancelChildren(canceled, ports);\n',
      instead: '',
    },
    {
      name: 'woken parents get no message',
      text: 'if (woken.length > 0) await queue.send(woken.map(atOnce));',
      instead: '',
    },
    {
      name: 'the callbacks of canceled children get no message',
      text: '[...answer.callbacks, ...(answer.woken ?? [])]',
      instead: '[...(answer.woken ?? [])]',
    },
    {
      name: 'the jobs that got the slots of canceled children get no message',
      text: '[...answer.callbacks, ...(answer.woken ?? [])]',
      instead: 'answer.callbacks',
    },
    {
      name: 'only the first 500 children are canceled',
      text: '[...(answer.hasMore ? parents : []), ...(answer.canceled ?? [])]',
      instead: '[...(answer.canceled ?? [])]',
    },
    {
      name: 'grandchildren are not canceled',
      text: '[...(answer.hasMore ? parents : []), ...(answer.canceled ?? [])]',
      instead: '[...(answer.hasMore ? parents : [])]',
    },
  ],
};

export const DEAD_LETTERS: MutantGroup = {
  file: 'lambdas/job/dead-letter.ts',
  tests: ['test/unit/job/dead-letter.test.ts'],
  mutants: [
    {
      name: 'the job of a dead letter gets no new message',
      text: 'return [...(again.length > 0 ? await queue.send(again) : []), ...held];',
      instead: 'return held;',
    },
    {
      name: 'the callback of a lost job gets no message',
      text: 'if (others.length > 0) await queue.send(others.map',
      instead: 'if (others.length < 0) await queue.send(others.map',
    },
    {
      name: 'the dead letter of a job without a queue is dropped while a worker holds the job',
      text: 'failed.has(jobId) ? [] : [jobId]',
      instead: 'failed.has(jobId) ? [] : []',
    },
    {
      name: 'the family of a lost job is forgotten',
      text: '  await followEndedJobs({ batches, ...familiesOf(known) }, ports);\n',
      instead: '',
    },
  ],
};

export const CANCELLATIONS: MutantGroup = {
  file: 'lambdas/job/cancel.ts',
  tests: ['test/unit/job/cancel.test.ts'],
  mutants: [
    {
      name: 'a cancellation does not wake the sweeper',
      text: '  await ports.activity.mark();\n',
      instead: '',
    },
    {
      name: 'the callback of a canceled job gets no message',
      text: 'if (others.length > 0) await ports.queue.send',
      instead: 'if (others.length < 0) await ports.queue.send',
    },
    {
      name: 'the callback of a canceled job gets a message for each request',
      text: "const callback = applied && job.status === 'canceled' ? job.callback_job_id : null;",
      instead: "const callback = job.status === 'canceled' ? job.callback_job_id : null;",
    },
    {
      name: 'the batch of a canceled job is forgotten',
      text: 'const batches = batchId === null ? [] : [{ tenant, batchId }];',
      instead: 'const batches = batchId === null ? [{ tenant, batchId }].slice(1) : [];',
    },
  ],
};
