import { Duration } from 'aws-cdk-lib/core';
import { CorsHttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { routes } from './routes.ts';
import type { ResolvedSettings } from './settings/table.ts';

type CorsSettings = Pick<ResolvedSettings, 'corsOrigins' | 'auth'>;

/** The request headers that the API reads and that pages may not send without permission. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'if-none-match'];

/** The request headers of a signature by AWS credentials. */
const SIGNATURE_HEADERS = ['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'];

/** The response headers that pages may not read without permission. */
const ANSWER_HEADERS = [
  'allow',
  'apigw-requestid',
  'etag',
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/** Chromium's upper limit for caching a preflight. */
const MAX_AGE = Duration.hours(2);

/**
 * Allows pages from `corsOrigins` to call every operation and to read the responses. Cookies are not allowed: the API uses none.
 *
 * @returns undefined without origins: pages of other origins then can't read any response
 */
export function corsOf({ corsOrigins, auth }: CorsSettings): CorsPreflightOptions | undefined {
  if (corsOrigins.length === 0) return undefined;
  return {
    allowOrigins: [...corsOrigins],
    allowMethods: [...new Set(routes.map(({ method }) => CorsHttpMethod[method]))],
    allowHeaders: [...REQUEST_HEADERS, ...(auth === 'iam' ? SIGNATURE_HEADERS : [])],
    exposeHeaders: ANSWER_HEADERS,
    maxAge: MAX_AGE,
  };
}
