import { isTerminal } from '../../../lambdas/job/status.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import type { Operation, View } from './operation.ts';

// What clients may see of one job, if each request takes effect at one moment. Between two requests, workers may move the job on
// through its life cycle; so a state of this model says how far the job has come at least.

export interface ModelState {
  /** `absent` before the job exists; `ended` for a success or failure if it is not known which. */
  readonly status: JobStatus | 'absent' | 'ended';
  readonly attempt: number;
  /** Null if the job has not ended, or if the time is not known. */
  readonly endTime: string | null;
  /** Whether a request may have canceled the job, or asked it to stop. */
  readonly mayBeCanceled: boolean;
  /** Whether the job has been asked to stop, so that no further attempt begins. */
  readonly isStopping: boolean;
}

export const ABSENT: ModelState = {
  status: 'absent',
  attempt: 0,
  endTime: null,
  mayBeCanceled: false,
  isStopping: false,
};

/**
 * Returns the state after a request takes effect in this state; undefined if the request would have had a different
 * response.
 */
export function next(state: ModelState, operation: Operation): ModelState | undefined {
  const { kind, view, isRefused = false } = operation;
  switch (kind) {
    case 'create':
      return state.status === 'absent' && view ? show({ ...state, status: 'created' }, view) : undefined;
    case 'read':
      return view && show(state, view);
    case 'cancel':
      return isRefused ? refuseCancel(state) : cancel(state, view);
    case 'retry':
      return isRefused ? refuseRetry(state) : retry(state, view);
  }
}

/** A response that shows the job: workers have moved the job from the state to what is shown. */
function show(state: ModelState, view: View): ModelState | undefined {
  const { status, attempt, endTime, cancelRequested } = view;
  if (attempt < state.attempt || (state.isStopping && attempt > state.attempt)) return undefined;
  if (hasEnded(state)) {
    const isSame =
      state.status === 'ended' ? status === 'success' || status === 'failed' : status === state.status;
    if (status !== undefined && !isSame) return undefined;
    if (state.status !== 'ended' && attempt !== state.attempt) return undefined;
    if (status !== undefined && state.endTime !== null && endTime !== state.endTime) return undefined;
    return status === undefined ? state : { ...state, status, attempt, endTime };
  }
  // A list of attempts shows the beginning of each.
  if (status === undefined)
    return attempt === state.attempt ? state : { ...state, status: 'running', attempt };
  if (status === 'canceled' && !state.mayBeCanceled) return undefined;
  if (cancelRequested && !state.mayBeCanceled) return undefined;
  if (status === 'running' && state.isStopping && !cancelRequested) return undefined;
  if (attempt < leastAttempt(state, view)) return undefined;
  return { ...state, status, attempt, endTime, isStopping: state.isStopping || cancelRequested };
}

/** Returns the lowest attempt number with which a job that has come this far can be in the state shown. */
function leastAttempt({ status, attempt }: ModelState, view: View): number {
  const isWaiting = status === 'created' || status === 'absent';
  if (!isWaiting || view.status === 'created' || view.status === 'canceled') return attempt;
  // A suspended job continues in the same attempt, and also fails in it if it exceeds its maximum duration.
  return view.hasSteps ? Math.max(1, attempt) : attempt + 1;
}

function cancel(state: ModelState, view: View | undefined): ModelState | undefined {
  const canceled = hasEnded(state) ? state : { ...state, mayBeCanceled: true };
  if (!view) return canceled;
  const isExecuted = view.status === 'canceled' || (view.status === 'running' && view.cancelRequested);
  return isExecuted ? show(canceled, view) : undefined;
}

/** Only a job that has succeeded or failed can't be canceled. */
function refuseCancel(state: ModelState): ModelState | undefined {
  if (state.status === 'canceled' || state.status === 'absent') return undefined;
  return hasEnded(state) ? state : { ...state, status: 'ended', endTime: null };
}

function retry(state: ModelState, view: View | undefined): ModelState | undefined {
  if (state.status === 'absent') return view ? undefined : state;
  if (state.status === 'success') return view ? undefined : state;
  const isDecided = state.status === 'failed' || state.status === 'canceled';
  const reopened: ModelState = {
    status: 'created',
    attempt: state.attempt,
    endTime: null,
    // A cancellation may have come after the end and the retry that are not known.
    mayBeCanceled: !isDecided && state.mayBeCanceled,
    isStopping: false,
  };
  return view ? show(reopened, view) : reopened;
}

/** Only a job that has failed or was canceled can be retried. */
function refuseRetry(state: ModelState): ModelState | undefined {
  return state.status === 'failed' || state.status === 'canceled' || state.status === 'absent'
    ? undefined
    : state;
}

function hasEnded({ status }: ModelState): boolean {
  return status === 'ended' || (status !== 'absent' && isTerminal(status));
}
