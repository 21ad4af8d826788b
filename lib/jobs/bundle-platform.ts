import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { runsOnHost } from '../run-on-host.ts';
import type { BundlePlatform } from './jobs-bundle.ts';

/** Returns the platform on which a stack's jobs will run. */
export function bundlePlatform(scope: Construct, architecture = Architecture.ARM_64): BundlePlatform {
  if (runsOnHost(scope)) return 'host';
  return architecture === Architecture.X86_64 ? 'lambda-x64' : 'lambda-arm64';
}
