import { DEFAULT_RETRY } from './definition.ts';
import { FinalError, isFinalError, ThrottledError, UnfitPayloadError } from './errors.ts';
import { createAttemptLog, type AttemptLog } from './attempt-log.ts';
import { stackOf } from './failure.ts';
import type { Json } from './job.ts';
import type { Pulse, StopReason } from './heartbeat.ts';
import type { JobFiles } from './job-files.ts';
import type { RunnableJobType, RunnableJobTypes } from './job-type.ts';
import type { AttemptResult, ClaimedJob } from './attempt-store.ts';
import type { Clock } from './clock.ts';
import { logOfJob, withFields, type ServiceLog } from './log.ts';
import { askedBackOffMs, backOffMs, toRetryPolicy, type BackOff } from './retry-policy.ts';
import { describeError, jsonProblem } from './storable.ts';
import { traceField } from './trace-context.ts';
import type { SubmitFromJob } from './job-context.ts';
import { openSteps, type AttemptSteps, type OpenSteps } from './steps/attempt-steps.ts';
import type { StepsEnding } from './steps/invocation.ts';
import type { Versions } from './versions.ts';

export interface AttemptPorts {
  jobTypes: RunnableJobTypes;
  clock: Clock;
  log: ServiceLog;
  /** Returns a tenant's files, for its jobs to read and write. */
  filesOf: (tenant: string) => JobFiles;
  /** Returns the function that a job calls to submit other jobs. */
  submitOf: (job: ClaimedJob) => SubmitFromJob;
  /** Loads the code that runs steps. @default - jobs have no steps */
  openSteps?: OpenSteps;
  /** The worker's own version. @default - the worker's code has no version */
  versions?: Pick<Versions, 'own'> | undefined;
}

/** How a handler's run ended: the handler returned or threw, a step suspended it, or it was stopped. */
type Ending =
  | { kind: 'returned'; result: Json }
  | { kind: 'threw'; error: unknown }
  | { kind: 'stopped'; reason: StopReason }
  | StepsEnding;

/**
 * The job type and the steps that an attempt has loaded so far. The retry policy is unknown until the job type is loaded.
 */
interface Loaded {
  jobType?: RunnableJobType;
  steps?: AttemptSteps;
}

/**
 * Runs one attempt to completion and returns its outcome. Never throws: a handler's error is an outcome.
 *
 * The job's timeout starts now, and is shortened to the function's remaining time if necessary. The attempt ends when its
 * handler ends or is stopped, whichever comes first, so a handler that ignores its abort signal can't delay other jobs in
 * the invocation.
 *
 * @param pulse receives the job's progress, and tells the attempt to stop if the job is canceled or another attempt takes
 * over
 * @param deadlineMs milliseconds from now until everything must have stopped
 */
export async function runAttempt(
  job: ClaimedJob,
  pulse: Pulse,
  deadlineMs: number,
  ports: AttemptPorts,
): Promise<AttemptResult> {
  const result = await runToItsEnd(job, pulse, deadlineMs, ports);
  const logs = pulse.logs.takeAll();
  return { ...result, progress: pulse.latest(), ...(logs && { logs }) };
}

