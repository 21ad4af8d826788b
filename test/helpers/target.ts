import type { Python } from '../python/install.ts';

/** The embedded cloud. Each test file starts its own instance. */
export interface EmbeddedTarget {
  readonly kind: 'embedded';
  /** LocalStack's folder. If it is set, each test file runs its own LocalStack for SQS and S3. */
  readonly localStack?: Python;
}

/**
 * A running AWS emulator. Each test file deploys its own stack to it, and destroys that stack at the end. MiniStack has known gaps. Any other
 * emulator must support everything that the tests need.
 */
export interface EmulatorTarget {
  readonly kind: 'ministack' | 'emulator';
  readonly awsEndpointUrl: string;
  /**
   * The URL of Errand's own Data API, which also creates databases. Set only if the emulator has no suitable Data API; otherwise, each stack includes
   * Aurora.
   */
  readonly dataApiUrl?: string;
}

/** A deployed stack, which tests access only over HTTP. */
export interface DeploymentTarget {
  readonly kind: 'deployment';
  readonly url: string;
  /** The API key, sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
}

export type Target = EmbeddedTarget | EmulatorTarget | DeploymentTarget;

/** The environment variable that holds the integration tests' target as JSON. */
export const TARGET_VARIABLE = 'ERRAND_TEST_TARGET';

/**
 * The integration tests' target: the embedded cloud, unless `npm run test:emulator` or `test:deployed` sets another
 * one.
 */
export const target: Target = JSON.parse(process.env[TARGET_VARIABLE] ?? '{"kind":"embedded"}') as Target;
