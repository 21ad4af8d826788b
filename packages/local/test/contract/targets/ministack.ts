import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../../../test/helpers/commands.ts';
import { startMiniStack } from '../../../../../test/emulator/ministack.ts';
import type { Python } from '../../../../../test/python/install.ts';
import { clientOf, uniqueName, type Functions, type World } from '../world.ts';
import { callHttpApi, createStack } from '../../../../../test/emulator/ministack-requests.ts';
import type { Target } from './target.ts';

const ROLE = 'arn:aws:iam::000000000000:role/function';

/** Starts MiniStack in `dir`. The Data API is not tested, because MiniStack's Data API needs a database in Docker. */
export async function startMiniStackTarget(python: Python, dir: string): Promise<Target> {
  const ministack = await startMiniStack(python, dir);
  const world: World = {
    target: 'ministack',
    endpoint: ministack.url,
    speaks: ['sqs', 'dynamodb', 's3', 'scheduler', 'secretsmanager', 'ssm', 'lambda', 'events'],
  };
  const functions = functionsOf(world, python, path.join(dir, 'functions'));
  return { world: { ...world, functions }, end: () => ministack.end() };
}

function functionsOf(world: World, python: Python, dir: string): Functions {
  const lambda = clientOf(world, LambdaClient);
  const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

  /** Returns a ZIP archive with one module. */
  async function zipOf(source: string): Promise<Buffer> {
    const folder = path.join(dir, uniqueName('code'));
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'index.mjs'), source);
    const zip = `${folder}.zip`;
    await run(python.command, ['-m', 'zipfile', '-c', zip, path.join(folder, 'index.mjs')], process.env);
    return readFile(zip);
  }

  return {
    async create(source, { timeoutSeconds = 10, reservedConcurrency } = {}) {
      const FunctionName = uniqueName('function');
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Role: ROLE,
          Timeout: timeoutSeconds,
          Code: { ZipFile: await zipOf(source) },
        }),
      );
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName });
      if (reservedConcurrency !== undefined) {
        const ReservedConcurrentExecutions = reservedConcurrency;
        await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
      }
      return FunctionName;
    },

    async change(FunctionName, source) {
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await zipOf(source) }));
    },

    async publish(FunctionName) {
      const { Version = '' } = await lambda.send(new PublishVersionCommand({ FunctionName }));
      return Version;
    },

    async mapQueue(EventSourceArn, FunctionName) {
      const FunctionResponseTypes = ['ReportBatchItemFailures' as const];
      const mapping = { EventSourceArn, FunctionName, BatchSize: 1, FunctionResponseTypes };
      await lambda.send(new CreateEventSourceMappingCommand(mapping));
    },

    async serve(functionName) {
      const call = (resource: string, body: object) => callHttpApi(world.endpoint, resource, body);
      const { apiId = '' } = await call('', { name: uniqueName('api'), protocolType: 'HTTP' });
      const { integrationId = '' } = await call(`/${apiId}/integrations`, {
        integrationType: 'AWS_PROXY',
        integrationUri: arnOf(functionName),
        payloadFormatVersion: '2.0',
      });
      for (const routeKey of ['$default', 'GET /jobs/{job_id}']) {
        await call(`/${apiId}/routes`, { routeKey, target: `integrations/${integrationId}` });
      }
      await call(`/${apiId}/stages`, { stageName: '$default', autoDeploy: true });
      return `${world.endpoint}/_aws/execute-api/${apiId}/$default`;
    },

    async createCustomResource(functionName) {
      const Properties = { ServiceToken: arnOf(functionName), Version: '1' };
      const Resources = { Migration: { Type: 'Custom::Migration', Properties } };
      await createStack(world.endpoint, uniqueName('stack'), { Resources });
    },
  };
}
