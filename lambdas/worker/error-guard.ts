import { AsyncLocalStorage } from 'node:async_hooks';
import { describeError } from '../job/storable.ts';
import { stackOf } from '../job/failure.ts';
import type { JobContext } from '../job/job-context.ts';
import type { Json } from '../job/job.ts';
import { traceField } from '../job/trace-context.ts';
import { withFields, type ServiceLog } from '../job/log.ts';

type Run = (context: JobContext) => Promise<Json>;

/** Runs a job's code. The returned promise also rejects if the code throws an error outside its own promise. */
export type ErrorGuard = (context: JobContext, run: Run) => Promise<Json>;

/** The worker's guard, which also identifies the attempt whose code is running. */
export interface AttributingErrorGuard extends RemovableErrorGuard {
  /** The attempt whose code is running; undefined outside attempts. */
  current(): JobContext | undefined;
}

/** A guard that can be removed. `release` restores the listeners that the guard replaced. */
export interface RemovableErrorGuard {
  (context: JobContext, run: Run): Promise<Json>;
  release(): void;
}

interface GuardedAttempt {
  readonly context: JobContext;
  readonly log: ServiceLog;
  fail(error: unknown): void;
}

/**
 * Creates a guard that finds out which attempt caused an uncaught exception or an unhandled rejection, and fails that
 * attempt. Without the guard, Lambda's runtime would end the process, and with it every attempt in the invocation
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/da5777a8963928cac4f6f93d88d6928262f6bd2a/src/index.mjs).
 * If it is unknown which attempt caused an error, all guarded attempts fail. If no attempt is running, the runtime handles
 * the error as usual.
 *
 * The guard can't prevent `process.exit()`, but logs the call and the jobs that were running.
 *
 * @param runtime the process. Create only one guard per process, after the runtime has added its listeners, but before users'
 * code is loaded.
 * @param log the service's log; lines about an attempt name the job
 */
export function createErrorGuard(runtime: NodeJS.EventEmitter, log: ServiceLog): AttributingErrorGuard {
  const current = new AsyncLocalStorage<GuardedAttempt>();
  const running = new Set<GuardedAttempt>();

  /**
   * Fails the attempt that caused an error, or all running attempts if it is unknown which one did. @returns whether the
   * error was attributed to an attempt
   */
  const blame = (error: unknown): boolean => {
    const culprit = current.getStore();
    const blamed = culprit ? [culprit] : [...running];
    for (const attempt of blamed) {
      if (running.has(attempt)) attempt.fail(error);
      else
        attempt.log.error('late_error_thrown', 'An error was thrown after its attempt had ended.', { error });
    }
    return blamed.length > 0;
  };
  const releases: (() => void)[] = [];
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    // The runtime's listeners end the process, so call them only for errors that no attempt caused.
    const listeners = runtime.listeners(event);
    runtime.removeAllListeners(event);
    const listen = (error: unknown, ...more: unknown[]): void => {
      if (blame(error)) return;
      if (listeners.length === 0) throw error;
      for (const listener of listeners) Reflect.apply(listener, runtime, [error, ...more]);
    };
    runtime.on(event, listen);
    releases.push(() => {
      runtime.off(event, listen);
      for (const listener of listeners) runtime.on(event, listener as (...args: unknown[]) => void);
    });
  }
  const onExit = (exitCode: number): void => {
    if (running.size === 0) return;
    // `process.exit` calls this listener directly, so the stack shows which code called `process.exit`. Logs are written
    // synchronously, before the process ends.
    const stack = stackOf(new Error('The process exited.'));
    for (const { log } of running) {
      log.error(
        'process_exited',
        'The process exited during the attempt. The job runs again when its lease ends.',
        {
          exit_code: exitCode,
          stack,
        },
      );
    }
  };
  runtime.on('exit', onExit);
  releases.push(() => {
    runtime.off('exit', onExit);
  });

  const guard: ErrorGuard = async (context, run) => {
    const stop = new AbortController();
    const stray = Promise.withResolvers<never>();
    const attempt: GuardedAttempt = {
      context,
      log: withFields(log, {
        job_id: context.jobId,
        attempt: context.attempt,
        tenant: context.tenant,
        ...traceField(context),
      }),
      fail(error) {
        running.delete(attempt);
        stray.reject(uncaught(error));
        // Stop the handler, so that it does not overlap with the next attempt.
        stop.abort(error);
      },
    };
    // A stopped attempt counts as ended even if its code continues.
    context.signal.addEventListener('abort', () => running.delete(attempt), { once: true });
    running.add(attempt);
    const signal = AbortSignal.any([context.signal, stop.signal]);
    try {
      return await Promise.race([stray.promise, current.run(attempt, run, { ...context, signal })]);
    } finally {
      running.delete(attempt);
    }
  };
  return Object.assign(guard, {
    current: () => current.getStore()?.context,
    release() {
      for (const release of releases) release();
    },
  });
}

/**
 * Wraps an error that was thrown outside the handler's promise. The new error's message says that the original error was
 * uncaught, and the new error's stack has the original frames.
 */
function uncaught(error: unknown): Error {
  const wrapper = new Error(`uncaught: ${describeError(error)}`, { cause: error });
  wrapper.stack = String(wrapper);
  return wrapper;
}
