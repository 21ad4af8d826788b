import { cancel } from '../../../job/cancel.ts';
import { resubmit } from '../../../job/resubmit.ts';
import { job, jobExample } from '../../documents/views/job.ts';
import { operation, json } from '../../operation.ts';
import { jobIdSchema } from './job-request.ts';

export const cancelJob = operation({
  id: 'cancelJob',
  method: 'POST',
  path: '/v1/jobs/{job_id}/cancel',
  scope: 'submit',
  audit: 'job.cancel',
  request: { path: jobIdSchema },
  async handle({ tenant, path, auditEntry }, { jobs }) {
    return json(200, await cancel(tenant, path.job_id, auditEntry(), jobs));
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'Cancel a job',
    description:
      'A waiting job is canceled immediately; a running one is asked to stop. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The job after the request.',
        content: {
          schema: job,
          example: { ...jobExample, status: 'canceled', start_time: null, attempt: 0, result: null },
        },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'], 409: ['state-conflict'] },
  },
});

export const retryJob = operation({
  id: 'retryJob',
  method: 'POST',
  path: '/v1/jobs/{job_id}/retry',
  scope: 'submit',
  audit: 'job.retry',
  request: { path: jobIdSchema },
  async handle({ tenant, path, auditEntry }, { jobs }) {
    return json(200, await resubmit(tenant, path.job_id, auditEntry(), jobs));
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'Run a failed or canceled job again',
    description: 'The job gets at least one more attempt. The attempt numbers continue.',
    responses: [
      {
        status: 200,
        description: 'The job, which is waiting again.',
        content: {
          schema: job,
          example: { ...jobExample, status: 'created', end_time: null, progress: null, result: null },
        },
      },
    ],
    problems: {
      400: ['invalid-request'],
      404: ['job-not-found'],
      409: ['state-conflict', 'missing-queue'],
      429: ['too-many-submissions', 'too-many-jobs'],
    },
  },
});
