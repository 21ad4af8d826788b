import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../../lambdas/environment.ts';

describe('a function’s environment', () => {
  const source = { QUEUE_URL: 'https://queue', JOB_TIMEOUT: '46', SWEEP_AFTER: '0.5', OTHER: 'x' };

  it('is read in camel case, with numbers as numbers', () => {
    expect(
      readEnvironment({ queueUrl: 'string', jobTimeout: 'number', sweepAfter: 'number' }, source),
    ).toEqual({
      queueUrl: 'https://queue',
      jobTimeout: 46,
      sweepAfter: 0.5,
    });
  });

  it('is refused if variables are missing, and the error lists all of them', () => {
    const description = { clusterArn: 'string', queueUrl: 'string', tableName: 'string' } as const;
    expect(() => readEnvironment(description, source)).toThrow(
      'Missing environment variables: CLUSTER_ARN, TABLE_NAME.',
    );
  });

  it('counts an empty variable as missing', () => {
    expect(() => readEnvironment({ queueUrl: 'string' }, { QUEUE_URL: '' })).toThrow(/QUEUE_URL/);
  });

  it.each(['soon', '46s', 'NaN', 'Infinity'])(
    'is refused with %j as a number, and the error names the variable',
    (value) => {
      const wrong = { ...source, JOB_TIMEOUT: value, SWEEP_AFTER: value };
      expect(() => readEnvironment({ jobTimeout: 'number', sweepAfter: 'number' }, wrong)).toThrow(
        'These environment variables must be numbers: JOB_TIMEOUT, SWEEP_AFTER.',
      );
    },
  );

  it('can lack optional variables', () => {
    const description = { webhookSecretArn: 'string?' } as const;
    expect(readEnvironment(description, {})).toEqual({ webhookSecretArn: undefined });
    expect(readEnvironment(description, { WEBHOOK_SECRET_ARN: 'arn' })).toEqual({
      webhookSecretArn: 'arn',
    });
  });
});
