import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTable, dynamoDbClient, put } from './dynamodb-client.ts';
import { deployUnderTest, type DeployUnderTest } from './deploy-under-test.ts';

// Tests data folders that lost some of their data while no cloud was running.

const RESOURCES = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  },
  Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
  Bucket: { Type: 'AWS::S3::Bucket', Properties: {} },
  Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'group' } },
  Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: '1' } },
  Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
};

let deploy: DeployUnderTest;

beforeAll(async () => {
  deploy = await deployUnderTest();
  const cloud = await deploy.start(RESOURCES);
  const client = dynamoDbClient(cloud.awsEndpointUrl);
  await createTable(client);
  await put(client, 'kept', 'job-1');
  client.destroy();
  await cloud.end();
}, 60_000);

afterAll(() => deploy.end());

async function startAndEnd(): Promise<void> {
  await (await deploy.start(RESOURCES)).end();
}

/** Damages a subfolder of the data folder, runs `work`, and restores the subfolder. */
async function withDamage(
  folder: string,
  damage: (path: string) => Promise<unknown>,
  work: (path: string) => Promise<void>,
): Promise<void> {
  const path = join(deploy.dataDir, folder);
  await rename(path, `${path}.aside`);
  try {
    await damage(path);
    await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
    await rename(`${path}.aside`, path);
  }
}

/** Returns the path of LevelDB's log, which contains everything written since the last startup. */
async function levelDbLog(path: string): Promise<string> {
  const name = (await readdir(path)).find((file) => /^\d+\.log$/.test(file));
  if (name === undefined) throw new Error(`There is no log in ${path}.`);
  return join(path, name);
}

describe('a startup fails instead of continuing with an empty store', () => {
  it.each(['dynamodb', 'postgres', 'sqs', 's3', 'scheduler', 'ssm', 'secrets-manager'])(
    'if the %s folder is missing, on every attempt',
    async (folder) => {
      await withDamage(
        folder,
        () => Promise.resolve(),
        async (path) => {
          for (let attempt = 0; attempt < 2; attempt += 1) {
            await expect(startAndEnd()).rejects.toThrow(
              new RegExp(
                `^The data in ${path} is gone: .* backup; .* afresh; .*stores\\.json to go on without`,
              ),
            );
          }
        },
      );
      await startAndEnd();
    },
    60_000,
  );

  it.each([
    ['dynamodb', 'other files', (path: string) => writeFile(join(path, 'other'), 'garbage')],
    ['sqs', 'an empty file', (path: string) => writeFile(join(path, 'sqs.sqlite'), '')],
    ['s3', 'an empty file', (path: string) => writeFile(join(path, 's3.sqlite'), '')],
    ['sqs', 'garbage', (path: string) => writeFile(join(path, 'sqs.sqlite'), 'garbage'.repeat(1000))],
    ['ssm', 'garbage', (path: string) => writeFile(join(path, 'parameters.json'), 'garbage')],
  ])('if the %s folder contains %s', async (folder, _what, fill) => {
    await withDamage(
      folder,
      async (path) => {
        await mkdir(path);
        await fill(path);
      },
      async (path) => {
        await expect(startAndEnd()).rejects.toThrow(path);
      },
    );
    await startAndEnd();
  });

  it('unless its register is deleted: then it starts without that data', async () => {
    await withDamage(
      'sqs',
      () => rm(join(deploy.dataDir, 'stores.json')),
      async () => {
        await startAndEnd();
      },
    );
  });
});

describe('a startup fails instead of continuing without data that LevelDB could not read', () => {
  it.each([
    ['is garbage', async (log: string) => writeFile(log, Buffer.alloc(2000, 0x55))],
    ['is empty', (log: string) => truncate(log, 0)],
  ])('if its log %s, on every attempt', async (_what, damage) => {
    const path = join(deploy.dataDir, 'dynamodb');
    const fresh = await deployUnderTest();
    try {
      await (await fresh.start(RESOURCES)).end();
      await damage(await levelDbLog(path.replace(deploy.dataDir, fresh.dataDir)));
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(fresh.start(RESOURCES)).rejects.toThrow(
          /The (DynamoDB )?data in \S+dynamodb is (damaged|gone)/,
        );
      }
    } finally {
      await fresh.end();
    }
  });
});
