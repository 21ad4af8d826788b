import { v7 as uuidv7 } from 'uuid';
import { BULK_JOB_TYPE } from './catalogue.ts';
import { MAX_ATTEMPTS, MAX_DURATION, quoted } from './definition.ts';
import type { ClaimedJob } from './attempt-store.ts';
import { defaultMaxSeconds, MAX_WINDOW_SECONDS, type Debounce } from './dedup.ts';
import { flowOf, invalidOption, type FlowControl } from './flow-control.ts';
import type { SubmitFromJob, SubmitOptions } from './job-context.ts';
import { MAX_QUEUE_DELAY_SECONDS, type Json } from './job.ts';
import type { JobType, RunnableJobTypes } from './job-type.ts';
import { resolveFlow } from './resolve-flow.ts';
import { jsonProblem } from './storable.ts';
import { submit, type SingleSubmitPorts, type Submission } from './submit.ts';

export interface SubmitFromJobPorts extends SingleSubmitPorts {
  jobTypes: RunnableJobTypes;
  /** Returns a queue's worker timeout, in seconds; undefined if the queue is not deployed. */
  timeoutOf: (queue: string) => number | undefined;
  /** Computes a SHA-256 hash. */
  digest: (text: string) => Uint8Array<ArrayBuffer>;
  /** How many days the deployment keeps ended jobs. This number limits `dedupSeconds`. */
  retentionDays: number;
}

/**
 * Creates an attempt's `submit` function. The ids of the submitted jobs derive from the submitting job's id, so a later
 * attempt that repeats a submission never creates a second job.
 *
 * @throws TypeError if the submission is invalid; also throws the errors of {@link submit}
 */
export function createSubmitFromJob(
  parent: Pick<ClaimedJob, 'jobId' | 'tenant' | 'trace'>,
  ports: SubmitFromJobPorts,
): SubmitFromJob {
  let calls = 0;
  return async (type, payload, options = {}) => {
    calls += 1;
    const { key = `#${calls}` } = options;
    const { submission, id } = await createSubmission(parent, type, payload, { ...options, key }, ports);
    const { job, deduplicated, replaced } = await submit(submission, {
      ...ports,
      clock: { ...ports.clock, newId: () => id },
    });
    return { jobId: job.job_id, deduplicated, replaced };
  };
}

/**
 * Validates a submission made by a job.
 *
 * @returns the submission, and the new job's id, which is derived from the parent's id and the key
 * @throws TypeError if the submission is invalid
 */
export async function createSubmission(
  parent: Pick<ClaimedJob, 'jobId' | 'tenant' | 'trace'>,
  type: string,
  payload: unknown,
  options: SubmitOptions & { readonly key: string },
  ports: SubmitFromJobPorts,
): Promise<{ submission: Submission; id: string }> {
  if (type === BULK_JOB_TYPE) throw refusal(type, 'only POST /v1/jobs/bulk submits bulk jobs');
  const { key, objectId = null, dedupSeconds } = options;
  const debounce = debounceOf(type, options);
  const delaySeconds = debounce?.seconds ?? options.delaySeconds ?? 0;
  const jobType = await ports.jobTypes.find(type);
  if (!jobType) throw refusal(type, 'there is no such job type');
  const given = (payload ?? {}) as Json;
  const problem = jsonProblem(given);
  if (problem) throw refusal(type, `its payload ${problem.text}`);
  const errors = await jobType.problems(given, parent.tenant);
  if (errors.length > 0) {
    const told = errors.map(({ field, message }) => `payload${field && `.${field}`} ${message}`);
    throw refusal(type, told.join('; '));
  }
  const maxTimeout = ports.timeoutOf(jobType.queue);
  if (maxTimeout === undefined) throw refusal(type, `its queue "${jobType.queue}" does not exist`);
  const { maxAttempts = jobType.retry.attempts, timeoutSeconds = jobType.timeoutSeconds ?? maxTimeout } =
    options;
  requireWhole(type, 'delaySeconds', delaySeconds, 0, MAX_QUEUE_DELAY_SECONDS);
  requireDedup(type, options, ports.retentionDays);
  requireWhole(type, 'maxAttempts', maxAttempts, 1, MAX_ATTEMPTS);
  requireWhole(type, 'timeoutSeconds', timeoutSeconds, 1, maxTimeout);
  const { maxDurationSeconds = jobType.maxDurationSeconds } = options;
  if (maxDurationSeconds !== undefined)
    requireWhole(type, 'maxDurationSeconds', maxDurationSeconds, 1, MAX_DURATION);
  const submission: Submission = {
    tenant: parent.tenant,
    objectId,
    type,
    payload: given,
    queue: jobType.queue,
    delaySeconds,
    maxAttempts,
    timeoutSeconds,
    maxDurationSeconds,
    onDuplicate: debounce ? 'replace' : (options.onDuplicate ?? 'return'),
    dedupSeconds,
    debounce,
    callback: null,
    submittedBy: `job:${parent.jobId}`,
    trace: parent.trace,
    flow: flowOfChild(jobType, options, given),
  };
  return { submission, id: childId(parent.jobId, ports.digest(`${parent.jobId} ${key}`)) };
}

