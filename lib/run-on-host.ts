import type { Construct } from 'constructs';

/** The CDK context that asks for a stack whose functions run on this machine, in the embedded cloud. */
const CONTEXT = 'errand:run-on-host';

/** Whether the stack is going to run on this machine. */
export function runsOnHost(scope: Construct): boolean {
  // `cdk synth -c errand:run-on-host=true` gives the string.
  return [true, 'true'].includes(scope.node.tryGetContext(CONTEXT) as boolean | string);
}
