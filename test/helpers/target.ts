import type { Python } from '../python/install.ts';

/** The embedded cloud: each test file has one of its own. */
export interface EmbeddedTarget {
  readonly kind: 'embedded';
  /** Where LocalStack is installed; then each test file's LocalStack answers for SQS and S3. */
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

/** The variable that says, as JSON, where the integration tests run. */
export const TARGET_VARIABLE = 'ERRAND_TEST_TARGET';

/** Where the integration tests run: in the embedded cloud, unless `npm run test:emulator` or `test:deployed` says otherwise. */
export const target: Target = JSON.parse(process.env[TARGET_VARIABLE] ?? '{"kind":"embedded"}') as Target;
