import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedCloud, type EmbeddedCloud } from '../../src/embedded-cloud.ts';
import { httpApiOf } from './deploy-under-test.ts';

const TRUST = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

let dir: string;
let cloud: EmbeddedCloud;
let client: LambdaClient;
let sqs: SQSClient;

/** Writes an assembly with a function that returns `word`, plus additional resources. */
async function assemblyOf(word: string, more: Readonly<Record<string, object>> = {}): Promise<string> {
  const folder = path.join(dir, word);
  await mkdir(path.join(folder, 'code'), { recursive: true });
  const write = (file: string, content: unknown): Promise<void> =>
    writeFile(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  await write('code/index.mjs', `export const handler = async () => '${word}';`);
  await write('manifest.json', {
    artifacts: {
      Say: { type: 'aws:cloudformation:stack', properties: { templateFile: 'template.json' } },
      Assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
    },
  });
  await write('assets.json', {
    files: { code: { source: { path: 'code' }, destinations: { current: { objectKey: 'code.zip' } } } },
  });
  await write('template.json', {
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: TRUST } },
      Function: functionNamed('say'),
      ...more,
    },
    Outputs: { Word: { Value: word } },
  });
  return folder;
}

async function said(): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName: 'say' }));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'errand-deploy-again-'));
  cloud = await startEmbeddedCloud({
    assemblyDir: await assemblyOf('first', { Old: functionNamed('old') }),
    dataDir: path.join(dir, 'data'),
    httpPort: 0,
    awsPort: 0,
    log: () => undefined,
  });
  const access = {
    endpoint: cloud.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'embedded' },
  };
  client = new LambdaClient(access);
  sqs = new SQSClient(access);
});

afterAll(async () => {
  client.destroy();
  sqs.destroy();
  await cloud.end();
  await rm(dir, { recursive: true, force: true });
});

function functionNamed(name: string, code: object = { S3Key: 'code.zip' }): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: name,
      Code: code,
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    },
  };
}

it('a deployment applies another version’s code and outputs, and deletes removed resources', async () => {
  expect(await said()).toBe('first');
  await cloud.deploy(await assemblyOf('second', { Queue: { Type: 'AWS::SQS::Queue', Properties: {} } }));
  expect(await said()).toBe('second');
  expect(cloud.outputs).toEqual({ Word: 'second' });
  expect(cloud.functions.map(({ name }) => name)).toEqual(['say']);
});

it('the previous version runs again if a deployment fails', async () => {
  const broken = await assemblyOf('third', {
    Broken: { Type: 'AWS::SQS::Queue', Properties: { Nonsense: 1 } },
  });
  await expect(cloud.deploy(broken)).rejects.toThrow(/Broken .*Nonsense/);
  expect(await said()).toBe('second');
  expect(cloud.outputs).toEqual({ Word: 'second' });
});

it('the code in another folder runs from the next invocation onward', async () => {
  await cloud.updateFunctionCode('say', path.join(await assemblyOf('fourth'), 'code'));
  expect(await said()).toBe('fourth');
});

it('an event source mapping keeps polling while another version is deployed', async () => {
  const [asked, received] = [path.join(dir, 'asked'), path.join(dir, 'received')];
  const reader = `const { writeFileSync } = require('node:fs');
    exports.handler = async ({ Records }) => writeFileSync(${JSON.stringify(received)}, Records[0].body);`;
  // The source of a function that responds when the `reader` function has received a message.
  const gate = `const { existsSync, writeFileSync } = require('node:fs');
    exports.handler = async ({ ResponseURL, ...request }) => {
      writeFileSync(${JSON.stringify(asked)}, '');
      while (!existsSync(${JSON.stringify(received)})) await new Promise((settle) => setTimeout(settle, 10));
      const body = JSON.stringify({ ...request, Status: 'SUCCESS', PhysicalResourceId: 'gate' });
      await fetch(ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
    };`;
  const polled = {
    Read: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: 'Role' }],
        PolicyName: 'read',
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }] },
      },
    },
    Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
    Reader: functionNamed('reader', { ZipFile: reader }),
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { Ref: 'Reader' },
        EventSourceArn: { 'Fn::GetAtt': ['Letters', 'Arn'] },
        BatchSize: 1,
      },
      DependsOn: ['Read', 'Gate'],
    },
  };
  const gated = {
    Opener: functionNamed('opener', { ZipFile: gate }),
    Gate: {
      Type: 'Custom::Gate',
      Properties: { ServiceToken: { 'Fn::GetAtt': ['Opener', 'Arn'] } },
    },
  };
  await cloud.deploy(
    await assemblyOf('sixth', { ...polled, Gate: { Type: 'AWS::SQS::Queue', Properties: {} } }),
  );
  const deploying = cloud.deploy(await assemblyOf('seventh', { ...polled, ...gated }));
  while (!existsSync(asked)) await wait(10);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'letters' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a letter' }));
  await deploying;
  expect(await readFile(received, 'utf8')).toBe('a letter');
});

it('requests are served even while the function that the previous version sent them to is removed', async () => {
  const asked = path.join(dir, 'slow-asked');
  const slow = `exports.handler = async () => {
      require('node:fs').writeFileSync(${JSON.stringify(asked)}, '');
      await new Promise((settle) => setTimeout(settle, 60_000));
    };`;
  const request = async (): Promise<string> => (await fetch(`${cloud.apiUrl}/things/1`)).text();
  await cloud.deploy(
    await assemblyOf('eighth', { Slow: functionNamed('slow', { ZipFile: slow }), ...httpApiOf('Slow') }),
  );
  const first = request();
  while (!existsSync(asked)) await wait(10);
  const deploying = cloud.deploy(await assemblyOf('ninth', httpApiOf('Function')));
  while (cloud.functions.some(({ name }) => name === 'slow')) await wait(10);
  expect(await request()).toBe('"ninth"');
  await Promise.all([deploying, first]);
});
