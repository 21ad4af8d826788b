import { Duration } from 'aws-cdk-lib/core';
import { CorsHttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { CorsRule } from 'aws-cdk-lib/aws-s3';
import { routes } from './routes.ts';
import type { ResolvedSettings } from './settings/table.ts';

type CorsSettings = Pick<ResolvedSettings, 'corsOrigins' | 'auth'>;

/** Request headers that the API reads. Pages may send them only if CORS allows them. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'if-none-match'];

/** The request headers of an AWS signature. */
const SIGNATURE_HEADERS = ['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'];

/** Response headers that pages may read only if CORS exposes them. */
const ANSWER_HEADERS = [
  'allow',
  'apigw-requestid',
  'etag',
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/** Chromium's upper limit for caching a preflight response. */
const MAX_AGE = Duration.hours(2);

/**
 * Lets pages from `corsOrigins` call every operation and read the responses. Does not allow cookies, because the API uses none.
 *
 * @returns undefined if `corsOrigins` is empty. Pages from other origins then can't read any response.
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

/**
 * Lets pages from `corsOrigins` post upload forms, and read whether S3 stored the file. A page may send any header, because only the form decides
 * what is stored, and tracing libraries add headers to all of a page's requests.
 *
 * @returns undefined if `corsOrigins` is empty
 */
export function uploadCorsOf({ corsOrigins }: Pick<CorsSettings, 'corsOrigins'>): CorsRule[] | undefined {
  if (corsOrigins.length === 0) return undefined;
  return [
    {
      allowedOrigins: [...corsOrigins],
      allowedMethods: [HttpMethods.POST],
      allowedHeaders: ['*'],
      maxAge: MAX_AGE.toSeconds(),
    },
  ];
}
