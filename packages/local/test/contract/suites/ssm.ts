import {
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
  type PutParameterCommandInput,
} from '@aws-sdk/client-ssm';
import type { Suite } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';

const API = 'https://docs.aws.amazon.com/systems-manager/latest/APIReference';

function parameterIn(world: World) {
  const client = clientOf(world, SSMClient);
  const Name = `/${uniqueName('parameter')}`;
  return {
    Name,
    put: (Value: string, more: Partial<PutParameterCommandInput> = {}) =>
      client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more })),
    get: async (name: string | undefined = Name, WithDecryption?: boolean) =>
      (await client.send(new GetParameterCommand({ Name: name, WithDecryption }))).Parameter,
  };
}

export const ssm: Suite = {
  protocol: 'ssm',
  cases: [
    {
      name: 'a parameter is read by its name and by its ARN',
      page: `${API}/API_GetParameter.html`,
      aws: { value: '2', type: 'String', version: 1, byArn: '2' },
      async observe(world) {
        const { put, get } = parameterIn(world);
        await put('2');
        const parameter = await get();
        const byArn = await get(parameter?.ARN);
        const { Value, Type, Version } = parameter ?? {};
        return { value: Value, type: Type, version: Version, byArn: byArn?.Value };
      },
    },
    {
      name: 'a parameter is overwritten only on request, and its version increases',
      page: `${API}/API_PutParameter.html`,
      aws: { again: { error: 'ParameterAlreadyExists', status: 400 }, version: 2, value: '3' },
      async observe(world) {
        const { put, get } = parameterIn(world);
        await put('2');
        const again = await refusal(put('3'));
        const { Version } = await put('3', { Overwrite: true });
        return { again, version: Version, value: (await get())?.Value };
      },
    },
    {
      name: 'a value that does not match its AllowedPattern is refused',
      page: `${API}/API_PutParameter.html`,
      aws: { error: 'ParameterPatternMismatchException', status: 400 },
      async observe(world) {
        const { put } = parameterIn(world);
        return refusal(put('many', { AllowedPattern: '^\\d+$' }));
      },
    },
    {
      name: 'a missing parameter is not found',
      page: `${API}/API_GetParameter.html`,
      aws: { error: 'ParameterNotFound', status: 400 },
      observe: (world) => refusal(parameterIn(world).get()),
    },
    {
      name: 'a SecureString’s value is read only with decryption',
      page: `${API}/API_GetParameter.html`,
      aws: { decrypted: 'key', encrypted: { type: 'SecureString', isClear: false, isEmpty: false } },
      async observe(world) {
        const { Name, put, get } = parameterIn(world);
        await put('key', { Type: 'SecureString' });
        const [decrypted, encrypted] = [await get(Name, true), await get(Name)];
        const { Type, Value = '' } = encrypted ?? {};
        return {
          decrypted: decrypted?.Value,
          encrypted: { type: Type, isClear: Value.includes('key'), isEmpty: Value === '' },
        };
      },
    },
    {
      name: 'a parameter is put in the tier Standard, and its tags only when it is created',
      page: `${API}/API_PutParameter.html`,
      aws: { tier: 'Standard', tagsLater: { error: 'ValidationException', status: 400 } },
      async observe(world) {
        const { put } = parameterIn(world);
        const Tags = [{ Key: 'team', Value: 'jobs' }];
        const { Tier } = await put('2', { Tier: 'Standard', Tags });
        return { tier: Tier, tagsLater: await refusal(put('3', { Tags, Overwrite: true })) };
      },
    },
    {
      name: 'a name that begins with aws or ssm, has several levels without a leading slash or another character is refused',
      page: `${API}/API_PutParameter.html`,
      aws: {
        aws: { error: 'ValidationException', status: 400 },
        ssm: { error: 'ValidationException', status: 400 },
        relative: { error: 'ValidationException', status: 400 },
        character: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        const { put } = parameterIn(world);
        const named = (Name: string) => refusal(put('2', { Name }));
        return {
          aws: await named('aws-number'),
          ssm: await named('/ssm/number'),
          relative: await named('a/number'),
          character: await named('a number'),
        };
      },
    },
  ],
};
