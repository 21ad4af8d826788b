import { submit } from '../../../job/submit.ts';
import { waitForEnd } from '../../../job/wait.ts';
import { formFieldsOf } from '../../form-fields.ts';
import { submissionSchema } from '../../submission-schema.ts';
import { attachFile, readSubmission } from '../../submission.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { submissionBody, submittedExample, submittedJob } from '../../documents/views/job.ts';
import { operation, json } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';
import { RETRY_AFTER_DOCS, retryAfter, waitQuerySchema } from './job-request.ts';

/**
 * Submits a job. Responds with 201 and the new job, or with 200 and the existing job, if the object already has a job in
 * its dedup window.
 */
export const createJob = operation({
  id: 'createJob',
  method: 'POST',
  path: '/v1/jobs',
  scope: 'submit',
  audit: 'job.submit',
  request: {
    query: waitQuerySchema,
    // The body has no schema here, because a form's file must be added to the payload before validation. The deployment's
    // own schema then validates the payload.
    body: {
      maxBytes: MAX_BODY_BYTES,
      form: {
        // Lambda events are limited to 6 MB, including the headers. In Base64, three bytes become four.
        maxFileBytes: 4_500_000,
        adviceForLargeFiles: 'For larger files, up to 5 GiB, use POST /v1/uploads.',
        fields: () => formFieldsOf(submissionSchema()),
      },
    },
  },
  async handle({ tenant, actor, query, body, file, trace }, { jobs }) {
    const attached = attachFile(body, file, tenant, jobs);
    const submission = readSubmission(attached.body, { tenant, actor }, jobs, trace);
    await attached.store();
    const { job, deduplicated, replaced, windowEndsAt } = await submit(submission, jobs);
    const waited = await waitForEnd(tenant, job, Math.min(query.wait * 1000, jobs.leftMs()), jobs);
    return json(
      deduplicated ? 200 : 201,
      { ...waited.value, deduplicated, replaced, window_ends_at: windowEndsAt?.toISOString() ?? null },
      { location: `/v1/jobs/${job.job_id}`, ...retryAfter(waited) },
    );
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'Submit a job',
    description:
      'An `object_id` has one job per dedup window (5 minutes, unless the deployment sets another length). Later submissions within the window get that job, with 200. With `on_duplicate: "replace"` or `debounce`, they also replace the job’s payload and options, unless the job has started.',
    body: {
      schema: submissionBody,
      file: 'The file that the job reads, at most 4.5 MB.',
      examples: {
        smallest: {},
        deduplicated: { object_id: 'invoice-42', type: 'sleep', payload: { seconds: 2 } },
        debounced: { object_id: 'customer-7', type: 'sleep', debounce: { seconds: 10, max_seconds: 60 } },
        limited: {
          payload: { seconds: 1 },
          priority: 0,
          concurrency: { key: 'customer-7', limit: 2 },
          rate_limit: { key: 'customer-7', limit: 10, per_seconds: 60 },
        },
        delayed: { payload: { seconds: 1 }, delay_seconds: 60, max_attempts: 5, timeout_seconds: 10 },
      },
    },
    responses: [
      {
        status: 201,
        description: 'A new job.',
        headers: { Location: 'The path of the job.' },
        optionalHeaders: RETRY_AFTER_DOCS,
        content: { schema: submittedJob, example: submittedExample },
      },
      {
        status: 200,
        description:
          'A duplicate: the job that already exists for the object in its dedup window. `replaced` says whether it has the new payload.',
        headers: { Location: 'The path of the job.' },
        optionalHeaders: RETRY_AFTER_DOCS,
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
});
