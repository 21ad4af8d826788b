import { availableParallelism } from 'node:os';
import type { AccountConcurrency } from './account-concurrency.ts';
import { BriefLine } from './brief-line.ts';
import type { FunctionConfiguration } from './function-configuration.ts';
import type { ThrottleReason } from './invocation.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * How long an invocation is assumed to use a CPU core, in milliseconds. An invocation that runs longer is probably waiting, for example in
 * a long poll.
 */
const CORE_MS = 100;

export interface AdmissionProps {
  readonly account: AccountConcurrency;
  /** The maximum number of concurrent invocations on this machine, across all functions without reserved concurrency. */
  readonly concurrency: number;
  /** Called before each invocation. Returns whether to throttle the invocation as if the account's quota were exhausted. */
  readonly isThrottled: (functionName: string) => boolean;
}

/** Takes a slot for one invocation. Returns a function that releases the slot, or the reason for throttling. */
export type Admit = (configuration: FunctionConfiguration) => Promise<(() => void) | ThrottleReason>;

/** Creates the concurrency limiter. All versions of a Lambda function share the function's reserved concurrency. */
export function createAdmission({ account, concurrency, isThrottled }: AdmissionProps): Admit {
  const reservedInUse = new Map<string, number>();
  let unreservedInUse = 0;
  const machinePlaces = new WaitingLine(concurrency);
  const cores = new BriefLine(availableParallelism() + 1, CORE_MS);

  return async ({ name, reservedConcurrency }) => {
    if (isThrottled(name)) return 'ConcurrentInvocationLimitExceeded';
    if (reservedConcurrency === undefined) {
      if (unreservedInUse >= account.unreserved()) return 'ConcurrentInvocationLimitExceeded';
      unreservedInUse += 1;
      await machinePlaces.enter();
      const leaveCore = await cores.enter();
      return () => {
        leaveCore();
        machinePlaces.leave();
        unreservedInUse -= 1;
      };
    }
    const inUse = reservedInUse.get(name) ?? 0;
    if (inUse >= reservedConcurrency) return 'ReservedFunctionConcurrentInvocationLimitExceeded';
    reservedInUse.set(name, inUse + 1);
    return () => {
      reservedInUse.set(name, (reservedInUse.get(name) ?? 0) - 1);
    };
  };
}
