import type { ProblemSlug } from '../../middleware/problem.ts';

interface ProblemKind {
  /** The statuses with which it occurs. */
  readonly statuses: readonly number[];
  /** The fields of its document besides `type`, `title`, `status` and `detail`. */
  readonly fields?: readonly ('errors' | 'job_id' | 'job_status' | 'window_ends_at')[];
  readonly headers?: readonly ('Retry-After' | 'Allow' | 'Accept' | 'WWW-Authenticate')[];
  readonly description: string;
}

/** Every problem in the API's responses, as `toProblem` creates it. */
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
  forbidden: { statuses: [403], description: 'The key or the token lacks a scope that the request needs.' },
  'not-found': { statuses: [404], description: 'The path is unknown.' },
  'method-not-allowed': {
    statuses: [405],
    headers: ['Allow'],
    description: 'The path supports other methods.',
  },
  'job-not-found': { statuses: [404], fields: ['job_id'], description: 'There is no such job.' },
  'file-not-found': { statuses: [404], description: 'There is no such file.' },
  'message-not-found': { statuses: [404], description: 'There is no such message.' },
  'schedule-not-found': { statuses: [404], description: 'There is no such schedule.' },
  'queue-not-found': {
    statuses: [404],
    description: 'The deployment has no such queue; `detail` lists its queues.',
  },
  'job-type-not-found': {
    statuses: [404],
    description: 'The deployment has no such job type; `detail` lists its job types.',
  },
  'batch-not-found': { statuses: [404], description: 'There is no such batch.' },
  'batch-closed': {
    statuses: [409],
    description:
      'A request without `more` has closed the batch, so it accepts no further jobs and no other `on_complete`. Use a new batch id.',
  },
  'job-type-unavailable': {
    statuses: [409],
    description: 'This deployment can’t run jobs of the schedule’s type: a setting is missing.',
  },
  'webhooks-unavailable': {
    statuses: [409],
    description: 'The deployment sends no webhooks: the setting WEBHOOK_ALLOWED_HOSTS is missing.',
  },
  'webhook-key-conflict': {
    statuses: [409],
    description: 'The generation to replace is not the current one: somebody else has rotated the key.',
  },
  'api-keys-unavailable': {
    statuses: [409],
    description: 'The deployment has no API keys: the setting AUTH is not `api-key`.',
  },
  'api-key-not-found': { statuses: [404], description: 'The tenant has no such API key.' },
  'api-key-ended': {
    statuses: [409],
    description: 'The key is expired or revoked, so it can’t be rotated. Create another.',
  },
  'missing-queue': {
    statuses: [409],
    fields: ['job_id'],
    description: 'The job can’t run again: its queue was removed from the deployment.',
  },
  'state-conflict': {
    statuses: [409],
    fields: ['job_id', 'job_status'],
    description: 'The job’s state does not allow this.',
  },
  'too-many-signals': {
    statuses: [409],
    fields: ['job_id'],
    description: 'The job has 1,000 signals, the maximum that a job can get.',
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
      'The tenant has reached the deployment’s limit of submissions per second, retries included. Nothing was changed.',
  },
  'too-many-jobs': {
    statuses: [429],
    headers: ['Retry-After'],
    description:
      'The tenant has reached the deployment’s limit of waiting and running jobs. Nothing was changed.',
  },
  resuming: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'The database is resuming from its pause. Nothing was changed: retry.',
  },
  unavailable: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'A store is unavailable. Nothing is lost: retry.',
  },
  timeout: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'The request took too long. Retry.',
  },
  internal: { statuses: [500], description: 'An internal error. The log has its cause.' },
};
