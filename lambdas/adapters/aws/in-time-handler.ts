import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AsyncLocalStorage } from 'node:async_hooks';

type Handle = NodeHttpHandler['handle'];

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

/** The SDK's handler of requests, which ends with the work that it is called in. */
export class InTimeHandler extends NodeHttpHandler {
  override handle(...[request, options = {}]: Parameters<Handle>): ReturnType<Handle> {
    const abortSignal = options.abortSignal ?? ends.getStore();
    return super.handle(request, { ...options, ...(abortSignal && { abortSignal }) });
  }
}
