import { Names, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** The context key under which the `Errand` construct stores its path for its parts. */
const CONTEXT_KEY = 'errand:service';

/** The longest name: CloudWatch accepts 1,024 characters, but a dashboard shows about thirty. */
const MAX_LENGTH = 60;

/**
 * Names the deployment in its metrics' `service` dimension: by its stack, and by the construct's path within the stack unless that is
 * `Errand`. Two constructs in one stack get different names, and so do two stacks.
 */
export function nameService(errand: Construct): void {
  if (errand.node.scope === Stack.of(errand) && errand.node.id === 'Errand') return;
  const name = Names.uniqueResourceName(errand, { maxLength: MAX_LENGTH, separator: '-' });
  errand.node.setContext(CONTEXT_KEY, name);
}

/** The name of the deployment that the construct belongs to. */
export function serviceOf(part: Construct): string {
  const name: unknown = part.node.tryGetContext(CONTEXT_KEY);
  return typeof name === 'string' ? name : Stack.of(part).stackName;
}
