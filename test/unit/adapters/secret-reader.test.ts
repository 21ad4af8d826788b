import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from '@jest/globals';
import { createSecretReader } from '../../../lambdas/adapters/secret-reader.ts';

const FAILURE = 'The secret that signs webhooks could not be read.';
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks-AbCdEf';

/** Creates a reader with a clock in seconds, and a store. `next` returns the store's responses. */
function reader(next: (call: number) => string | undefined) {
  const asked: unknown[] = [];
  const clock = { seconds: 0 };
  const client = {
    send(command: GetSecretValueCommand) {
      asked.push(command.input.SecretId);
      const value = next(asked.length);
      return value === 'fail'
        ? Promise.reject(new Error('throttled'))
        : Promise.resolve({ SecretString: value });
    },
  } as unknown as SecretsManagerClient;
  return {
    asked,
    clock,
    read: createSecretReader(client, ARN, () => new Date(clock.seconds * 1000), FAILURE),
  };
}

describe('the webhook secret', () => {
  it('is read when it is first needed, once for all callers', async () => {
    const { asked, read } = reader(() => 'value');
    expect(asked).toEqual([]);
    expect(await Promise.all([read(), read()])).toEqual(['value', 'value']);
    expect(await read()).toBe('value');
    expect(asked).toEqual([ARN]);
  });

  it('is read again after five minutes, so that a new value takes effect', async () => {
    const { clock, read } = reader((call) => `value ${call}`);
    expect(await read()).toBe('value 1');
    clock.seconds = 299;
    expect(await read()).toBe('value 1');
    clock.seconds = 300;
    expect(await read()).toBe('value 2');
  });

  it('is read again if the clock was moved back, so that it is not cached for longer', async () => {
    const { clock, read } = reader((call) => `value ${call}`);
    clock.seconds = 3_600;
    expect(await read()).toBe('value 1');
    clock.seconds = 0;
    expect(await read()).toBe('value 2');
  });

  it('is read again after a failure, whose error contains no ARN', async () => {
    const { read } = reader((call) => (call === 1 ? 'fail' : 'value'));
    await expect(read()).rejects.toThrow(/^The secret that signs webhooks could not be read\.$/);
    expect(await read()).toBe('value');
  });

  it('must be a string', async () => {
    const { read } = reader(() => undefined);
    await expect(read()).rejects.toMatchObject({ cause: { message: 'The secret has no text.' } });
  });
});
