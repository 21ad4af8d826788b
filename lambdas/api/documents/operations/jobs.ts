import {
  attemptExample,
  jobExample,
  submittedExample,
  submittedSummaryExample,
  summaryExample,
} from '../examples.ts';
import { named } from '../components.ts';
import { BODY_PROBLEMS, type Operation } from '../operation.ts';
import {
  batchSchema,
  jobIdSchema,
  listQuerySchema,
  submissionSchema,
  waitQuerySchema,
} from '../../schemas.ts';
import { attemptList, job, jobPage, submittedJob } from '../views/job.ts';
import { batchOutcome } from '../views/batch.ts';

/** The longest JOB_TIMEOUT that a deployment can have, in seconds: what Lambda allows. */
const LONGEST_JOB_TIMEOUT = 900;

/** `payload` is described by the job types, see `describePayloads`. */
export const submission = named('Submission', submissionSchema(LONGEST_JOB_TIMEOUT));
const batch = named('Batch', batchSchema);

const tag = 'Jobs';
const unknownJob = { 400: ['invalid-request'], 404: ['job-not-found'] } as const;
const parameters = jobIdSchema;

export const jobOperations: readonly Operation[] = [
  {
    id: 'createJob',
    method: 'POST',
    path: '/v1/jobs',
    scope: 'submit',
    tag,
    summary: 'Submit a job',
    description:
      'Within the dedup window of an `object_id`, 5 minutes unless the deployment says otherwise, there is one job: the later submissions get it with 200.',
    query: waitQuerySchema,
    body: {
      schema: submission,
      file: 'The file that the job reads; as large as one request can be, 4.5 MB.',
      examples: {
        smallest: {},
        deduplicated: { object_id: 'invoice-42', type: 'sleep', payload: { seconds: 2 } },
        delayed: { payload: { seconds: 1 }, delay_seconds: 60, max_attempts: 5, timeout_seconds: 10 },
      },
    },
    answers: [
      {
        status: 201,
        description: 'A new job.',
        headers: { Location: 'The path of the job.' },
        content: { schema: submittedJob, example: submittedExample },
      },
      {
        status: 200,
        description: 'The job that the object has in its dedup window.',
        headers: { Location: 'The path of the job.' },
        content: { schema: submittedJob, example: { ...submittedExample, deduplicated: true } },
      },
    ],
    problems: {
      ...BODY_PROBLEMS,
      400: ['malformed-body', 'invalid-request'],
      409: ['duplicate-job'],
      429: ['too-many-submissions', 'too-many-jobs'],
    },
  },
  {
    id: 'createJobs',
    method: 'POST',
    path: '/v1/jobs/batch',
    scope: 'submit',
    tag,
    summary: 'Submit up to 100 jobs',
    description: 'One that is refused leaves the others alone: each has its own outcome, in their order.',
    body: { schema: batch, examples: { two: { jobs: [{ object_id: 1 }, { payload: { seconds: 2 } }] } } },
    answers: [
      {
        status: 200,
        description: 'One outcome per submission.',
        content: {
          schema: batchOutcome,
          example: { items: [{ status: 201, job: submittedSummaryExample }] },
        },
      },
    ],
    problems: BODY_PROBLEMS,
  },
  {
    id: 'listJobs',
    method: 'GET',
    path: '/v1/jobs',
    scope: 'read',
    tag,
    summary: 'List jobs',
    description: 'Newest first, without payloads and results. Every filter can be combined with every other.',
    query: listQuerySchema,
    answers: [
      {
        status: 200,
        description: 'A page of jobs.',
        content: {
          schema: jobPage,
          example: { items: [summaryExample], limit: 50, next_cursor: null },
        },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
  {
    id: 'getJob',
    method: 'GET',
    path: '/v1/jobs/{job_id}',
    scope: 'read',
    tag,
    summary: 'Get a job',
    parameters,
    query: waitQuerySchema,
    answers: [{ status: 200, description: 'The job.', content: { schema: job, example: jobExample } }],
    problems: unknownJob,
  },
  {
    id: 'cancelJob',
    method: 'POST',
    path: '/v1/jobs/{job_id}/cancel',
    scope: 'submit',
    tag,
    summary: 'Cancel a job',
    description:
      'One that waits is canceled at once; a running one is asked to stop. Asking twice is asking once.',
    parameters,
    answers: [
      {
        status: 200,
        description: 'The job as it is then.',
        content: {
          schema: job,
          example: { ...jobExample, status: 'canceled', start_time: null, attempt: 0, result: null },
        },
      },
    ],
    problems: { ...unknownJob, 409: ['state-conflict'] },
  },
  {
    id: 'retryJob',
    method: 'POST',
    path: '/v1/jobs/{job_id}/retry',
    scope: 'submit',
    tag,
    summary: 'Run a failed or canceled job again',
    description: 'It has at least one more attempt; attempts are numbered on.',
    parameters,
    answers: [
      {
        status: 200,
        description: 'The job, waiting again.',
        content: {
          schema: job,
          example: { ...jobExample, status: 'created', end_time: null, progress: null, result: null },
        },
      },
    ],
    problems: { ...unknownJob, 409: ['state-conflict'], 429: ['too-many-submissions', 'too-many-jobs'] },
  },
  {
    id: 'listAttempts',
    method: 'GET',
    path: '/v1/jobs/{job_id}/attempts',
    scope: 'read',
    tag,
    summary: 'List the attempts at a job',
    description: 'First to last; of very many, the last 200.',
    parameters,
    answers: [
      {
        status: 200,
        description: 'Every attempt.',
        content: {
          schema: attemptList,
          example: { job_id: jobExample.job_id, items: [attemptExample] },
        },
      },
    ],
    problems: unknownJob,
  },
];