async function runToItsEnd(
  job: ClaimedJob,
  pulse: Pulse,
  deadlineMs: number,
  ports: AttemptPorts,
): Promise<AttemptResult> {
  const { attempt, maxAttempts, jobId, timeoutSeconds } = job;
  const jobFields = { job_id: jobId, attempt, tenant: job.tenant, type: job.type, ...traceField(job.trace) };
  const log = withFields(ports.log, jobFields);
  log.info('attempt_started', 'The attempt starts.', { waited_ms: job.waitedMs });
  const startedAt = ports.clock.now().getTime();
  const loaded: Loaded = {};
  const timeoutMs = Math.max(0, Math.min(timeoutSeconds * 1000, deadlineMs));
  const jobLog = createAttemptLog(
    { log: logOfJob(ports.log, jobFields), console: logOfJob(ports.log, jobFields, 'job_console') },
    pulse.logs,
    ports.clock.now,
  );
  const ending = await runHandler(loaded, job, pulse, timeoutMs, ports, jobLog, log);
  loaded.steps?.close();
  if (ending.kind === 'suspended') {
    log.info('attempt_suspended', 'The attempt is suspended, and continues in another invocation.', {
      steps: ending.steps,
    });
  }
  log.info('attempt_ended', 'The attempt ended.', {
    ending: ending.kind,
    run_ms: ports.clock.now().getTime() - startedAt,
  });

  await keepCheckpoint(loaded, ending, log);
  const { retry } = loaded.jobType ?? DEFAULTS;
  /** Adds the failure's stored details to the result, and logs the failure. */
  const withFailure = (ended: AttemptResult, thrown?: unknown): AttemptResult => {
    const { outcome, message } = ended;
    if (outcome !== 'failed' && outcome !== 'timeout') return ended;
    // Errors from Errand's own code may quote the payload, which must never be logged.
    const isOurs = loaded.jobType?.isBuiltIn === true || thrown instanceof UnfitPayloadError;
    const stack = isOurs ? null : stackOf(thrown);
    const error = isOurs ? undefined : (stack ?? message);
    log.error('attempt_failed', 'The attempt failed.', { outcome, error });
    return { ...ended, failure: { stack, log: jobLog.lastLines() } };
  };
  const retried = (ended: AttemptResult, retryInMs?: number): AttemptResult => ({
    ...ended,
    status: 'created',
    retryInMs: retryInMs ?? backOffMs(retry, attempt, ports.clock.random()),
  });
  const hasAttempts = attempt < maxAttempts;
  switch (ending.kind) {
    case 'returned':
      return withFailure(succeeded(job, ending.result));
    case 'stopped': {
      const ended = withFailure(stopped(job, ending.reason));
      return ending.reason === 'timeout' && retry.onTimeout && hasAttempts ? retried(ended) : ended;
    }
    case 'suspended':
      return {
        ...base(job),
        status: 'created',
        outcome: 'suspended',
        continuation: { steps: ending.steps },
      };
    case 'threw': {
      if (ending.error instanceof ThrottledError) return throttled(job, ending.error, ports.clock.random());
      const ended = withFailure(failed(job, describeError(ending.error)), ending.error);
      return hasAttempts && !isFinalError(ending.error)
        ? retried(ended, askedBackOffMs(ending.error))
        : ended;
    }
  }
}

/** Writes an attempt's last checkpoint if the job may have another attempt. */
async function keepCheckpoint({ steps }: Loaded, ending: Ending, log: ServiceLog): Promise<void> {
  const isLast = ending.kind === 'returned' || (ending.kind === 'stopped' && ending.reason !== 'timeout');
  if (!steps || isLast) return;
  try {
    await steps.flush();
  } catch (error) {
    log.warn(
      'checkpoint_not_written',
      'The last checkpoint was not written; the job goes on from an earlier one.',
      {
        error,
      },
    );
  }
}

/** The retry policy for jobs whose code could not be loaded. */
const DEFAULTS = { retry: toRetryPolicy(DEFAULT_RETRY) };

/**
 * Returns the result of an attempt in which no job code ran.
 *
 * @param error why no job code ran; see {@link RunOnVersion}
 */
export function notRun(job: ClaimedJob, error: unknown, random: number): AttemptResult {
  if (error instanceof ThrottledError) return throttled(job, error, random);
  const ended: AttemptResult = {
    ...failed(job, describeError(error)),
    failure: { stack: null, log: [] },
  };
  if (job.attempt >= job.maxAttempts || isFinalError(error)) return ended;
  return { ...ended, status: 'created', retryInMs: backOffMs(DEFAULTS.retry, job.attempt, random) };
}

/**
 * The back-off for throttled attempts, which grows with the attempt number. The cap is only a minute, because capacity
 * may become free at any time.
 */
const THROTTLED_BACK_OFF: BackOff = { baseMs: 1_000, capMs: 60_000, jitter: 0.5 };

