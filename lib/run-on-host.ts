import type { Construct } from 'constructs';

/** The CDK context key that marks a stack for the embedded cloud, which runs the stack's functions on this machine. */
const CONTEXT = 'errand:run-on-host';

/** Whether the stack will run on this machine. */
export function runsOnHost(scope: Construct): boolean {
  // `cdk synth -c errand:run-on-host=true` passes the value as a string.
  return [true, 'true'].includes(scope.node.tryGetContext(CONTEXT) as boolean | string);
}
