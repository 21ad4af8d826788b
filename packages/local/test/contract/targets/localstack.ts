import { startLocalStack } from '../../../../../test/emulator/localstack.ts';
import type { Python } from '../../../../../test/python/install.ts';
import type { Protocol, World } from '../world.ts';
import type { Target } from './target.ts';

const SPEAKS: readonly Protocol[] = ['sqs', 's3', 'scheduler', 'secretsmanager', 'ssm'];

/** Starts LocalStack in `dir`. LocalStack implements SQS and S3 itself, and uses moto for the other services. */
export async function startLocalStackTarget(python: Python, dir: string): Promise<Target> {
  const server = await startLocalStack(python, dir, SPEAKS);
  const world: World = { target: 'localstack', endpoint: server.url, speaks: SPEAKS };
  return { world, end: () => server.end() };
}
