import { runAttempt } from '../job/attempt.ts';
import type { AttemptResult } from '../job/attempt-store.ts';
import type { Clock } from '../job/clock.ts';
import type { JobDefinition, Json } from '../job/definition.ts';
import { startHeartbeat, type StopReason } from '../job/heartbeat.ts';
import type { JobContext } from '../job/job-context.ts';
import { createJobFiles } from '../job/job-files.ts';
import { runnable } from '../job/job-type.ts';
import { onEachLevel, type Log } from '../job/log.ts';
import { SILENT } from './silent-log.ts';
import { guardErrors } from './guard-errors.ts';
import type { StepStore } from '../job/steps/step-store.ts';
import type { MemoryFileStore } from './memory-files.ts';
import type { MemoryRun } from './memory-run.ts';
import type { MemorySubmissions } from './memory-submissions.ts';

/** A progress report that the job sent with `progress`. */
export interface ProgressReport {
  readonly fraction: number;
  readonly note: string | null;
}

/** A line that the job logged with `log`. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An in-memory job, whose attempts share files and submissions, as in a deployment. */
export interface MemoryJob {
  readonly definition: JobDefinition;
  readonly jobId: string;
  readonly tenant: string;
  readonly payload: Json;
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  readonly files: MemoryFileStore;
  readonly submissions: MemorySubmissions;
  readonly clock: Clock;
  /** The job's steps, signals and children. @default - none */
  readonly run?: MemoryRun;
}

export interface AttemptOptions {
  readonly attempt: number;
  /** Cancels the job when the signal fires, as a client would. */
  readonly cancel?: AbortSignal | undefined;
  /** Wraps or replaces the handler's context. */
  readonly contextOf?: (context: JobContext) => JobContext;
  /** Rejects when the handler is killed. The rejection ends the attempt even though the handler's promise stays pending. */
  readonly killed?: Promise<never>;
  /** Wraps or replaces the step store. */
  readonly storeOf?: (store: StepStore) => StepStore;
  /** Wraps each invocation. */
  readonly within?: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

export interface MemoryAttempt {
  /** The result that the worker would record. */
  readonly recorded: AttemptResult;
  /** The error that the handler threw, or the reason why its result was rejected. */
  readonly error: unknown;
  readonly progress: readonly ProgressReport[];
  readonly logs: readonly LogLine[];
}

/** The retention period, in days, that the error message about a missing file mentions. */
const RETENTION_DAYS = 7;

/**
 * Runs one attempt using the worker's own code. Only the files, submissions, steps and clock are replaced, with in-memory
 * versions. Continues a suspended attempt until it has ended, or until it waits for a signal or child that the test does not
 * provide.
 */
export async function runMemoryAttempt(job: MemoryJob, options: AttemptOptions): Promise<MemoryAttempt> {
  const { within = directly } = options;
  const progress: ProgressReport[] = [];
  const logs: LogLine[] = [];
  for (;;) {
    const invocation = await within(() => runInvocation(job, options));
    progress.push(...invocation.progress);
    logs.push(...invocation.logs);
    const { continuation } = invocation.recorded;
    if (!continuation || !(await job.run?.advance(continuation.steps)))
      return { ...invocation, progress, logs };
  }
}

async function directly<Result>(work: () => Promise<Result>): Promise<Result> {
  return work();
}

async function runInvocation(
  job: MemoryJob,
  { attempt, cancel, contextOf = (context) => context, killed, storeOf = (store) => store }: AttemptOptions,
): Promise<MemoryAttempt> {
  const { definition, jobId, tenant, payload, maxAttempts, timeoutSeconds, clock, run: steps } = job;
  const { name: type, queue } = definition;
  const { fence, steps: recordedSteps } = steps?.store.claim() ?? { fence: attempt, steps: [] };
  const claimed = {
    jobId,
    tenant,
    type,
    queue,
    payload,
    attempt,
    fence,
    maxAttempts,
    timeoutSeconds,
    ...(recordedSteps.length > 0 && { steps: recordedSteps }),
  };
  const progress: ProgressReport[] = [];
  const logs: LogLine[] = [];
  let thrown: { error: unknown } | undefined;

  const jobType = runnable(definition);
  const watched = {
    ...jobType,
    async run(value: unknown, context: JobContext): Promise<Json> {
      const recordingContext = { ...context, log: recordingLog(logs) };
      const run = (guarded: JobContext): Promise<Json> => {
        const running = jobType.run(value, contextOf(guarded));
        return killed ? Promise.race([running, killed]) : running;
      };
      try {
        return await guardErrors(recordingContext, run);
      } catch (error) {
        thrown ??= { error };
        throw error;
      }
    },
  };
  const heartbeat = startHeartbeat([claimed], { store: { beat: () => Promise.resolve([]) }, log: SILENT });
  heartbeat.end();
  const pulse = heartbeat.pulseOf(jobId);
  const stop = new AbortController();
  const onCancel = (): void => {
    stop.abort('canceled' satisfies StopReason);
  };
  if (cancel?.aborted) onCancel();
  else cancel?.addEventListener('abort', onCancel, { once: true });
  try {
    const recorded = await runAttempt(
      claimed,
      {
        stop: stop.signal,
        latest: () => pulse.latest(),
        logs: pulse.logs,
        progress(fraction, note) {
          pulse.progress(fraction, note);
          const latest = pulse.latest();
          if (latest) progress.push(latest);
        },
      },
      timeoutSeconds * 1000,
      {
        jobTypes: { find: () => watched },
        clock,
        log: SILENT,
        filesOf: createJobFiles(job.files, RETENTION_DAYS, clock.newId),
        submitOf: (parent) => job.submissions.submitOf(parent),
        ...(steps && { openSteps: steps.openSteps(storeOf) }),
      },
    );
    const isHandlersError = recorded.outcome === 'failed' && thrown;
    const error = isHandlersError ? thrown?.error : new Error(recorded.message ?? recorded.outcome);
    return { recorded, error, progress, logs };
  } finally {
    cancel?.removeEventListener('abort', onCancel);
  }
}

function recordingLog(lines: LogLine[]): Log {
  return onEachLevel((level): Log['info'] => (message, fields = {}) => {
    lines.push({ level, message, fields });
  });
}
