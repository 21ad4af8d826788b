import type { IncomingMessage } from 'node:http';

/** The signer of a request, and the service that the request was signed for. */
export interface CredentialScope {
  /** The access key ID. A Lambda function signs with its name. A version of the function signs with `name:version`. */
  readonly accessKeyId: string;
  /** The access key ID without a version: the function's name, regardless of the calling version. */
  readonly caller: string;
  readonly region: string;
  /** The SigV4 signing name, such as `sqs` or `rds-data`. */
  readonly service: string;
}

// A SigV4 credential is `<access key id>/<yyyymmdd>/<region>/<service>/aws4_request`.
const CREDENTIAL = /^([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request$/;
const HEADER_CREDENTIAL = /^AWS4-HMAC-SHA256\s.*?Credential=([^\s,]+)/;

/**
 * Reads the SigV4 credential scope from the Authorization header or, for a presigned URL, from the query string. Does not verify the
 * signature, because a laptop has no secrets to protect.
 * @returns undefined if the request is unsigned, or its credential has another format
 */
export function credentialScope(request: IncomingMessage): CredentialScope | undefined {
  const credential =
    HEADER_CREDENTIAL.exec(request.headers.authorization ?? '')?.[1] ?? presigned(request.url ?? '');
  const [, accessKeyId, region, service] = CREDENTIAL.exec(credential ?? '') ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, caller: callerOf(accessKeyId), region, service };
}

/** Returns the caller for an access key ID: the function's name, without a version. */
export function callerOf(accessKeyId: string): string {
  return accessKeyId.split(':', 1)[0] ?? accessKeyId;
}

function presigned(url: string): string | null {
  if (!url.includes('X-Amz-Credential=')) return null;
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('X-Amz-Credential');
}
