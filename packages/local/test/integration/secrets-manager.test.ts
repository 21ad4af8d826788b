import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSecretsManager } from '../../src/secrets-manager/secrets-manager.ts';

let dataDir: string;
let endpoint: AwsEndpoint;
let client: SecretsManagerClient;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  endpoint = await startAwsEndpoint({ port: 0, services: [startSecretsManager({ dataDir })] });
  client = new SecretsManagerClient({
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

describe('a secret', () => {
  it('is read by its name and by its ARN, which ends in six random characters', async () => {
    const { ARN: arn } = await client.send(new CreateSecretCommand({ Name: 'key', SecretString: 'value' }));
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:key-[A-Za-z0-9]{6}$/);
    for (const SecretId of ['key', arn]) {
      expect(await client.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
        ARN: arn,
        Name: 'key',
        SecretString: 'value',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      });
    }
  });

  it('keeps its previous value as AWSPREVIOUS', async () => {
    const { VersionId: first } = await client.send(
      new CreateSecretCommand({ Name: 'key', SecretString: 'a' }),
    );
    const { VersionId: second } = await client.send(
      new PutSecretValueCommand({ SecretId: 'key', SecretString: 'b' }),
    );
    const value = async (asked: { VersionStage?: string; VersionId?: string | undefined }) =>
      (await client.send(new GetSecretValueCommand({ SecretId: 'key', ...asked }))).SecretString;

    expect(await value({})).toBe('b');
    expect(await value({ VersionStage: 'AWSPREVIOUS' })).toBe('a');
    expect(await value({ VersionId: first })).toBe('a');
    expect(await client.send(new DescribeSecretCommand({ SecretId: 'key' }))).toMatchObject({
      VersionIdsToStages: { [String(first)]: ['AWSPREVIOUS'], [String(second)]: ['AWSCURRENT'] },
    });
    await expect(value({ VersionStage: 'AWSPENDING' })).rejects.toThrow(ResourceNotFoundException);
  });

  it('survives a restart, in a file that only its owner can read', async () => {
    const { ARN: arn } = await client.send(new CreateSecretCommand({ Name: 'key', SecretString: 'kept' }));
    endpoint.register(startSecretsManager({ dataDir }));
    const { SecretString: value } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    expect(value).toBe('kept');
    const { mode } = await stat(path.join(dataDir, 'secrets-manager/secrets.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('can be created only once', async () => {
    const create = () => client.send(new CreateSecretCommand({ Name: 'key', SecretString: 'value' }));
    await create();
    await expect(create()).rejects.toThrow(ResourceExistsException);
  });

  it('that does not exist is refused with AWS’s error', async () => {
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'none' }))).rejects.toThrow(
      ResourceNotFoundException,
    );
  });

  it('from an earlier release is read, and can get new versions', async () => {
    const earlier = {
      name: 'key',
      arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-a1B2c3',
      current: { id: 'b'.repeat(32), value: 'second', createdAt: 2 },
      previous: { id: 'a'.repeat(32), value: 'first', createdAt: 1 },
    };
    await writeFile(path.join(dataDir, 'secrets-manager/secrets.json'), JSON.stringify([earlier]));
    endpoint.register(startSecretsManager({ dataDir }));
    const read = async (VersionStage: string) =>
      (await client.send(new GetSecretValueCommand({ SecretId: 'key', VersionStage }))).SecretString;

    expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['second', 'first']);
    await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString: 'third' }));
    expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['third', 'second']);
  });

  it('is refused if the requested label belongs to another version', async () => {
    const { VersionId } = await client.send(new CreateSecretCommand({ Name: 'key', SecretString: 'a' }));
    const get = new GetSecretValueCommand({ SecretId: 'key', VersionId, VersionStage: 'AWSPREVIOUS' });
    await expect(client.send(get)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is refused if a member would be ignored', async () => {
    const binary = new CreateSecretCommand({ Name: 'key', SecretBinary: Buffer.from('a') });
    await expect(client.send(binary)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('does not support SecretBinary, a member of CreateSecret'),
    });
    const get = new GetSecretValueCommand({ SecretId: 'key' });
    await expect(client.send(get)).rejects.toThrow(ResourceNotFoundException);
  });

  it.each([{ Tags: [{ Key: '' }] }, { Description: 1 }, { ClientRequestToken: 'short' }])(
    'is refused with %j',
    async (more) => {
      const create = new CreateSecretCommand({ Name: 'key', SecretString: 'a', ...(more as object) });
      await expect(client.send(create)).rejects.toThrow(Object.keys(more)[0]);
    },
  );

  it('is listed page by page', async () => {
    for (const Name of ['a', 'b', 'c']) {
      await client.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    }
    const list = (NextToken?: string) => client.send(new ListSecretsCommand({ MaxResults: 2, NextToken }));
    const first = await list();
    const second = await list(first.NextToken);
    const names = [first, second].map(({ SecretList = [] }) => SecretList.map(({ Name }) => Name));

    expect(names).toEqual([['a', 'b'], ['c']]);
    expect(second.NextToken).toBeUndefined();
    const filtered = new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['a'] }] });
    await expect(client.send(filtered)).rejects.toThrow('does not support Filters');
  });

  it('fails the startup if its file is damaged, and the error names the file', async () => {
    const file = path.join(dataDir, 'secrets-manager/secrets.json');
    await writeFile(file, '[{');
    expect(() => startSecretsManager({ dataDir })).toThrow(`${file} is damaged`);
  });
});

describe('a random password', () => {
  const password = async (options: GetRandomPasswordCommandInput) =>
    (await client.send(new GetRandomPasswordCommand(options))).RandomPassword ?? '';

  it('has 32 characters by default, with at least one of each type', async () => {
    const made = await password({});
    expect(made).toHaveLength(32);
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(made).toMatch(type);
    expect(await password({})).not.toBe(made);
  });

  it('contains no excluded characters', async () => {
    const options = { PasswordLength: 64, ExcludePunctuation: true, ExcludeUppercase: true };
    expect(await password({ ...options, ExcludeCharacters: 'abc' })).toMatch(/^[d-z0-9]{64}$/);
  });

  it('is refused if no characters remain, or its length is invalid', async () => {
    const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true };
    await expect(password({ ...nothing, ExcludePunctuation: true })).rejects.toThrow('every character');
    await expect(password({ PasswordLength: 3 })).rejects.toThrow('no room');
    await expect(password({ PasswordLength: 4097 })).rejects.toThrow('4096');
  });
});
