import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientConfiguration, TIMES } from '../aws/configuration.ts';
import { createHttpHandler } from '../aws/http-handler.ts';

/** Longer than any function may run, in milliseconds: the attempt's signal ends the wait. */
const LONGEST_CALL_MS = 910_000;

/**
 * Errors of Invoke with which Lambda has not run the function, and which end by themselves: no capacity, or a function that is being
 * set up or changed (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, "Errors"). All others fail the attempt.
 */
export const NOT_RUN = new Set([
  'TooManyRequestsException',
  'CodeArtifactUserPendingException',
  'EC2ThrottledException',
  'ENILimitReachedException',
  'ENINotReadyException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'SnapStartNotReadyException',
  'SubnetIPAddressLimitReachedException',
]);

/** Never repeats a call: an Invoke whose response was lost has run the function, and a repeated one runs it again. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    ...clientConfiguration('lambda'),
    maxAttempts: 1,
    requestHandler: createHttpHandler({ ...TIMES, requestTimeout: LONGEST_CALL_MS }),
  });
}
