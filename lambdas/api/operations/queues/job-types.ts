import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import {
  pausedType,
  pausedTypeExample,
  resumedType,
  resumedTypeExample,
} from '../../documents/views/queue.ts';
import { operation } from '../../operation.ts';
import { nameField } from './queues.ts';

const pause = lazy(async () => (await import('./flow-handlers.ts')).pause);
const resume = lazy(async () => (await import('./flow-handlers.ts')).resume);

const typePath = z.strictObject({ type: nameField('The job type’s name.') });

export const pauseJobType = operation({
  id: 'pauseJobType',
  method: 'PUT',
  path: '/v1/job-types/{type}/pause',
  scope: 'admin',
  audit: 'job_type.pause',
  request: { path: typePath },
  handle: async ({ tenant, path, auditEntry }, dependencies) =>
    pause(tenant, { kind: 'type', name: path.type }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Pause a job type',
    description:
      'The tenant’s jobs of the type stop starting within seconds, in all queues; running jobs continue, and submissions are accepted. Other tenants are not affected. A pause survives a deploy. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The job type is paused.',
        content: { schema: pausedType, example: pausedTypeExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-type-not-found'] },
  },
});

export const resumeJobType = operation({
  id: 'resumeJobType',
  method: 'PUT',
  path: '/v1/job-types/{type}/resume',
  scope: 'admin',
  audit: 'job_type.resume',
  request: { path: typePath },
  handle: async ({ tenant, path, auditEntry }, dependencies) =>
    resume(tenant, { kind: 'type', name: path.type }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Resume a job type',
    description:
      'Ends the pause and wakes the jobs that it held, as the end of a queue’s pause does. Jobs of the type in a paused queue stay held. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The job type is not paused any more.',
        content: { schema: resumedType, example: resumedTypeExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-type-not-found'] },
  },
});