/** @throws TypeError if an option is invalid, or if a limit's key refers to a missing payload field */
function flowOfChild({ name, flow: ofType }: JobType, options: SubmitOptions, payload: Json): FlowControl {
  const invalid = invalidOption(options);
  if (invalid) throw refusal(name, `${invalid.option} is ${quoted(invalid.given)}. Use ${invalid.expected}`);
  const given = {
    ...flowOf(options),
    priority: options.priority,
    ...(options.concurrency === null && { concurrency: null }),
    ...(options.rateLimit === null && { rate_limit: null }),
  };
  const { flow, errors } = resolveFlow(given, ofType, payload);
  if (errors.length === 0) return flow;
  throw refusal(name, errors.map(({ field, message }) => `${field} ${message}`).join('; '));
}

/**
 * Creates a UUIDv7 with the parent's timestamp, so that lists show the child next to the parent. The remaining bits come
 * from the digest.
 */
function childId(parentId: string, digest: Uint8Array<ArrayBuffer>): string {
  const msecs = Number.parseInt(parentId.replaceAll('-', '').slice(0, 12), 16);
  // `seq` fills the 32 bits after the timestamp, and the end of `random` fills the id's last six bytes.
  return uuidv7({ msecs, random: digest.subarray(0, 16), seq: new DataView(digest.buffer, 16).getUint32(0) });
}

function debounceOf(type: string, { debounce }: SubmitOptions): Debounce | undefined {
  if (!debounce) return undefined;
  const { seconds, maxSeconds = defaultMaxSeconds(seconds) } = debounce;
  requireWhole(type, 'debounce.seconds', seconds, 1, MAX_QUEUE_DELAY_SECONDS);
  requireWhole(type, 'debounce.maxSeconds', maxSeconds, seconds, MAX_WINDOW_SECONDS);
  return { seconds, maxSeconds };
}

function requireDedup(type: string, options: SubmitOptions, retentionDays: number): void {
  const { objectId, onDuplicate = 'return', dedupSeconds, debounce, delaySeconds } = options;
  // Check the value at run time, because the caller may be JavaScript without type checks.
  if (!['return', 'reject', 'replace'].includes(onDuplicate))
    throw refusal(type, `onDuplicate is "${onDuplicate}". Use "return", "reject" or "replace"`);
  if (dedupSeconds !== undefined) {
    // Ended jobs are deleted after the retention period. If the window were longer, a late duplicate would not find the
    // deleted job, and would run as a new job.
    const most = Math.min(MAX_WINDOW_SECONDS, retentionDays * 86_400 - 1);
    requireWhole(type, 'dedupSeconds', dedupSeconds, 1, most);
  }
  if (objectId === undefined) {
    if (debounce) throw refusal(type, 'debounce needs objectId');
    if (dedupSeconds !== undefined) throw refusal(type, 'dedupSeconds needs objectId');
    if (onDuplicate === 'replace') throw refusal(type, 'onDuplicate "replace" needs objectId');
  }
  if (!debounce) return;
  if (delaySeconds !== undefined) throw refusal(type, 'set either debounce or delaySeconds');
  if (dedupSeconds !== undefined)
    throw refusal(type, 'set either debounce, whose window ends when the job starts, or dedupSeconds');
  if (options.onDuplicate !== undefined && onDuplicate !== 'replace')
    throw refusal(type, `onDuplicate is "${onDuplicate}". With debounce, use "replace", or omit it`);
}

function requireWhole(type: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw refusal(type, `${name} is ${value}. Use a whole number from ${least} to ${most}`);
}

function refusal(type: string, reason: string): TypeError {
  return new TypeError(`submit("${type}"): ${reason}.`);
}
