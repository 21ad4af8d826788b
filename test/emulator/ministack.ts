import path from 'node:path';
import { CREDENTIALS, REGION } from './cdk.ts';
import { installFromPyPi, type Python } from '../python/install.ts';
import { startPythonServer, type PythonServer } from '../python/server.ts';

/** The file that pins MiniStack's version. test/emulator/mend.ts and test/helpers/gaps.ts apply to this version. */
const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');

/** Installs MiniStack once. */
export function installMiniStack(signal: AbortSignal): Promise<Python> {
  return installFromPyPi('ministack', REQUIREMENTS, signal);
}

/**
 * Starts MiniStack on a free port on 127.0.0.1. All its files, including its log, are in `dir`. MiniStack runs functions as local processes.
 *
 * @param dataApiUrl the URL of the functions' Data API; undefined for MiniStack's own Data API
 * @throws Error with the log, if MiniStack ends or does not respond
 */
export function startMiniStack(python: Python, dir: string, dataApiUrl?: string): Promise<PythonServer> {
  return startPythonServer({
    name: 'MiniStack',
    python,
    dir,
    words: () => ['-m', 'ministack'],
    healthPath: '/_ministack/health',
    environment: (port) => ({
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      STATE_DIR: path.join(dir, 'state'),
      LAMBDA_EXECUTOR: 'local',
      // MiniStack's default depends on this machine's memory, and may be too low for the workers' reservations.
      LAMBDA_ACCOUNT_CONCURRENCY: '1000',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
      // Functions inherit this environment variable.
      ...(dataApiUrl !== undefined && { AWS_ENDPOINT_URL_RDS_DATA: dataApiUrl }),
    }),
  });
}
