import type { Python } from '../python/install.ts';

/** The embedded cloud. Each test file has its own. */
export interface EmbeddedTarget {
  readonly kind: 'embedded';
  /** The folder of LocalStack. If set, each test file uses its own LocalStack for SQS and S3. */
  readonly localStack?: Python;
}

/**
 * A running AWS emulator: each test file deploys its own stack into it, and destroys it. The gaps of MiniStack are known; any
 * other emulator must do everything that AWS does.
 */
export interface EmulatorTarget {
  readonly kind: 'ministack' | 'emulator';
  readonly awsEndpointUrl: string;
  /**
   * Errand's own Data API, which also creates databases, if the emulator has no suitable one. Otherwise, Aurora is part of each
   * stack.
   */
  readonly dataApiUrl?: string;
}

/** A deployed stack, accessed only over HTTP. */
export interface DeploymentTarget {
  readonly kind: 'deployment';
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
}

export type Target = EmbeddedTarget | EmulatorTarget | DeploymentTarget;

/** The variable with the target of the integration tests, as JSON. */
export const TARGET_VARIABLE = 'ERRAND_TEST_TARGET';

/** The target of the integration tests: the embedded cloud, unless `npm run test:emulator` or `test:deployed` sets another one. */
export const target: Target = JSON.parse(process.env[TARGET_VARIABLE] ?? '{"kind":"embedded"}') as Target;
