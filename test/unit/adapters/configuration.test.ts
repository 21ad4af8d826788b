import { describe, expect, it } from '@jest/globals';
import { readSurroundings } from '../../../lambdas/adapters/aws/configuration.ts';

const GIVEN = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('the surroundings of a function', () => {
  it('are the region and the keys that Lambda gives, and AWS itself', () => {
    expect(readSurroundings(GIVEN)).toEqual({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      ignoreConfiguredEndpointUrls: true,
    });
  });

  it('have the token of a role', () => {
    expect(readSurroundings({ ...GIVEN, AWS_SESSION_TOKEN: 'token' }).credentials.sessionToken).toBe('token');
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SQS'])(
    'leave it to the SDK to read endpoints where there is %s',
    (name) => {
      const source = { ...GIVEN, [name]: 'http://127.0.0.1:4566' };
      expect(readSurroundings(source).ignoreConfiguredEndpointUrls).toBe(false);
    },
  );

  it('name every variable that is missing', () => {
    expect(() => readSurroundings({ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key' })).toThrow(
      'Missing environment variables: AWS_SECRET_ACCESS_KEY.',
    );
  });
});
