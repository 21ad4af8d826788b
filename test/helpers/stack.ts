import os from 'node:os';
import path from 'node:path';
import type { Fetch } from './api-client.ts';

/** The root of the project. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');

/** A running stack: where it is, and how to let it go. */
export interface Stack {
  readonly apiUrl: string;
  /** How requests are made there, if not as they are. */
  readonly fetch?: Fetch | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly awsEndpointUrl: string;
  /** Where the Data API is, if not at `awsEndpointUrl`. */
  readonly dataApiUrl?: string | undefined;
  /** What the functions have written to their logs, where the target shows them. */
  readonly logs: readonly string[];
  /** Deploys the stack again with other settings, where that takes little. */
  redeploy?(settings: Record<string, string>): Promise<void>;
  end(): Promise<void>;
}

/** The environment in which a stack is synthesized for tests. */
export function synthEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: os.homedir(),
    AUTH: 'none',
    ALLOW_UNAUTHENTICATED: 'true',
    // The CDK's own check of a template takes 3 s of processor time: test/infrastructure/app.test.ts has it done.
    CDK_VALIDATION: 'false',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...settings,
  };
}
