import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { BundlePlatform } from './jobs-bundle.ts';

/** The CDK context by which the embedded cloud asks for a stack whose functions run on this machine. */
const CONTEXT = 'errand:run-on-host';

/** Where the jobs of a stack will run. */
export function bundlePlatform(scope: Construct, architecture = Architecture.ARM_64): BundlePlatform {
  // `cdk synth -c errand:run-on-host=true` gives the string.
  if ([true, 'true'].includes(scope.node.tryGetContext(CONTEXT) as boolean | string)) return 'host';
  return architecture === Architecture.X86_64 ? 'lambda-x64' : 'lambda-arm64';
}
