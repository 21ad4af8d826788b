import { SQSClient } from '@aws-sdk/client-sqs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint } from '../../../src/aws-endpoint/aws-endpoint.ts';
import { startDynamoDb } from '../../../src/dynamodb/dynamodb.ts';
import { startLambda } from '../../../src/lambda/lambda.ts';
import { startPostgres } from '../../../src/postgres/postgres.ts';
import { startRdsData } from '../../../src/rds-data/rds-data.ts';
import { startS3 } from '../../../src/s3/s3.ts';
import { startScheduler } from '../../../src/scheduler/scheduler.ts';
import { startSecretsManager } from '../../../src/secrets-manager/secrets-manager.ts';
import { startSqs } from '../../../src/sqs/sqs.ts';
import { startSsm } from '../../../src/ssm/ssm.ts';
import { copyClusterTemplate } from '../../../../../test/helpers/cluster-template.ts';
import { CREDENTIALS, REGION, type World } from '../world.ts';
import { functionsOfErrand } from './errand-functions.ts';
import type { Target } from './target.ts';

const DATABASE = {
  resourceArn: `arn:aws:rds:${REGION}:000000000000:cluster:contract`,
  secretArn: `arn:aws:secretsmanager:${REGION}:000000000000:secret:contract-a1B2c3`,
  database: 'contract',
};

/** Starts all of the embedded cloud's services, without a stack. */
export async function startErrand(): Promise<Target> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-contract-'));
  const complaints: string[] = [];
  const log = (line: string): number => complaints.push(line);
  await copyClusterTemplate(dataDir);
  const postgres = await startPostgres({ dataDir, log });
  const login = JSON.stringify({ username: 'contract', password: 'contract' });
  const readSecret = (arn: string) => (arn === DATABASE.secretArn ? login : undefined);
  const rdsData = startRdsData({ postgres, readSecret });
  await rdsData.registerCluster({
    clusterArn: DATABASE.resourceArn,
    secretArn: DATABASE.secretArn,
    database: DATABASE.database,
  });
  const endpoint = await startAwsEndpoint({ port: 0, log });
  const { url } = endpoint;
  const sqs = new SQSClient({ endpoint: url, region: REGION, credentials: CREDENTIALS });
  // The terminal output is discarded, because no case reads it.
  const lambda = await startLambda({
    dataDir: path.join(dataDir, 'lambda'),
    log: () => undefined,
    asyncRetryDelaysMs: [1, 1],
  });
  const clock = { now: () => Date.now(), after: () => () => undefined };
  const services = [
    startSqs({ dataDir, endpointUrl: url }),
    await startDynamoDb({ dataDir }),
    startS3({ dataDir, secretAccessKey: CREDENTIALS.secretAccessKey }),
    // This scheduler stores schedules, but never fires them. It accepts any role name.
    startScheduler({
      dataDir,
      lambda,
      sqs,
      clock,
      log,
      roles: { mayAssume: () => true, denial: () => undefined },
    }),
    startSecretsManager({ dataDir }),
    startSsm({ dataDir }),
    rdsData,
    lambda,
  ];
  for (const service of services) endpoint.register(service);
  const functions = functionsOfErrand({ lambda, sqs, log, dir: path.join(dataDir, 'functions') });
  const world: World = {
    target: 'errand',
    endpoint: url,
    speaks: ['sqs', 'dynamodb', 's3', 'rds-data', 'scheduler', 'secretsmanager', 'ssm', 'lambda', 'events'],
    database: DATABASE,
    functions: functions.functions,
  };
  return {
    world,
    async end() {
      await functions.end();
      sqs.destroy();
      await endpoint.end();
      for (const service of services.reverse()) await service.end();
      await postgres.end();
      await rm(dataDir, { recursive: true, force: true });
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    },
  };
}
