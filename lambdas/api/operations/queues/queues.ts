import * as z from 'zod/mini';
import { JOB_NAME, JOB_NAME_EXPECTED } from '../../../job/definition.ts';
import { lazy } from '../../../lazy.ts';
import {
  pausedQueue,
  pausedQueueExample,
  queueList,
  queueListExample,
  resumedQueue,
  resumedQueueExample,
} from '../../documents/views/queue.ts';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';

const report = lazy(async () => (await import('./flow-handlers.ts')).report);
const pause = lazy(async () => (await import('./flow-handlers.ts')).pause);
const resume = lazy(async () => (await import('./flow-handlers.ts')).resume);

/** The name of a queue or a job type. */
export function nameField(description: string) {
  return described(
    z.string().check(z.regex(JOB_NAME, `must have ${JOB_NAME_EXPECTED}`)),
    !import.meta.bundled && { description },
  );
}

const queuePath = z.strictObject({ queue: nameField('The queue’s name.') });

export const listQueues = operation({
  id: 'listQueues',
  method: 'GET',
  path: '/v1/queues',
  scope: 'read',
  handle: async ({ tenant }, dependencies) => report(tenant, dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'List the queues',
    description:
      'Shows the tenant’s waiting, held and running jobs in each queue, the job that has been waiting the longest, and whether the queue is paused. The response also lists the paused job types.',
    responses: [
      {
        status: 200,
        description: 'All of the deployment’s queues, and removed queues that still have jobs or a pause.',
        content: { schema: queueList, example: queueListExample },
      },
    ],
  },
});

export const pauseQueue = operation({
  id: 'pauseQueue',
  method: 'PUT',
  path: '/v1/queues/{queue}/pause',
  scope: 'admin',
  audit: 'queue.pause',
  request: { path: queuePath },
  handle: async ({ tenant, path, auditEntry }, dependencies) =>
    pause(tenant, { kind: 'queue', name: path.queue }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Pause a queue',
    description:
      'Within seconds, no more of the tenant’s jobs start in the queue. Running jobs continue, and submissions are accepted. Other tenants are not affected. A pause survives a deploy. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The queue is paused.',
        content: { schema: pausedQueue, example: pausedQueueExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['queue-not-found'] },
  },
});

export const resumeQueue = operation({
  id: 'resumeQueue',
  method: 'PUT',
  path: '/v1/queues/{queue}/resume',
  scope: 'admin',
  audit: 'queue.resume',
  request: { path: queuePath },
  handle: async ({ tenant, path, auditEntry }, dependencies) =>
    resume(tenant, { kind: 'queue', name: path.queue }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Resume a queue',
    description:
      'Ends the pause and wakes the jobs that it held, most urgent first. If that takes longer than a few seconds, the sweeper wakes the remaining jobs; repeat the request to wake them sooner. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The queue is no longer paused.',
        content: { schema: resumedQueue, example: resumedQueueExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['queue-not-found'] },
  },
});
