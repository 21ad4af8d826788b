import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { callerOf } from '../aws-endpoint/credential-scope.ts';
import { FORBIDDEN } from './authorizer.ts';
import type { Authorizer } from './authorizer.ts';

export interface IamAuthorizerSettings {
  readonly accountId: string;
  readonly region: string;
  /** The secret access key that all access key IDs in the embedded cloud share. */
  readonly secretAccessKey: string;
}

/** The maximum age of a signature: five minutes. */
const MAX_AGE_MILLIS = 5 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/(\d{8})\/([^/]+)\/execute-api\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;

/**
 * Creates the AWS_IAM authorizer, which accepts requests that are signed with one of the embedded cloud's access keys. The authorizer signs each
 * request again, with the same headers and time, and compares the signatures. The caller's policies are not evaluated.
 */
export function createIamAuthorizer(settings: IamAuthorizerSettings, now: () => Date): Authorizer {
  const { accountId, region, secretAccessKey } = settings;
  return async ({ request, body }) => {
    const [, accessKeyId, day, signedRegion, names = '', signature = ''] =
      AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
    const time = readTime(request.headers['x-amz-date']);
    if (accessKeyId === undefined || !time || signedRegion !== region) return { refusal: FORBIDDEN };
    const isFresh = Math.abs(now().getTime() - time.getTime()) <= MAX_AGE_MILLIS;
    if (!isFresh || day !== compact(time).slice(0, 8)) return { refusal: FORBIDDEN };
    if (!coversContent(request, body)) return { refusal: FORBIDDEN };

    const signedHeaders = names.split(';');
    // A signature that did not cover these two headers could be reused for another host or at another time.
    if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date'))
      return { refusal: FORBIDDEN };
    const signer = new SignatureV4({
      service: 'execute-api',
      region,
      credentials: { accessKeyId, secretAccessKey },
      sha256: Sha256,
      applyChecksum: false,
    });
    const again = await signer.sign(toSignable(request, body, signedHeaders), {
      signingDate: time,
      signableHeaders: new Set(signedHeaders),
    });
    const expected = /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization ?? '')?.[1] ?? '';
    if (!isSame(signature, expected)) return { refusal: FORBIDDEN };
    const caller = callerOf(accessKeyId);
    return {
      authorizer: {
        iam: {
          accessKey: caller,
          accountId,
          callerId: caller,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: `arn:aws:iam::${accountId}:user/${caller}`,
          userId: caller,
        },
      },
    };
  };
}

function toSignable(request: IncomingMessage, body: Buffer, signedHeaders: readonly string[]) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const query: Record<string, string[]> = {};
  for (const [name, value] of searchParams) (query[name] ??= []).push(value);
  return {
    method: request.method ?? '',
    protocol: 'http:',
    hostname: 'localhost',
    path: pathname,
    query,
    headers: Object.fromEntries(
      signedHeaders.map((name) => [name, request.headersDistinct[name]?.join(',') ?? '']),
    ),
    body,
  };
}

/** Whether the body matches the hash in the headers. True if the headers contain no hash. The signature covers this hash, not the body itself. */
function coversContent({ headers }: IncomingMessage, body: Buffer): boolean {
  const told = headers['x-amz-content-sha256'];
  return told === undefined || told === createHash('sha256').update(body).digest('hex');
}

/** Parses a time such as `20261122T090500Z`. */
function readTime(text: string | string[] | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(typeof text === 'string' ? text : '');
  if (!parts) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function compact(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Implements the signer's hash interface: SHA-256 or, with a secret, HMAC-SHA256. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('The signer makes a new one for each hash.');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}
