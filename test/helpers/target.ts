import type { Python } from '../python/install.ts';

/** The embedded cloud: each test file has one of its own. */
export interface EmbeddedTarget {
  readonly kind: 'embedded';
  /** Where LocalStack is installed; then each test file's LocalStack answers for SQS and S3. */
  readonly localStack?: Python;
}

/**
 * An emulator of AWS that is running: each test file deploys a stack of its own into it, and destroys it. Of MiniStack the gaps are
 * known; another emulator is expected to do all that AWS does.
 */
export interface EmulatorTarget {
  readonly kind: 'ministack' | 'emulator';
  readonly awsEndpointUrl: string;
  /** Our Data API, where the emulator has none that will do; also gives out databases. Else Aurora is part of each stack. */
  readonly dataApiUrl?: string;
}

/** A stack that somebody deployed, reached over HTTP alone. */
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
