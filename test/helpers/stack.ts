import os from 'node:os';
import path from 'node:path';
import type { Fetch } from './api-client.ts';

/** The root of the project. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');

/** A running stack: its URLs, and how to end it. */
export interface Stack {
  readonly apiUrl: string;
  /** The fetch for requests to the stack, if it needs its own. */
  readonly fetch?: Fetch | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly awsEndpointUrl: string;
  /** The Data API's URL, if not `awsEndpointUrl`. */
  readonly dataApiUrl?: string | undefined;
  /** The functions' log output, if the target provides it. */
  readonly logs: readonly string[];
  /** Deploys the stack again with other settings, if the target can do that quickly. */
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
    // The CDK's check of a template takes 3 s of CPU time. Only test/infrastructure/app.test.ts runs it.
    CDK_VALIDATION: 'false',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...settings,
  };
}
