import { availableParallelism } from 'node:os';
import type { AccountConcurrency } from './account-concurrency.ts';
import { BriefLine } from './brief-line.ts';
import type { FunctionConfiguration } from './function-configuration.ts';
import type { ThrottleReason } from './invocation.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * How long an invocation counts as one that keeps a core busy, in milliseconds: one that runs for longer waits for
 * something else, as a long poll does.
 */
const CORE_MS = 100;

export interface AdmissionProps {
  readonly account: AccountConcurrency;
  /** Invocations that this machine runs at a time, over all functions without reserved concurrency. */
  readonly concurrency: number;
  /** Asked before each invocation whether it is refused, as beyond the account's quota. */
  readonly isThrottled: (functionName: string) => boolean;
}

/** Takes a place for one invocation: the way to give it back, or the reason why there is none. */
export type Admit = (configuration: FunctionConfiguration) => Promise<(() => void) | ThrottleReason>;

/** @returns takes the configuration of the function: all its versions share its concurrency */
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
