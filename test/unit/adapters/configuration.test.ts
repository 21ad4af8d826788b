import { describe, expect, it } from '@jest/globals';
import { readSurroundings } from '../../../lambdas/adapters/aws/configuration.ts';

const GIVEN = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('a function’s environment', () => {
  it('has the region and the keys from Lambda, and no endpoint', () => {
    expect(readSurroundings(GIVEN)).toEqual({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      ignoreConfiguredEndpointUrls: true,
    });
  });

  it('has the session token of a role’s credentials', () => {
    expect(readSurroundings({ ...GIVEN, AWS_SESSION_TOKEN: 'token' }).credentials.sessionToken).toBe('token');
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SQS'])(
    'lets the SDK read endpoints from the environment if %s is set',
    (name) => {
      const source = { ...GIVEN, [name]: 'http://127.0.0.1:4566' };
      expect(readSurroundings(source).ignoreConfiguredEndpointUrls).toBe(false);
    },
  );

  it('reports every missing variable', () => {
    expect(() => readSurroundings({ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key' })).toThrow(
      'Missing environment variables: AWS_SECRET_ACCESS_KEY.',
    );
  });
});
