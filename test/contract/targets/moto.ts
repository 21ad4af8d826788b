import { CREDENTIALS, REGION, type World } from '../world.ts';
import { installPython, startPythonServer, type Python } from '../../emulator/python.ts';
import type { Target } from './target.ts';

/** The version that test/contract/differences.ts speaks of. */
const MOTO = 'moto[server]==5.2.5';

export function installMoto(signal: AbortSignal): Promise<Python> {
  return installPython(MOTO, signal);
}

/** Starts moto's server in `dir`. Its functions need Docker, and its Data API gives back results that it was given before. */
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
