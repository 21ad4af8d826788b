import { AsyncLocalStorage } from 'node:async_hooks';

/** When the work that a call belongs to is over. */
const ends = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs work that may call AWS until the signal fires, wherever in it the calls are made: those under way are broken off then, and
 * none is begun any more. A sandbox goes on with what an earlier invocation has left: without this it would go on writing for a
 * request that was answered long ago.
 */
export function callingUntil<Result>(signal: AbortSignal, work: () => Result): Result {
  return ends.run(signal, work);
}

/** The signal that ends the work in which this is called; undefined where it has no end. */
export function endOfWork(): AbortSignal | undefined {
  return ends.getStore();
}
