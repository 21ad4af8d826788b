import { MAX_EVENT_BYTES } from '../lambda/invocation.ts';
import type { InvocableFunctions } from '../lambda/invocation.ts';
import type { InvokeFunction } from './gateway.ts';

/**
 * Creates the function that invokes Lambda functions for a gateway.
 * @param log called if an invocation can't start
 */
export function lambdaInvoker(lambda: InvocableFunctions, log: (line: string) => void): InvokeFunction {
  return async (functionName, event) => {
    if (event.length > MAX_EVENT_BYTES) return { kind: 'too-large' };
    try {
      const result = await lambda.invoke(functionName, event);
      if (result.throttled) return { kind: 'throttled' };
      return result.functionError === undefined
        ? { kind: 'returned', payload: result.payload }
        : { kind: 'failed' };
    } catch (error) {
      log(`the HTTP API could not invoke ${functionName}: ${String(error)}`);
      return { kind: 'failed' };
    }
  };
}
