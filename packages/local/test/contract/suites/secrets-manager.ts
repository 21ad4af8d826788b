import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type PutSecretValueCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import type { Suite } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';

const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/secretsmanager/test_secretsmanager.snapshot.json';
const API = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference';

async function secretIn(world: World) {
  const client = clientOf(world, SecretsManagerClient);
  const Name = uniqueName('secret');
  const create = () => client.send(new CreateSecretCommand({ Name, SecretString: 'first' }));
  const { ARN } = await create();
  return {
    client,
    Name,
    ARN,
    create,
    put: (SecretString: string, more: Partial<PutSecretValueCommandInput> = {}) =>
      client.send(new PutSecretValueCommand({ SecretId: Name, SecretString, ...more })),
    stages: async () => {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: Name }));
      return Object.values(VersionIdsToStages)
        .map((stages) => stages.toSorted())
        .sort();
    },
    get: (SecretId: string | undefined, VersionStage?: string) =>
      client.send(new GetSecretValueCommand({ SecretId, VersionStage })),
  };
}

export const secretsManager: Suite = {
  protocol: 'secretsmanager',
  cases: [
    {
      name: 'a secret is read by its name and by its ARN, which ends in six random characters',
      page: `${API}/API_GetSecretValue.html`,
      aws: { values: ['first', 'first'], stages: ['AWSCURRENT'], arn: true },
      async observe(world) {
        const { Name, ARN, get } = await secretIn(world);
        const [byName, byArn] = [await get(Name), await get(ARN)];
        return {
          values: [byName.SecretString, byArn.SecretString],
          stages: byName.VersionStages,
          arn: new RegExp(`:secret:${Name}-[A-Za-z0-9]{6}$`).test(ARN ?? ''),
        };
      },
    },
    {
      name: 'a new value is the current one, and the one before stays AWSPREVIOUS',
      page: `${API}/API_PutSecretValue.html`,
      aws: ['second', 'first'],
      async observe(world) {
        const { client, Name, get } = await secretIn(world);
        await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'second' }));
        return [(await get(Name)).SecretString, (await get(Name, 'AWSPREVIOUS')).SecretString];
      },
    },
    {
      name: 'a second secret with the same name, a missing secret and a missing stage are refused',
      page: `${API}/API_CreateSecret.html`,
      aws: {
        second: { error: 'ResourceExistsException', status: 400 },
        missing: { error: 'ResourceNotFoundException', status: 400 },
        stage: { error: 'ResourceNotFoundException', status: 400 },
      },
      async observe(world) {
        const { create, get, Name } = await secretIn(world);
        return {
          second: await refusal(create()),
          missing: await refusal(get(uniqueName('secret'))),
          stage: await refusal(get(Name, 'AWSPREVIOUS')),
        };
      },
    },
    {
      name: 'a new value with other labels than AWSCURRENT leaves the current value, and takes the labels',
      page: `${API}/API_PutSecretValue.html`,
      aws: {
        answered: ['AWSPENDING'],
        current: 'first',
        pending: 'third',
        stages: [['AWSCURRENT'], ['AWSPENDING']],
      },
      async observe(world) {
        const { Name, put, get, stages } = await secretIn(world);
        await put('second', { VersionStages: ['AWSPENDING'] });
        const { VersionStages } = await put('third', { VersionStages: ['AWSPENDING'] });
        return {
          answered: VersionStages,
          current: (await get(Name)).SecretString,
          pending: (await get(Name, 'AWSPENDING')).SecretString,
          stages: await stages(),
        };
      },
    },
    {
      name: 'a version that is no longer current has only the label AWSPREVIOUS',
      page: RECORDED,
      aws: { second: ['AWSCURRENT', 'AWSPENDING'], stages: [['AWSCURRENT'], ['AWSPREVIOUS']] },
      async observe(world) {
        const { put, stages } = await secretIn(world);
        const { VersionStages } = await put('second', { VersionStages: ['AWSPENDING', 'AWSCURRENT'] });
        await put('third');
        return { second: VersionStages?.toSorted(), stages: await stages() };
      },
    },
    {
      name: 'a value that is put twice with a token is written once, and another value with the token is refused',
      page: `${API}/API_PutSecretValue.html`,
      aws: {
        repeated: true,
        other: { error: 'ResourceExistsException', status: 400 },
        values: ['third', 'second'],
      },
      async observe(world) {
        const { Name, put, get } = await secretIn(world);
        const ClientRequestToken = randomUUID();
        await put('second', { ClientRequestToken });
        await put('third');
        const { VersionId } = await put('second', { ClientRequestToken });
        const other = await refusal(put('other', { ClientRequestToken }));
        const values = [(await get(Name)).SecretString, (await get(Name, 'AWSPREVIOUS')).SecretString];
        return { repeated: VersionId === ClientRequestToken, other, values };
      },
    },
    {
      name: 'a secret that is created twice with a token is created once',
      page: `${API}/API_CreateSecret.html`,
      aws: { sameArn: true, other: { error: 'ResourceExistsException', status: 400 } },
      async observe(world) {
        const client = clientOf(world, SecretsManagerClient);
        const input = { Name: uniqueName('secret'), ClientRequestToken: randomUUID() };
        const create = (SecretString: string) =>
          client.send(new CreateSecretCommand({ ...input, SecretString }));
        const [first, second] = [await create('first'), await create('first')];
        return { sameArn: first.ARN === second.ARN, other: await refusal(create('second')) };
      },
    },
    {
      name: 'a secret keeps its description and its tags',
      page: `${API}/API_DescribeSecret.html`,
      aws: { Description: 'Signs messages.', Tags: [{ Key: 'team', Value: 'jobs' }] },
      async observe(world) {
        const client = clientOf(world, SecretsManagerClient);
        const told = { Description: 'Signs messages.', Tags: [{ Key: 'team', Value: 'jobs' }] };
        const Name = uniqueName('secret');
        await client.send(new CreateSecretCommand({ Name, SecretString: 'x', ...told }));
        const { Description, Tags } = await client.send(new DescribeSecretCommand({ SecretId: Name }));
        return { Description, Tags };
      },
    },
    {
      name: 'a secret that was created without a value has no version until it is given one',
      page: RECORDED,
      aws: {
        versions: 0,
        read: { error: 'ResourceNotFoundException', status: 400 },
        stages: ['AWSCURRENT'],
      },
      async observe(world) {
        const client = clientOf(world, SecretsManagerClient);
        const SecretId = uniqueName('secret');
        await client.send(new CreateSecretCommand({ Name: SecretId }));
        const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
        const read = await refusal(client.send(new GetSecretValueCommand({ SecretId })));
        const put = new PutSecretValueCommand({ SecretId, SecretString: 'x' });
        return {
          versions: Object.keys(VersionIdsToStages).length,
          read,
          stages: (await client.send(put)).VersionStages,
        };
      },
    },
    {
      name: 'a name with other characters is refused',
      page: RECORDED,
      aws: {
        name: { error: 'ValidationException', status: 400 },
        id: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        const { client, get } = await secretIn(world);
        const create = new CreateSecretCommand({ Name: 'Inv Name', SecretString: 'x' });
        return { name: await refusal(client.send(create)), id: await refusal(get('Inv Name')) };
      },
    },
    {
      name: 'a value has at most 65,536 bytes',
      page: `${API}/API_PutSecretValue.html`,
      aws: { largest: 65_536, larger: { error: 'ValidationException', status: 400 } },
      async observe(world) {
        const { Name, put, get } = await secretIn(world);
        await put('x'.repeat(65_536));
        return {
          largest: (await get(Name)).SecretString?.length,
          larger: await refusal(put('x'.repeat(65_537))),
        };
      },
    },
  ],
};
