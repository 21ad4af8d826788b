import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { installFromPyPi, type Python } from '../../../../../test/python/install.ts';
import { startPythonServer } from '../../../../../test/python/server.ts';
import { CREDENTIALS, REGION, type World } from '../world.ts';
import type { Target } from './target.ts';

/** They include the version that the list of differences names. */
const REQUIREMENTS = path.join(import.meta.dirname, 'localstack-requirements.txt');

/** Its services use type parameters of Python 3.12. */
export function installLocalStack(signal: AbortSignal): Promise<Python> {
  return installFromPyPi('localstack', REQUIREMENTS, signal, { leastMinor: 12 });
}

/** Starts LocalStack in `dir`, without Docker: so it has neither functions nor DynamoDB. SQS and S3 are its own, the rest is moto's. */
export async function startLocalStack(python: Python, dir: string): Promise<Target> {
  const root = path.join(dir, 'root');
  await mkdir(root);
  const server = await startPythonServer({
    name: 'LocalStack',
    python,
    dir,
    words: () => ['-m', 'localstack.runtime.main'],
    healthPath: '/_localstack/health',
    environment: (port) => ({
      OVERRIDE_IN_DOCKER: '0',
      // Instead of the root of the file system.
      FILESYSTEM_ROOT: root,
      // Its default server listens on all interfaces.
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LOCALSTACK_HOST: `127.0.0.1:${port}`,
      SERVICES: 'sqs,s3,scheduler,secretsmanager,ssm',
      STRICT_SERVICE_LOADING: '1',
      // As in AWS; both are off by default.
      SQS_DELAY_PURGE_RETRY: '1',
      SQS_DELAY_RECENTLY_DELETED: '1',
      // Nothing is fetched from the internet or reported to it.
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
    }),
  });
  const world: World = {
    target: 'localstack',
    endpoint: server.url,
    speaks: ['sqs', 's3', 'scheduler', 'secretsmanager', 'ssm'],
  };
  return { world, end: () => server.end() };
}
