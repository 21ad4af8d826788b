import os from 'node:os';
import path from 'node:path';
import type { Fetch } from './api-client.ts';

/** The project's root folder. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The environment variable that names the folder where a Jest run's test files share assemblies. Outside of Jest, no such folder exists. */
export const ASSEMBLIES_VARIABLE = 'ERRAND_TEST_ASSEMBLIES';

/** A running stack: its URLs, and a function that ends it. */
export interface Stack {
  readonly apiUrl: string;
  /** The function that sends requests to the stack; undefined if the global `fetch` can be used. */
  readonly fetch?: Fetch | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly awsEndpointUrl: string;
  /** The Data API's URL, if it differs from `awsEndpointUrl`. */
  readonly dataApiUrl?: string | undefined;
  /** The functions' log output, if the target provides it. */
  readonly logs: readonly string[];
  /** Redeploys the stack with other settings; undefined if redeploying would be slow on this target. */
  redeploy?(settings: Record<string, string>): Promise<void>;
  end(): Promise<void>;
}

/** Returns the environment in which tests synthesize a stack. */
export function synthEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: os.homedir(),
    AUTH: 'none',
    ALLOW_UNAUTHENTICATED: 'true',
    // The CDK's template validation takes 3 s of CPU time, so only test/infrastructure/app.test.ts runs it.
    CDK_VALIDATION: 'false',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...settings,
  };
}
