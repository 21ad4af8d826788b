import type { Construct } from 'constructs';

/** The CDK context key for a stack whose functions run on this machine, in the embedded cloud. */
const CONTEXT = 'errand:run-on-host';

/** Whether the stack will run on this machine. */
export function runsOnHost(scope: Construct): boolean {
  // `cdk synth -c errand:run-on-host=true` passes the value as a string.
  return [true, 'true'].includes(scope.node.tryGetContext(CONTEXT) as boolean | string);
}
