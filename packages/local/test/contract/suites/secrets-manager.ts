import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Suite } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';

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
    get: (SecretId: string | undefined, VersionStage?: string) =>
      client.send(new GetSecretValueCommand({ SecretId, VersionStage })),
  };
}

export const secretsManager: Suite = {
  protocol: 'secretsmanager',
  cases: [
    {
      name: 'a secret is read by its name and by its ARN, which ends in six characters of chance',
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
      name: 'a second secret of a name, a missing secret and a missing stage are refused',
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
  ],
};
