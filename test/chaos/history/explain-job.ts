import { ABSENT, next, type ModelState } from './job-model.ts';
import type { Operation } from './operation.ts';

/**
 * The number of search steps after which the search gives up, because the history is too long. The histories of actual runs take a few hundred steps.
 */
const MOST_STEPS = 200_000;

/**
 * Searches for an order of a job's requests in which the model gives the recorded response to each request. A request that ended before another began
 * must precede it. The order may omit requests without a response, and all executions of a retried call except the last one.
 *
 * @returns why no such order exists; undefined if one exists
 */
export function unexplained(operations: readonly Operation[]): string | undefined {
  const sorted = operations.toSorted((a, b) => a.start - b.start);
  const tried = new Set<string>();
  let steps = 0;
  let best: { readonly done: number; readonly state: ModelState; readonly next: readonly Operation[] } = {
    done: -1,
    state: ABSENT,
    next: [],
  };

  const search = (state: ModelState, left: readonly Operation[]): boolean => {
    const answered = left.filter((operation) => !mayHaveNoEffect(operation));
    if (answered.length === 0) return true;
    const key = JSON.stringify([state, left.map((operation) => sorted.indexOf(operation))]);
    if (tried.has(key)) return false;
    tried.add(key);
    steps += 1;
    if (steps > MOST_STEPS) return false;
    const firstEnd = Math.min(...answered.map(({ end }) => end));
    const possible = left.filter(({ start }) => start <= firstEnd);
    const done = sorted.length - left.length;
    if (done > best.done) best = { done, state, next: possible };
    // Tries requests with a response first, because these requests suffice to explain most histories.
    const inOrder = possible.toSorted((a, b) => Number(mayHaveNoEffect(a)) - Number(mayHaveNoEffect(b)));
    return inOrder.some((operation) => {
      const after = next(state, operation);
      if (after === undefined) return false;
      // A request that ended before this operation began can't follow it, so an order that continues with this operation omits the request.
      const rest = left.filter((other) => other !== operation && other.end >= operation.start);
      return search(after, rest);
    });
  };

  if (search(ABSENT, sorted)) return undefined;
  if (steps > MOST_STEPS) return `the history of ${sorted.length} requests is too long to be explained`;
  const { done, state, next: stuck } = best;
  const wanted = stuck.filter((operation) => !mayHaveNoEffect(operation)).map(inWords);
  const all = sorted.map(inWords).join('; ');
  return `no order of its ${sorted.length} requests explains the responses: after ${done} of them it is ${stateInWords(state)}, and then comes ${wanted.join(' or ')}. All: ${all}`;
}

/** Whether an explanation may omit a request, because no response proves that the request took effect. */
export function mayHaveNoEffect({ end, isEarlier = false }: Operation): boolean {
  return isEarlier || end === Infinity;
}

function inWords({ kind, start, end, view, isEarlier = false, isRefused = false }: Operation): string {
  const times = `from ${Math.round(start)} to ${Math.round(end)} ms`;
  if (isRefused) return `a ${kind} ${times} that was refused`;
  if (!view) return `${isEarlier ? 'an earlier' : 'an unanswered'} ${kind} ${times}`;
  const { status = 'the attempts', attempt, endTime, cancelRequested } = view;
  return `a ${kind} ${times} that shows ${status} ${attempt}${cancelRequested ? ' to be canceled' : ''}${timeOf(endTime)}`;
}

function stateInWords({ status, attempt, endTime, isStopping }: ModelState): string {
  return `${status} ${attempt}${timeOf(endTime)}${isStopping ? ', stopping' : ''}`;
}

function timeOf(endTime: string | null): string {
  return endTime === null ? '' : ` since ${endTime}`;
}
