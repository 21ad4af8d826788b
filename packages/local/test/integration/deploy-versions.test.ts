import {
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource, TemplateValue } from '../../src/template/template.ts';
import { deployUnderTest, functionOf, httpApiOf, type DeployUnderTest } from './deploy-under-test.ts';

const WORKER = 'arn:aws:lambda:us-east-1:000000000000:function:worker';

/** Returns the source of a function that returns a word and the caller's identity, and logs the messages that it receives. */
const worker = (word: string): string => `
  import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
  export const handler = async (event, { functionVersion }) => {
    for (const { body } of event.Records ?? []) console.log('handled', body, 'by', functionVersion, '${word}');
    if (event.Records) return;
    const { Arn } = await new STSClient().send(new GetCallerIdentityCommand());
    return { word: '${word}', endpoint: process.env.AWS_ENDPOINT_URL, role: Arn.split('/')[1] };
  };`;

const TRUST = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

/** Returns a role that may invoke the functions with these ARNs, and a function with this role. */
function caller(name: string, ...Resource: string[]): Record<string, TemplateResource> {
  const Statement = [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource }];
  return {
    [`${name}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: TRUST,
        Policies: [{ PolicyName: 'Invoke', PolicyDocument: { Statement } }],
      },
    },
    [name]: functionOf(`export const handler = () => '${name}';`, {
      FunctionName: name,
      Role: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] },
    }),
  };
}

/** Returns a worker, and a queue that is mapped to the worker's current version, as the CDK synthesizes them. */
function stackOf(word: string, role = 'Role'): Record<string, TemplateResource> {
  return {
    OtherRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: TRUST,
        Policies: [
          {
            PolicyName: 'Everything',
            PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
          },
        ],
      },
    },
    Worker: functionOf(worker(word), {
      FunctionName: 'worker',
      Timeout: 20,
      Role: { 'Fn::GetAtt': [role, 'Arn'] },
    }),
    WorkerVersion: {
      Type: 'AWS::Lambda::Version',
      Properties: { FunctionName: { Ref: 'Worker' } },
    },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 30 } },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        BatchSize: 1,
        EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
        FunctionName: { Ref: 'WorkerVersion' },
      },
    },
    Alias: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: 'Worker' },
        FunctionVersion: { 'Fn::GetAtt': ['WorkerVersion', 'Version'] },
        Name: 'live',
      },
    },
    ...caller('unqualified', WORKER),
    ...caller('any-version', `${WORKER}:*`),
    ...caller('first-version', `${WORKER}:1`),
  };
}

const OUTPUTS = {
  Version: { Value: { Ref: 'WorkerVersion' } },
  Number: { Value: { 'Fn::GetAtt': ['WorkerVersion', 'Version'] } },
  QueueUrl: { Value: { Ref: 'Queue' } },
};

let test: DeployUnderTest;
let cloud: EmbeddedCloud;

beforeAll(async () => {
  test = await deployUnderTest();
  cloud = await test.start(stackOf('one'), OUTPUTS);
}, 60_000);

afterAll(() => test.end());

function settings(accessKeyId = 'operator') {
  const credentials = { accessKeyId, secretAccessKey: 'embedded' };
  return { endpoint: cloud.awsEndpointUrl, region: 'us-east-1', credentials };
}

/** Invokes the worker with a function's credentials. */
async function invoke(Qualifier?: string, accessKeyId?: string, FunctionName = 'worker'): Promise<unknown> {
  const client = new LambdaClient(settings(accessKeyId));
  const { Payload } = await client.send(new InvokeCommand({ FunctionName, Qualifier }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

/** Sends a message, and resolves with the line that the worker logs about it. */
async function handled(MessageBody: string): Promise<string> {
  const sqs = new SQSClient(settings());
  await sqs.send(new SendMessageCommand({ QueueUrl: cloud.outputs.QueueUrl, MessageBody }));
  for (;;) {
    const line = test.lines.find((each) => each.includes(`handled ${MessageBody} `));
    if (line !== undefined) return /handled .*/.exec(line)?.[0] ?? '';
    await new Promise(setImmediate);
  }
}

async function numbers(): Promise<(string | undefined)[]> {
  const client = new LambdaClient(settings());
  const { Versions = [] } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: 'worker' }));
  return Versions.map(({ Version }) => Version);
}

it('the version in the template is published, and reads from a queue', async () => {
  expect(cloud.outputs).toMatchObject({ Version: `${WORKER}:1`, Number: '1' });
  expect(await invoke('1')).toMatchObject({ word: 'one', role: 'Test-Role' });
  expect(await handled('first')).toBe('handled first by 1 one');
});

it('only callers with a grant can invoke a version', async () => {
  const denied = { name: 'AccessDeniedException' };
  expect(await invoke(undefined, 'unqualified')).toMatchObject({ word: 'one' });
  await expect(invoke('1', 'unqualified')).rejects.toMatchObject({
    ...denied,
    message: expect.stringContaining(`lambda:InvokeFunction on resource: ${WORKER}:1 `),
  });
  expect(await invoke('1', 'any-version')).toMatchObject({ word: 'one' });
  expect(await invoke('1', 'first-version')).toMatchObject({ word: 'one' });
  for (const key of ['any-version', 'first-version'])
    await expect(invoke(undefined, key)).rejects.toMatchObject(denied);
  await expect(invoke('live', 'first-version')).rejects.toMatchObject(denied);
  for (const FunctionName of ['worker:1', '000000000000:function:worker:1', `${WORKER}:1`]) {
    expect(await invoke(undefined, 'first-version', FunctionName)).toMatchObject({ word: 'one' });
    expect(await invoke('1', 'first-version', FunctionName)).toMatchObject({ word: 'one' });
    await expect(invoke(undefined, 'unqualified', FunctionName)).rejects.toMatchObject(denied);
  }
  // Lambda itself refuses a malformed function name.
  await expect(invoke(undefined, 'first-version', 'wor ker')).rejects.toThrow('Not a function name or ARN');
});

it('old versions keep their code and their role after another deployment', async () => {
  await cloud.deploy(await test.write(stackOf('two', 'OtherRole'), OUTPUTS));
  expect(cloud.outputs.Number).toBe('2');
  expect(await invoke('1')).toMatchObject({ word: 'one', role: 'Test-Role' });
  expect(await invoke('2')).toMatchObject({ word: 'two', role: 'Test-OtherRole' });
  expect(await invoke()).toMatchObject({ word: 'two', role: 'Test-OtherRole' });
  expect(await invoke('live')).toMatchObject({ word: 'two' });
  expect(await handled('second')).toBe('handled second by 2 two');
});

it('the version stays the same after a deployment without changes', async () => {
  await cloud.deploy(await test.write(stackOf('two', 'OtherRole'), OUTPUTS));
  expect(cloud.outputs.Number).toBe('2');
});

it('new code is published for the queue and the alias', async () => {
  const codeDir = path.join(test.dir, 'replaced');
  await mkdir(codeDir);
  await writeFile(path.join(codeDir, 'index.mjs'), worker('three'));
  await cloud.updateFunctionCode('worker', codeDir);
  expect(await handled('third')).toBe('handled third by 3 three');
  expect(await invoke('live')).toMatchObject({ word: 'three' });
  expect(await invoke('2')).toMatchObject({ word: 'two' });
});

it('versions survive a restart on another port, until they are deleted', async () => {
  const before = cloud.awsEndpointUrl;
  await cloud.end();
  cloud = await test.start(stackOf('four'), OUTPUTS);
  expect(cloud.awsEndpointUrl).not.toBe(before);
  expect(await numbers()).toEqual(['$LATEST', '1', '2', '3', '4']);
  const endpoint = cloud.awsEndpointUrl;
  expect(await invoke('1')).toEqual({ word: 'one', endpoint, role: 'Test-Role' });
  expect(await invoke('2')).toEqual({ word: 'two', endpoint, role: 'Test-OtherRole' });
  expect(await handled('fourth')).toBe('handled fourth by 4 four');

  const client = new LambdaClient(settings());
  for (const Qualifier of ['1', '3'])
    await client.send(new DeleteFunctionCommand({ FunctionName: 'worker', Qualifier }));
  expect(await numbers()).toEqual(['$LATEST', '2', '4']);
  await expect(invoke('1')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(await invoke('2')).toMatchObject({ word: 'two' });
}, 60_000);

it('an API can invoke a version only with a permission for that version', async () => {
  const version = { Ref: 'SayVersion' };
  const withPermission = (FunctionName: TemplateValue): Record<string, TemplateResource> => {
    const { Integration, ...rest } = httpApiOf('Say', { RouteKey: 'GET /things' });
    const Principal = 'apigateway.amazonaws.com';
    return {
      ...rest,
      Say: functionOf(`export const handler = (_event, { functionVersion }) => functionVersion;`),
      SayVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Say' } } },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: { ...Integration?.Properties, IntegrationUri: version },
      },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: { Action: 'lambda:InvokeFunction', FunctionName, Principal },
      },
    };
  };

  await cloud.deploy(await test.write(withPermission({ Ref: 'Say' })));
  expect((await fetch(`${cloud.apiUrl}/things`)).status).toBe(500);
  await cloud.deploy(await test.write(withPermission(version)));
  const response = await fetch(`${cloud.apiUrl}/things`);
  expect([response.status, await response.text()]).toEqual([200, '"1"']);
});
