import { FinalError } from '../errors.ts';

/*
 * The properties that mark the errors of steps and child jobs. A user's bundle and Errand's worker each contain a copy of the
 * error classes. The symbols are in the global registry, so `instanceof` recognizes errors from both copies.
 */
const STEP = Symbol.for('errand.step-error');
const CHILD = Symbol.for('errand.child-job-error');

function isMarked(value: unknown, mark: symbol): boolean {
  return typeof value === 'object' && value !== null && mark in value;
}

/** A step failed on its last attempt. The job fails without a retry, unless its handler catches this error. */
export class StepError extends FinalError {
  override readonly name = 'StepError';
  readonly [STEP] = true;
  /** The step's name: `charge`, or `charge#2` for the name's second use. */
  readonly step: string;
  /** The number of failed calls to the step's function. */
  readonly attempts: number;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isMarked(value, STEP);
  }

  constructor(step: string, attempts: number, reason: string) {
    const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    super(`The step "${step}" failed after ${times}: ${reason}`);
    this.step = step;
    this.attempts = attempts;
  }
}

export interface FailedChild {
  readonly jobId: string;
  readonly status: 'failed' | 'canceled';
  /** The reason why the child ended. */
  readonly reason: string | null;
}

/** A child job failed or was canceled. The parent fails without a retry, unless its handler catches this error. */
export class ChildJobError extends FinalError {
  override readonly name = 'ChildJobError';
  readonly [CHILD] = true;
  /** In the order of the items, the id of the first child that failed or was canceled. */
  readonly jobId: string;
  readonly status: 'failed' | 'canceled';
  /** The number of the step's children that failed or were canceled. */
  readonly failed: number;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isMarked(value, CHILD);
  }

  constructor(step: string, { jobId, status, reason }: FailedChild, failed = 1, total = 1) {
    const how = status === 'canceled' ? 'was canceled' : 'failed';
    const child = `The child job ${jobId} of the step "${step}" ${how}${reason === null ? '.' : `: ${reason}`}`;
    super(
      total === 1
        ? child
        : `${failed} of the ${total} child jobs of the step "${step}" failed or were canceled. ${child}`,
    );
    this.jobId = jobId;
    this.status = status;
    this.failed = failed;
  }
}
