import { v7 as uuidv7 } from 'uuid';
import { BULK_JOB_TYPE } from './catalogue.ts';
import { MAX_ATTEMPTS } from './definition.ts';
import type { ClaimedJob } from './attempt-store.ts';
import type { SubmitFromJob } from './job-context.ts';
import { MAX_QUEUE_DELAY_SECONDS, type Json } from './job.ts';
import type { RunnableJobTypes } from './job-type.ts';
import { jsonProblem } from './storable.ts';
import { submit, type SingleSubmitPorts } from './submit.ts';

export interface SubmitFromJobPorts extends SingleSubmitPorts {
  jobTypes: RunnableJobTypes;
  /** The timeout of a queue's worker, in seconds; undefined for a queue that is not deployed. */
  timeoutOf: (queue: string) => number | undefined;
  /** SHA-256. */
  digest: (text: string) => Uint8Array<ArrayBuffer>;
}

/**
 * The `submit` of one attempt. What it submits has ids that derive from the id of the submitting job, so an attempt that repeats
 * a submission makes no second job, however much later it runs.
 *
 * @throws TypeError for a submission that can't be valid; the errors of {@link submit}
 */
export function createSubmitFromJob(
  parent: Pick<ClaimedJob, 'jobId' | 'tenant' | 'trace'>,
  ports: SubmitFromJobPorts,
): SubmitFromJob {
  let calls = 0;
  return async (type, payload, options = {}) => {
    calls += 1;
    const { key = `#${calls}`, objectId = null, delaySeconds = 0 } = options;
    if (type === BULK_JOB_TYPE) throw refusal(type, 'only POST /v1/jobs/bulk submits bulk jobs');
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
    requireWhole(type, 'maxAttempts', maxAttempts, 1, MAX_ATTEMPTS);
    requireWhole(type, 'timeoutSeconds', timeoutSeconds, 1, maxTimeout);
    const id = childId(parent.jobId, ports.digest(`${parent.jobId} ${key}`));
    const { job, deduplicated } = await submit(
      {
        tenant: parent.tenant,
        objectId,
        type,
        payload: given,
        queue: jobType.queue,
        delaySeconds,
        maxAttempts,
        timeoutSeconds,
        onDuplicate: 'return',
        callback: null,
        submittedBy: `job:${parent.jobId}`,
        trace: parent.trace,
      },
      { ...ports, clock: { ...ports.clock, newId: () => id } },
    );
    return { jobId: job.job_id, deduplicated };
  };
}

/** A UUIDv7 of the parent's time, so that the child is listed with it. The rest is taken from the digest. */
function childId(parentId: string, digest: Uint8Array<ArrayBuffer>): string {
  const msecs = Number.parseInt(parentId.replaceAll('-', '').slice(0, 12), 16);
  // `random` gives the last six bytes, `seq` the 32 bits after the time.
  return uuidv7({ msecs, random: digest.subarray(0, 16), seq: new DataView(digest.buffer, 16).getUint32(0) });
}

function requireWhole(type: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw refusal(type, `${name} is ${value}: give a whole number from ${least} to ${most}`);
}

function refusal(type: string, reason: string): TypeError {
  return new TypeError(`submit("${type}"): ${reason}.`);
}
