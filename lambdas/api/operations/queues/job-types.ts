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
      'Within seconds, no more of the tenant’s jobs of this type start, in any queue. Running jobs continue, and submissions are accepted. Other tenants are not affected. A pause survives a deploy. The request is idempotent.',
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
      'Ends the pause and wakes the jobs that it held, as for a queue. Jobs of this type in a paused queue stay held. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The job type is no longer paused.',
        content: { schema: resumedType, example: resumedTypeExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-type-not-found'] },
  },
});
