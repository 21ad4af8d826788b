import type { FunctionConfiguration } from './function-configuration.ts';

/** The account's concurrency, as GetAccountSettings returns it. */
export interface AccountConcurrency {
  /** The "Concurrent executions" quota. */
  readonly quota: number;
  /** Returns the part of the quota that no function has reserved. */
  readonly unreserved: () => number;
  /** @throws Error if the function would reserve executions that must stay unreserved */
  readonly checkReservation: (configuration: FunctionConfiguration) => void;
}

/**
 * Lambda keeps 100 executions for functions without reserved concurrency. If the account's quota is lower than 100, Lambda keeps the whole
 * quota (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html,
 * https://github.com/aws-samples/sample-one-click-generative-ai-solutions/issues/3).
 */
const KEPT_UNRESERVED = 100;

/**
 * @param functions returns the account's current functions
 * @throws Error if the quota is not a positive whole number
 */
export function createAccountConcurrency(
  quota: number,
  functions: () => readonly FunctionConfiguration[],
): AccountConcurrency {
  if (!Number.isInteger(quota) || quota < 1) {
    throw new Error(`accountConcurrency is ${quota}: it must be a whole number of at least 1.`);
  }
  const least = Math.min(KEPT_UNRESERVED, quota);
  const unreservedWithout = (name?: string): number =>
    functions()
      .filter((each) => each.name !== name)
      .reduce((rest, { reservedConcurrency = 0 }) => rest - reservedConcurrency, quota);
  return {
    quota,
    unreserved: () => unreservedWithout(),
    checkReservation({ name, reservedConcurrency = 0 }) {
      if (reservedConcurrency === 0 || unreservedWithout(name) - reservedConcurrency >= least) return;
      throw new Error(
        `Lambda function ${name}: Specified ReservedConcurrentExecutions for function decreases account's ` +
          `UnreservedConcurrentExecution below its minimum value of [${least}].`,
      );
    },
  };
}
