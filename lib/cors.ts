import { Duration } from 'aws-cdk-lib';
import { CorsHttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Auth } from './errand-props.ts';
import { routes } from './routes.ts';

/** What requests of the API carry beyond what every page may send. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'if-none-match'];

/** What a signature of AWS credentials adds to them. */
const SIGNATURE_HEADERS = ['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'];

/** What its answers say in headers, beyond what every page may read. */
const ANSWER_HEADERS = [
  'allow',
  'apigw-requestid',
  'etag',
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/** As long as Chromium remembers a preflight at the most. */
const MAX_AGE = Duration.hours(2);

/**
 * What pages of these origins may do: call every operation, and read its answer. No cookies are allowed for, as the API knows none.
 *
 * @returns undefined without origins: then no page may read anything
 */
export function corsOf(origins: readonly string[], auth: Auth): CorsPreflightOptions | undefined {
  if (origins.length === 0) return undefined;
  return {
    allowOrigins: [...origins],
    allowMethods: [...new Set(routes.map(({ method }) => CorsHttpMethod[method]))],
    allowHeaders: [...REQUEST_HEADERS, ...(auth === 'iam' ? SIGNATURE_HEADERS : [])],
    exposeHeaders: ANSWER_HEADERS,
    maxAge: MAX_AGE,
  };
}
