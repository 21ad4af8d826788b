import { isTerminal } from '../../../lambdas/job/status.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import type { Operation, View } from './operation.ts';

// A model of the responses that clients can get about one job, assuming that each request takes effect at a single moment. Workers may advance the
// job between two requests, so a state of this model is only a lower bound on the job's progress.

export interface ModelState {
  /** `absent` means that the job does not exist yet; `ended` means that the job has either succeeded or failed. */
  readonly status: JobStatus | 'absent' | 'ended';
  readonly attempt: number;
  /** Null if the job has not ended, or if the end time is unknown. */
  readonly endTime: string | null;
  /** Whether a request may have canceled the job, or asked it to stop. */
  readonly mayBeCanceled: boolean;
  /** Whether the job has been asked to stop. If so, no further attempt may begin. */
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
 * Returns the state after a request takes effect; undefined if the request would get a different response in this state.
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

/** Returns the model's state after workers have advanced the job to the response's state; undefined if workers can't reach that state. */
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
  // A list of attempts shows only the number of attempts that have begun.
  if (status === undefined)
    return attempt === state.attempt ? state : { ...state, status: 'running', attempt };
  if (status === 'canceled' && !state.mayBeCanceled) return undefined;
  if (cancelRequested && !state.mayBeCanceled) return undefined;
  if (status === 'running' && state.isStopping && !cancelRequested) return undefined;
  if (attempt < leastAttempt(state, view)) return undefined;
  return { ...state, status, attempt, endTime, isStopping: state.isStopping || cancelRequested };
}

/** Returns the lowest attempt number that the response can contain, given the job's progress so far. */
function leastAttempt({ status, attempt }: ModelState, view: View): number {
  const isWaiting = status === 'created' || status === 'absent';
  if (!isWaiting || view.status === 'created' || view.status === 'canceled') return attempt;
  // A suspended job keeps its attempt number when it continues, and when it fails because it exceeded its maximum duration.
  return view.hasSteps ? Math.max(1, attempt) : attempt + 1;
}

function cancel(state: ModelState, view: View | undefined): ModelState | undefined {
  const canceled = hasEnded(state) ? state : { ...state, mayBeCanceled: true };
  if (!view) return canceled;
  const isExecuted = view.status === 'canceled' || (view.status === 'running' && view.cancelRequested);
  return isExecuted ? show(canceled, view) : undefined;
}

/** A cancellation is refused only if the job has succeeded or failed. */
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
    // In the model, an earlier cancellation may take effect late and cancel the retried job. If the job is known to have ended, this is impossible.
    mayBeCanceled: !isDecided && state.mayBeCanceled,
    isStopping: false,
  };
  return view ? show(reopened, view) : reopened;
}

/** A retry is refused unless the job has failed or was canceled. */
function refuseRetry(state: ModelState): ModelState | undefined {
  return state.status === 'failed' || state.status === 'canceled' || state.status === 'absent'
    ? undefined
    : state;
}

function hasEnded({ status }: ModelState): boolean {
  return status === 'ended' || (status !== 'absent' && isTerminal(status));
}
