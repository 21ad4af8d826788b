import path from 'node:path';
import { isLoopback } from 'errand-local/cross-site';

type Variables = Readonly<Record<string, string | undefined>>;

/** Settings of the local service itself, as opposed to the stack's settings. */
export interface StartSettings {
  readonly httpPort: number;
  readonly awsPort: number;
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  readonly faults: boolean;
}

const DEFAULT_HTTP_PORT = 3000;
/** LocalStack's port, where tools expect an AWS emulator by default. */
const DEFAULT_AWS_PORT = 4566;

/**
 * The CDK context for every synth on this machine. The bundles use this machine's builds of native packages, because the functions run on
 * this machine. The context turns off the stack traces that the CDK collects for the CloudFormation console, because collecting them takes
 * time, and nobody reads them on this machine.
 */
export const LOCAL_CONTEXT = {
  'errand:run-on-host': true,
  'aws:cdk:enable-path-metadata': false,
  'aws:cdk:disable-stack-trace': true,
};

/** Default settings for a stack on this machine. Callers need no credentials. */
const LOCAL_SETTINGS = { AUTH: 'none', ALLOW_UNAUTHENTICATED: 'true' };

/**
 * Reads the settings for `npm start` or `errand dev`.
 *
 * @param project the folder that contains the data folder, unless ERRAND_DATA_DIR names another one
 * @throws Error that names the variable and its valid values
 */
export function readStartSettings(environment: Variables, project: string): StartSettings {
  return {
    httpPort: portFrom(environment, 'PORT', DEFAULT_HTTP_PORT),
    awsPort: portFrom(environment, 'ERRAND_AWS_PORT', DEFAULT_AWS_PORT),
    dataDir: path.resolve(variable(environment, 'ERRAND_DATA_DIR') ?? path.join(project, '.errand')),
    faults: switchedOn(environment, 'ERRAND_FAULTS'),
  };
}

/** The environment for the synth. */
export function synthEnvironment(environment: Variables, awsEndpointUrl: string): NodeJS.ProcessEnv {
  return {
    ...LOCAL_SETTINGS,
    ...environment,
    // By default, messages go to the receiver in this process, so that sending messages works offline.
    MESSAGES_URL: variable(environment, 'MESSAGES_URL') ?? `${awsEndpointUrl}/_errand/receiver`,
  };
}

/** Returns a warning if other machines can reach the address; undefined for a local address. */
export function warningAboutHost(host: string): string | undefined {
  if (isLoopback(host)) return undefined;
  return (
    `Warning: --host ${host} opens the API to other machines, over plain HTTP; with AUTH=none (the default here) anyone who ` +
    'can reach it has full access. Uploads and the AWS endpoint stay on 127.0.0.1.'
  );
}

/** Adds a remedy to a system error in the data folder, for example if a file is where a folder should be. */
export function withRemedy(error: unknown, dataDir: string): unknown {
  const { message, code } = error as NodeJS.ErrnoException;
  if (code === undefined || !message.includes(dataDir)) return error;
  const remedy = REMEDIES[code] ?? 'Delete it to start afresh, or set ERRAND_DATA_DIR to another folder.';
  // Sets no `cause`, because the message already includes the cause's message.
  return new Error(`The data folder ${dataDir} cannot be used: ${message}. ${remedy}`);
}

const OTHER_PERMISSIONS =
  'Give your user write permission there, or set ERRAND_DATA_DIR to a folder of your own.';

/** Remedies, keyed by error code, for errors that would remain if the data were deleted. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: OTHER_PERMISSIONS,
  EPERM: OTHER_PERMISSIONS,
  EROFS: 'The file system is read-only: set ERRAND_DATA_DIR to a folder of your own.',
  ENOSPC: 'The disk is full: free some space, or set ERRAND_DATA_DIR to a folder on another disk.',
};

function portFrom(environment: Variables, name: string, absent: number): number {
  const value = variable(environment, name);
  if (value === undefined) return absent;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(
    `${name} must be a port from 0 to 65535 (0 picks a free port), not ${JSON.stringify(value)}.`,
  );
}

function switchedOn(environment: Variables, name: string): boolean {
  const value = variable(environment, name) ?? '0';
  if (value === '0' || value === '1') return value === '1';
  throw new Error(`${name} must be 1 or 0, not ${JSON.stringify(value)}.`);
}

/** Reads an environment variable. An empty variable counts as unset. */
function variable(environment: Variables, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
