import { Names, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** The context key under which the `Errand` construct stores the deployment's name for the constructs inside it. */
const CONTEXT_KEY = 'errand:service';

/** Errand's own limit on the length of the name, in characters. CloudWatch would allow 1,024, but a dashboard shows only about 30. */
const MAX_LENGTH = 60;

/**
 * Sets the deployment's name, which is the `service` dimension of its metrics. The deployment has the stack's name if the construct's path within
 * the stack is `Errand`. For other paths, the name also contains the path, so that two constructs in one stack have different names.
 */
export function nameService(errand: Construct): void {
  if (errand.node.scope === Stack.of(errand) && errand.node.id === 'Errand') return;
  const name = Names.uniqueResourceName(errand, { maxLength: MAX_LENGTH, separator: '-' });
  errand.node.setContext(CONTEXT_KEY, name);
}

/** Returns the name of the deployment that a construct belongs to. */
export function serviceOf(part: Construct): string {
  const name: unknown = part.node.tryGetContext(CONTEXT_KEY);
  return typeof name === 'string' ? name : Stack.of(part).stackName;
}
