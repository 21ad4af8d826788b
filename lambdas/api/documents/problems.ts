import type { ProblemSlug } from '../../middleware/problem.ts';

interface ProblemKind {
  /** The statuses that it comes with. */
  readonly statuses: readonly number[];
  /** What its document has beside `type`, `title`, `status` and `detail`. */
  readonly fields?: readonly ('errors' | 'job_id' | 'job_status' | 'window_ends_at')[];
  readonly headers?: readonly ('Retry-After' | 'Allow' | 'Accept' | 'WWW-Authenticate')[];
  readonly description: string;
}

/** Every problem that the API answers, as `toProblem` makes it. */
export const PROBLEMS: Readonly<Record<ProblemSlug, ProblemKind>> = {
  'invalid-request': {
    statuses: [400, 422],
    fields: ['errors'],
    description: 'Fields are wrong: 400 in the path or the query, 422 in the body. `errors` names each.',
  },
  'malformed-body': {
    statuses: [400],
    fields: ['errors'],
    description: 'The body is not JSON in UTF-8.',
  },
  'unsupported-media-type': {
    statuses: [415],
    fields: ['errors'],
    headers: ['Accept'],
    description: 'The body is of another content type.',
  },
  'payload-too-large': {
    statuses: [413],
    fields: ['errors'],
    description: 'The body, or the payload in it, has too many bytes.',
  },
  unauthorized: {
    statuses: [401],
    headers: ['WWW-Authenticate'],
    description: 'No API key, or one that is wrong, revoked or expired.',
  },
  forbidden: { statuses: [403], description: 'The key or the token lacks the scope of this operation.' },
  'not-found': { statuses: [404], description: 'Nothing is at this path.' },
  'method-not-allowed': {
    statuses: [405],
    headers: ['Allow'],
    description: 'The path takes other methods.',
  },
  'job-not-found': { statuses: [404], fields: ['job_id'], description: 'There is no such job.' },
  'message-not-found': { statuses: [404], description: 'There is no such message.' },
  'schedule-not-found': { statuses: [404], description: 'There is no such schedule.' },
  'job-type-unavailable': {
    statuses: [409],
    description: 'The schedule’s jobs are of a type that this deployment can not run: a setting is missing.',
  },
  'state-conflict': {
    statuses: [409],
    fields: ['job_id', 'job_status'],
    description: 'The job’s state does not allow this.',
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
      'The tenant has submitted as many jobs in this second as the deployment lets one tenant submit, retries included. Nothing was changed.',
  },
  'too-many-jobs': {
    statuses: [429],
    headers: ['Retry-After'],
    description:
      'The tenant has as many jobs that wait or run as the deployment lets one tenant have. Nothing was changed.',
  },
  unavailable: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'A store is not available, or the database is still waking. Nothing is lost: send it again.',
  },
  timeout: {
    statuses: [503],
    headers: ['Retry-After'],
    description: 'The request took too long. Send it again.',
  },
  internal: { statuses: [500], description: 'A fault of the service; the log has its cause.' },
};
