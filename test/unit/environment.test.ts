import { describe, expect, it } from '@jest/globals';
import { readEnvironment, readOptionalEnvironment } from '../../lambdas/environment.ts';

describe('the environment of a function', () => {
  const source = { QUEUE_URL: 'https://queue', JOB_TIMEOUT: '46', SWEEP_AFTER: '0.5', OTHER: 'x' };

  it('is read under names of its own, numbers as numbers', () => {
    expect(readEnvironment(['QUEUE_URL', 'JOB_TIMEOUT', 'SWEEP_AFTER'], source)).toEqual({
      queueUrl: 'https://queue',
      jobTimeout: 46,
      sweepAfter: 0.5,
    });
  });

  it('that lacks variables is refused with the names of all of them', () => {
    expect(() => readEnvironment(['CLUSTER_ARN', 'QUEUE_URL', 'TABLE_NAME'], source)).toThrow(
      'Missing environment variables: CLUSTER_ARN, TABLE_NAME.',
    );
  });

  it('counts an empty variable as missing', () => {
    expect(() => readEnvironment(['QUEUE_URL'], { QUEUE_URL: '' })).toThrow(/QUEUE_URL/);
  });

  it.each(['soon', '46s', 'NaN', 'Infinity'])('with %j for a number is refused by name', (value) => {
    const wrong = { ...source, JOB_TIMEOUT: value, SWEEP_AFTER: value };
    expect(() => readEnvironment(['JOB_TIMEOUT', 'SWEEP_AFTER'], wrong)).toThrow(
      'Environment variables that must be numbers: JOB_TIMEOUT, SWEEP_AFTER.',
    );
  });

  it('may lack what a deployment goes without', () => {
    expect(readOptionalEnvironment(['WEBHOOK_SECRET_ARN'], {})).toEqual({ webhookSecretArn: undefined });
    expect(readOptionalEnvironment(['WEBHOOK_SECRET_ARN'], { WEBHOOK_SECRET_ARN: 'arn' })).toEqual({
      webhookSecretArn: 'arn',
    });
  });
});