async function runHandler(
  loaded: Loaded,
  job: ClaimedJob,
  pulse: Pulse,
  timeoutMs: number,
  { jobTypes, clock, filesOf, submitOf, openSteps: open = NO_STEPS, versions }: AttemptPorts,
  { log, console }: AttemptLog,
  serviceLog: ServiceLog,
): Promise<Ending> {
  const deadline = new Date(clock.now().getTime() + timeoutMs);
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort('timeout' satisfies StopReason);
  }, timeoutMs);
  const signal = AbortSignal.any([pulse.stop, timeout.signal]);
  const stopping = new Promise<Ending>((resolve) => {
    const onAbort = (): void => {
      resolve({ kind: 'stopped', reason: signal.reason as StopReason });
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  // If a handler throws after it has been stopped, the error is a reaction to the abort signal, and doesn't change the
  // outcome.
  const { jobId, attempt, tenant, signing, trace } = job;
  const endedBySteps = Promise.withResolvers<Ending>();
  const run = async (): Promise<Ending> => {
    const jobType = await jobTypes.find(job.type);
    if (!jobType) throw new FinalError(`No handler for the job type "${job.type}" is deployed.`);
    loaded.jobType = jobType;
    const { retry, versioning } = jobType;
    const version = versioning === 'pinned' ? versions?.own : undefined;
    const steps = await openSteps({ job, retry, deadline, signal, log: serviceLog, version }, open);
    loaded.steps = steps;
    void steps.ending.then(endedBySteps.resolve);
    const result: Json | undefined = await jobType.run(job.payload, {
      jobId,
      tenant,
      attempt,
      deadline,
      signal,
      log,
      console,
      files: filesOf(tenant),
      submit: submitOf(job),
      step: steps.step,
      checkpoint: steps.checkpoint,
      state: steps.state,
      progress: pulse.progress,
      ...(signing && { signing }),
      ...trace,
    });
    const mismatch = steps.mismatch();
    if (mismatch) throw mismatch;
    return { kind: 'returned', result: result ?? null };
  };
  const running = run().catch((error: unknown): Ending => ({ kind: 'threw', error }));
  try {
    return await Promise.race([stopping, endedBySteps.promise, running]);
  } finally {
    clearTimeout(timer);
  }
}

const NO_STEPS: OpenSteps = () => Promise.reject(new FinalError('Steps are not available here.'));

function succeeded(job: ClaimedJob, result: Json): AttemptResult {
  const problem = problemOfResult(result);
  if (problem) return failed(job, problem);
  return { ...base(job), status: 'success', outcome: 'success', result };
}

/**
 * Returns the reason that a result can't be stored; undefined if the result can be stored. A job with an unstorable
 * result is not retried, because a retry would not help.
 */
function problemOfResult(result: Json): string | undefined {
  const problem = jsonProblem(result);
  if (problem === undefined) return undefined;
  if (!problem.isTooLarge) return `The result ${problem.text}.`;
  return `The result ${problem.text}. Write it elsewhere and return a reference to it.`;
}

function stopped(job: ClaimedJob, reason: StopReason): AttemptResult {
  if (reason === 'timeout') {
    return { ...failed(job, `exceeded the timeout of ${job.timeoutSeconds} s`), outcome: 'timeout' };
  }
  return { ...base(job), status: 'canceled', outcome: 'canceled', message: 'canceled by request' };
}

/**
 * Returns the result of a throttled attempt. Throttling doesn't use up one of the job's attempts, because RECORD_RESULTS
 * raises `max_attempts` when it records this result.
 */
function throttled(job: ClaimedJob, error: ThrottledError, random: number): AttemptResult {
  return {
    ...base(job),
    status: 'created',
    outcome: 'throttled',
    message: describeError(error),
    retryInMs:
      error.afterSeconds === undefined
        ? backOffMs(THROTTLED_BACK_OFF, job.attempt, random)
        : Math.round(error.afterSeconds * 1000),
  };
}

function failed(job: ClaimedJob, message: string): AttemptResult {
  return { ...base(job), status: 'failed', outcome: 'failed', message };
}

function base(job: ClaimedJob): Omit<AttemptResult, 'status' | 'outcome'> {
  return {
    jobId: job.jobId,
    attempt: job.attempt,
    fence: job.fence,
    message: null,
    result: null,
    progress: null,
    retryInMs: 0,
  };
}
