import { v7 as uuidv7 } from 'uuid';
import { isJobDefinition, type JobDefinition, type Json } from '../job/definition.ts';
import { InvalidRequestError } from '../job/errors.ts';
import type { NewJob } from '../job/job.ts';
import { runnable } from '../job/job-type.ts';
import { resolveFlow } from '../job/resolve-flow.ts';
import { jsonProblem } from '../job/storable.ts';
import { asJson } from './as-json.ts';
import { runMemoryAttempt, type MemoryJob } from './memory-attempt.ts';
import { MemoryRun, VirtualTime } from './memory-run.ts';
import { SILENT } from './silent-log.ts';
import { createMemoryFileStore, requireFileKeys } from './memory-files.ts';
import { createMemorySubmissions } from './memory-submissions.ts';

/** The job that a test runs, and its environment. */
export interface JobSetup {
  /** @default '01900000-0000-7000-8000-000000000001' */
  readonly jobId?: string;
  /** @default 'default' */
  readonly tenant?: string;
  /** @default - the attempts in the job's retry policy */
  readonly maxAttempts?: number;
  /**
   * The attempt's timeout, in seconds. The timeout uses the global `setTimeout`, so your test runner's fake timers apply.
   *
   * @default - the job's own timeout, or 300
   */
  readonly timeoutSeconds?: number;
  /** The uploaded files, by key, such as `uploads/default/photo`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /**
   * Your jobs file (`import * as jobs from './index.ts'`). If you set this, `submit` accepts only the file's job types and
   * Errand's own, and checks their payloads.
   *
   * @default - `submit` accepts any job type with any payload
   */
  readonly jobs?: Readonly<Record<string, unknown>>;
  /**
   * The payloads of the signals that the job receives, by signal name. The signals arrive before the job waits for them.
   *
   * @default - none
   */
  readonly signals?: Readonly<Record<string, unknown>>;
  /**
   * How child jobs end: a function per job type that returns the child's result, or throws the reason for the child's
   * failure.
   *
   * @default - children whose types are in `jobs` run; all other children never end
   */
  readonly children?: Readonly<Record<string, (payload: never) => unknown>>;
}

const JOB_ID = '01900000-0000-7000-8000-000000000001';
const TIMEOUT_SECONDS = 300;

const realClock = {
  now: () => new Date(),
  newId: () => uuidv7(),
  // Always 0: tests compare back-offs, which must therefore have no jitter.
  random: () => 0,
};

/**
 * Creates a job, as a submission would.
 *
 * @throws InvalidRequestError if a submission would reject the payload; the error names every invalid field
 * @throws TypeError if an option is invalid
 */
export async function createMemoryJob(
  definition: JobDefinition,
  payload: unknown,
  setup: JobSetup,
): Promise<MemoryJob> {
  const {
    jobId = JOB_ID,
    tenant = 'default',
    maxAttempts = definition.retry.attempts,
    timeoutSeconds = definition.timeoutSeconds ?? TIMEOUT_SECONDS,
    files = {},
    jobs,
    signals = {},
  } = setup;
  requireFileKeys(Object.keys(files), tenant);
  const time = new VirtualTime(realClock);
  const { clock } = time;
  const submissions = createMemorySubmissions(jobs, clock, SILENT);
  return {
    definition,
    jobId,
    tenant,
    maxAttempts,
    timeoutSeconds,
    clock,
    payload: await submittedPayload(definition, payload, tenant),
    files: createMemoryFileStore(files, clock.now),
    submissions,
    run: new MemoryRun(time, submissions, signals, (child) => runChild(child, setup)),
  };
}

/**
 * Runs a child job with the function in `children`, or as a job from the jobs file. Returns undefined if neither `children`
 * nor the jobs file contains the child's type.
 */
function runChild(child: NewJob, setup: JobSetup): Promise<unknown> | undefined {
  const { children = {}, jobs = {} } = setup;
  const given = Object.hasOwn(children, child.type) ? children[child.type] : undefined;
  if (given) return Promise.resolve(child.payload as never).then(given);
  const definition = Object.values(jobs)
    .filter(isJobDefinition)
    .find(({ name }) => name === child.type);
  return definition && runToEnd(definition, child, setup);
}

async function runToEnd(definition: JobDefinition, child: NewJob, setup: JobSetup): Promise<Json> {
  const { job_id: jobId, payload, max_attempts: maxAttempts } = child;
  const job = await createMemoryJob(definition, payload, { ...setup, jobId, maxAttempts });
  for (let attempt = 1; ; attempt += 1) {
    const { recorded } = await runMemoryAttempt(job, { attempt });
    if (recorded.status === 'success') return recorded.result;
    if (recorded.continuation) throw new Error(`waits for ${recorded.continuation.steps.join(', ')}`);
    if (recorded.status !== 'created') throw new Error(recorded.message ?? recorded.outcome);
  }
}

/** Validates the payload, and returns it as the database stores it, converted to JSON and back. */
async function submittedPayload(
  definition: JobDefinition,
  payload: unknown = {},
  tenant: string,
): Promise<Json> {
  const problem = jsonProblem(payload as Json);
  if (problem) throw new InvalidRequestError('body', [{ field: 'payload', message: problem.text }]);
  const submitted = asJson(payload) as Json;
  const errors = await runnable(definition).problems(submitted, tenant);
  if (errors.length === 0) {
    const keys = resolveFlow({}, definition.flow, submitted);
    if (keys.errors.length > 0) throw new InvalidRequestError('body', keys.errors);
    return submitted;
  }
  throw new InvalidRequestError(
    'body',
    errors.map(({ field, message }) => ({ field: field ? `payload.${field}` : 'payload', message })),
  );
}
