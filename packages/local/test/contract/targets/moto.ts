import path from 'node:path';
import { CREDENTIALS, REGION, type World } from '../world.ts';
import { installFromPyPi, type Python } from '../../../../../test/python/install.ts';
import { startPythonServer } from '../../../../../test/python/server.ts';
import type { Target } from './target.ts';

/** The file that pins moto's version. The differences in test/contract/differences.ts apply to this version. */
const REQUIREMENTS = path.join(import.meta.dirname, 'moto-requirements.txt');

export function installMoto(signal: AbortSignal): Promise<Python> {
  return installFromPyPi('moto', REQUIREMENTS, signal);
}

/**
 * Starts moto's server in `dir`. Functions and the Data API are not tested, because moto's functions need Docker, and its Data API only replays
 * recorded results.
 */
export async function startMoto(python: Python, dir: string): Promise<Target> {
  const server = await startPythonServer({
    name: 'moto',
    python,
    dir,
    words: (port) => ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    healthPath: '/moto-api/data.json',
    environment: () => ({
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
    }),
  });
  const world: World = {
    target: 'moto',
    endpoint: server.url,
    speaks: ['sqs', 'dynamodb', 's3', 'scheduler', 'secretsmanager', 'ssm'],
  };
  return { world, end: () => server.end() };
}
