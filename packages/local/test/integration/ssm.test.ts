import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  ParameterPatternMismatchException,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSsm } from '../../src/ssm/ssm.ts';

let dataDir: string;
let endpoint: AwsEndpoint;
let client: SSMClient;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  endpoint = await startAwsEndpoint({ port: 0, services: [startSsm({ dataDir })] });
  client = new SSMClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});

afterEach(async () => {
  client.destroy();
  await endpoint.end();
  await rm(dataDir, { recursive: true, force: true });
});

const put = (input: PutParameterCommandInput) => client.send(new PutParameterCommand(input));
const get = async (Name: string) => (await client.send(new GetParameterCommand({ Name }))).Parameter;

describe('a parameter', () => {
  it('is refused if matching its allowed pattern takes too long', async () => {
    const slow = {
      Name: 'slow',
      Type: 'String',
      Value: `${'a'.repeat(60)}!`,
      AllowedPattern: '^(a+)+$',
    } as const;
    await expect(put(slow)).rejects.toThrow('The allowedPattern takes too long');
  });

  it.each([
    ['number', 'parameter/number'],
    ['/a/number', 'parameter/a/number'],
  ])('%s is read by its name and by its ARN', async (Name, resource) => {
    expect(await put({ Name, Type: 'String', Value: '2' })).toMatchObject({ Version: 1 });
    const parameter = await get(Name);
    expect(parameter).toMatchObject({
      Name,
      Type: 'String',
      Value: '2',
      Version: 1,
      LastModifiedDate: expect.any(Date),
      ARN: `arn:aws:ssm:us-east-1:000000000000:${resource}`,
    });
    expect(await get(parameter?.ARN ?? '')).toEqual(parameter);
  });

  it('is overwritten only on request, and keeps its type', async () => {
    await put({ Name: 'number', Type: 'String', Value: '2' });
    await expect(put({ Name: 'number', Value: '3' })).rejects.toThrow(ParameterAlreadyExists);
    expect(await put({ Name: 'number', Value: '3', Overwrite: true })).toMatchObject({ Version: 2 });
    expect(await get('number')).toMatchObject({ Value: '3', Version: 2, Type: 'String' });
  });

  it('checks every later value against its pattern', async () => {
    await put({ Name: 'number', Type: 'String', Value: '2', AllowedPattern: '^\\d$' });
    await expect(put({ Name: 'number', Value: 'two', Overwrite: true })).rejects.toThrow(
      ParameterPatternMismatchException,
    );
    expect(await get('number')).toMatchObject({ Value: '2' });
  });

  it('survives a restart', async () => {
    await put({ Name: 'number', Type: 'String', Value: '2' });
    endpoint.register(startSsm({ dataDir }));
    expect(await get('number')).toMatchObject({ Value: '2' });
  });

  it('that does not exist is refused with AWS’s error', async () => {
    await expect(get('none')).rejects.toThrow(ParameterNotFound);
  });

  it('needs a known type', async () => {
    await expect(put({ Name: 'number', Type: undefined, Value: '2' })).rejects.toThrow('Type must be');
  });

  it.each<[string, Partial<PutParameterCommandInput>]>([
    ['Tier', { Tier: 'Advanced' }],
    ['Policies', { Policies: '[]' }],
    ['DataType', { DataType: 'aws:ec2:image' }],
    ['KeyId', { KeyId: 'alias/mine', Type: 'SecureString' }],
    ['KeyId', { KeyId: 'alias/aws/ssm' }],
    ['Tags', { Tags: [{ Key: '', Value: '' }] }],
  ])('is refused with a %s that would be ignored', async (member, more) => {
    await expect(put({ Name: 'number', Type: 'String', Value: '2', ...more })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(member),
    });
    await expect(get('number')).rejects.toThrow(ParameterNotFound);
  });

  it('cannot be read by its version, because versions are not kept', async () => {
    await put({ Name: '/a/number', Type: 'String', Value: '2' });
    const { ARN = '' } = (await get('/a/number')) ?? {};
    for (const name of ['/a/number:1', `${ARN}:1`]) {
      await expect(get(name)).rejects.toThrow('keeps only the current version: leave out :1');
    }
  });

  it('fails the startup if its file is damaged, and the error names the file', async () => {
    const file = path.join(dataDir, 'ssm/parameters.json');
    await writeFile(file, '[{');
    expect(() => startSsm({ dataDir })).toThrow(`${file} is damaged`);
  });
});
