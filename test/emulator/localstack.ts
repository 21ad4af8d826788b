import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { installFromPyPi, OldPythonError, type Python } from '../python/install.ts';
import { startPythonServer, type PythonServer } from '../python/server.ts';
import { CREDENTIALS, REGION } from './cdk.ts';

/** The file that pins LocalStack's version. The contract tests' list of differences refers to this version. */
const REQUIREMENTS = path.join(import.meta.dirname, 'localstack-requirements.txt');

/**
 * Installs LocalStack. LocalStack needs Python 3.12, because its code uses type parameters. On a machine with an older Python, such as one with
 * Debian 12, prints a notice, and LocalStack's tests are skipped.
 *
 * @returns undefined if this machine's Python is too old
 */
export async function installLocalStack(signal: AbortSignal): Promise<Python | undefined> {
  try {
    return await installFromPyPi('localstack', REQUIREMENTS, signal, { leastMinor: 12 });
  } catch (error) {
    if (!(error instanceof OldPythonError)) throw error;
    console.log(`NOT RUN with LocalStack: ${error.message}`);
    return undefined;
  }
}

/**
 * Starts LocalStack on a free port on 127.0.0.1, without Docker. All its files, including its log, are in `dir`.
 *
 * @param services the services' signing names, such as `sqs`. LocalStack implements SQS and S3 itself. Lambda would need Docker, and DynamoDB would
 * need Java.
 * @throws Error with the log, if LocalStack ends or does not respond
 */
export async function startLocalStack(
  python: Python,
  dir: string,
  services: readonly string[],
): Promise<PythonServer> {
  const root = path.join(dir, 'root');
  await mkdir(root, { recursive: true });
  return startPythonServer({
    name: 'LocalStack',
    python,
    dir,
    words: () => ['-m', 'localstack.runtime.main'],
    healthPath: '/_localstack/health',
    environment: (port) => ({
      OVERRIDE_IN_DOCKER: '0',
      // By default, LocalStack would write to the root of the file system.
      FILESYSTEM_ROOT: root,
      // LocalStack's default server would listen on all interfaces.
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LOCALSTACK_HOST: `127.0.0.1:${port}`,
      SERVICES: services.join(','),
      STRICT_SERVICE_LOADING: '1',
      // AWS enforces a delay before a queue is purged again or recreated. LocalStack enforces this delay only with these settings.
      SQS_DELAY_PURGE_RETRY: '1',
      SQS_DELAY_RECENTLY_DELETED: '1',
      // Disables downloads and usage reports.
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
    }),
  });
}
