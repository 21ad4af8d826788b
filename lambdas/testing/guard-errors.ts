import { SILENT } from './silent-log.ts';
import { createErrorGuard, type ErrorGuard, type RemovableErrorGuard } from '../worker/error-guard.ts';

let guard: RemovableErrorGuard | undefined;
let holders = 0;

/**
 * Runs a job's code under the worker's error guard. As in a deployment, an error that the code throws outside its promise
 * fails the attempt. The test runner's own listeners are restored once no attempt needs the guard anymore.
 */
export const guardErrors: ErrorGuard = (context, run) =>
  holdErrorGuard((runGuarded) => runGuarded(context, run));

/** Keeps one guard for several attempts, so that the guard also catches the errors of killed attempts. */
export async function holdErrorGuard<Result>(work: (guard: ErrorGuard) => Promise<Result>): Promise<Result> {
  guard ??= createErrorGuard(process, SILENT);
  holders += 1;
  try {
    return await work(guard);
  } finally {
    holders -= 1;
    if (holders === 0) {
      guard.release();
      guard = undefined;
    }
  }
}
