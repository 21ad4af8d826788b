import type { ProblemSlug } from '../../middleware/problem.ts';

interface ProblemKind {
  /** The HTTP statuses of responses with this problem. */
  readonly statuses: readonly number[];
  /** The additional fields of the problem document, besides `type`, `title`, `status` and `detail`. */
  readonly fields?: readonly ('errors' | 'job_id' | 'job_status' | 'window_ends_at')[];
  readonly headers?: readonly ('Retry-After' | 'Allow' | 'Accept' | 'WWW-Authenticate')[];
  readonly description: string;
}

/** All kinds of problems that `toProblem` creates for the API's responses. */
export const PROBLEMS: Readonly<Record<ProblemSlug, ProblemKind>> = {
  'invalid-request': {
    statuses: [400, 422],
    fields: ['errors'],
    description: 'Invalid fields: 400 in the path or the query, 422 in the body. `errors` lists them.',
  },
  'malformed-body': {
    statuses: [400],
    fields: ['errors'],
    description: 'The body is not valid JSON in UTF-8.',
  },
  'unsupported-media-type': {
    statuses: [415],
    fields: ['errors'],
    headers: ['Accept'],
    description: 'The body has an unsupported content type.',
  },
  'payload-too-large': {
    statuses: [413],
    fields: ['errors'],
    description: 'The body, or its payload, is too large.',
  },
  unauthorized: {
    statuses: [401],
    headers: ['WWW-Authenticate'],
    description: 'The API key is missing, wrong, revoked or expired.',
  },
  forbidden: { statuses: [403], description: 'The key or token lacks a scope that the request needs.' },
  'not-found': { statuses: [404], description: 'The path is unknown.' },
  'method-not-allowed': {
    statuses: [405],
    headers: ['Allow'],
    description: 'The path does not support this method.',
  },
  'job-not-found': { statuses: [404], fields: ['job_id'], description: 'The job does not exist.' },
  'file-not-found': { statuses: [404], description: 'The file does not exist.' },
  'message-not-found': { statuses: [404], description: 'The message does not exist.' },
  'schedule-not-found': { statuses: [404], description: 'The schedule does not exist.' },
  'queue-not-found': {
    statuses: [404],
    description: 'The deployment does not have this queue; `detail` lists its queues.',
  },
  'job-type-not-found': {
    statuses: [404],
    description: 'The deployment does not have this job type; `detail` lists its job types.',
  },
  'batch-not-found': { statuses: [404], description: 'The batch does not exist.' },
  'batch-closed': {
    statuses: [409],
    description:
      'A request without `more` closed the batch, so it accepts no more jobs and no other `on_complete`. Use a new batch id.',
  },
  'job-type-unavailable': {
    statuses: [409],
    description: 'This deployment can’t run the schedule’s job type, because a setting is missing.',
  },
  'webhooks-unavailable': {
    statuses: [409],
    description: 'The deployment sends no webhooks, because the WEBHOOK_ALLOWED_HOSTS setting is missing.',
  },
  'webhook-key-conflict': {
    statuses: [409],
    description:
      'The generation to replace is not the current one, because someone else has rotated the key.',
  },
  'api-keys-unavailable': {
    statuses: [409],
    description: 'The deployment has no API keys, because its AUTH setting is not `api-key`.',
  },
  'api-key-not-found': { statuses: [404], description: 'The tenant does not have this API key.' },
  'api-key-ended': {
    statuses: [409],
    description: 'The key is expired or revoked, so it can’t be rotated. Create a new one.',
  },
  'missing-queue': {
    statuses: [409],
    fields: ['job_id'],
    description: 'The job can’t run again, because its queue was removed from the deployment.',
  },
  'state-conflict': {
    statuses: [409],
    fields: ['job_id', 'job_status'],
    description: 'The job’s state does not allow this.',
  },
  'too-many-signals': {
    statuses: [409],
    fields: ['job_id'],
    description: 'The job has 1,000 signals, the maximum.',
  },
  'duplicate-job': {
    statuses: [409],
    fields: ['job_id', 'window_ends_at'],
    description: 'A duplicate within the dedup window, submitted with `on_duplicate: "reject"`.',
  },
  'too-many-submissions': {
    statuses: [429],
    headers: ['Retry-After'],
    description:
      'The tenant has reached the deployment’s limit on submissions per second, including retries. Nothing was changed.',
  },
  'too-many-jobs': {
    statuses: [429],
    headers: ['Retry-After'],
    description:
      'The tenant has reached the deployment’s limit on waiting and running jobs. Nothing was changed.',
  },
  resuming: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'The database is resuming from a pause. Nothing was changed. Retry the request.',
  },
  unavailable: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'A store is unavailable. Nothing is lost. Retry the request.',
  },
  timeout: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'The request timed out. Retry it.',
  },
  internal: { statuses: [500], description: 'An internal error. The cause is in the log.' },
};
