import type { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from '@jest/globals';
import { createNumberReader } from '../../../lambdas/adapters/parameter-reader.ts';

/** Creates a reader for a store. `next` returns the store's responses. */
function reader(next: (call: number) => string | undefined) {
  const asked: unknown[] = [];
  const client = {
    send(command: GetParameterCommand) {
      asked.push(command.input.Name);
      const value = next(asked.length);
      return value === 'fail'
        ? Promise.reject(new Error('throttled'))
        : Promise.resolve({ Parameter: { Value: value } });
    },
  } as unknown as SSMClient;
  return { asked, read: createNumberReader(client, 'per-run', 100) };
}

it('the parameter reader reads the number each time, so that a change takes effect immediately', async () => {
  const { asked, read } = reader((call) => String(call));
  expect([await read(), await read()]).toEqual([1, 2]);
  expect(asked).toEqual(['per-run', 'per-run']);
});

it.each(['0', '101', '2.5', '-1', '1e1', 'two', '', undefined])(
  'the parameter reader refuses %p, and the error names the parameter',
  async (value) => {
    await expect(reader(() => value).read()).rejects.toThrow(
      `The parameter per-run is "${value ?? ''}", but must be a whole number from 1 to 100.`,
    );
  },
);

it('the parameter reader reports which parameter could not be read, and why', async () => {
  await expect(reader(() => 'fail').read()).rejects.toMatchObject({
    message: 'The parameter per-run could not be read.',
    cause: { message: 'throttled' },
  });
});
