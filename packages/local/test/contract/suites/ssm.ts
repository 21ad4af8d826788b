import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Suite } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';

const API = 'https://docs.aws.amazon.com/systems-manager/latest/APIReference';

function parameterIn(world: World) {
  const client = clientOf(world, SSMClient);
  const Name = `/${uniqueName('parameter')}`;
  return {
    Name,
    put: (Value: string, more: { Overwrite?: boolean; AllowedPattern?: string } = {}) =>
      client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more })),
    get: async (name: string | undefined = Name) =>
      (await client.send(new GetParameterCommand({ Name: name }))).Parameter,
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
      name: 'a parameter is overwritten only when that is said, and its version counts up',
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
  ],
};
