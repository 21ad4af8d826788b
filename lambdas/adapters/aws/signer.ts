import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { escapeUri } from '@smithy/core/protocols';
import type { HttpRequest, RequestSigner } from '@smithy/types';

export interface SignerSettings {
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly region: string;
  /** The service's signing name. */
  readonly service: string;
}

/** Headers that AWS's own signer does not sign, because proxies may change them. */
const UNSIGNED = new Set([
  'authorization',
  'cache-control',
  'connection',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);
const UNSIGNED_PREFIX = /^(proxy|sec)-/;

/** Matches white space that must be normalized before signing. */
const SPACES = /^ | $| {2}|[\t\r\n]/;

/**
 * Creates a signer that adds AWS Signature Version 4 to requests' headers (AWS IAM User Guide, "Create a signed AWS API
 * request"). Produces exactly the same headers as the SDK's SignatureV4 (test/unit/adapters/signer.test.ts). Doesn't
 * support S3, which has its own signing rules. The credentials never change while a function instance lives, so the key
 * for a given day, region and service is derived only once.
 *
 * Bodies are strings or bytes. `sign` modifies the request.
 */
export function createSigner({
  credentials,
  region: usualRegion,
  service: usualService,
}: SignerSettings): RequestSigner {
  const keys = new Map<string, { scope: string; key: KeyObject }>();
  const keyOf = (day: string, region: string, service: string, scope: string): KeyObject => {
    const place = `${region}/${service}`;
    const known = keys.get(place);
    if (known?.scope === scope) return known.key;
    let key: Buffer | string = `AWS4${credentials.secretAccessKey}`;
    for (const part of [day, region, service, 'aws4_request']) {
      key = createHmac('sha256', key).update(part).digest();
    }
    const made = createSecretKey(key as Buffer);
    keys.set(place, { scope, key: made });
    return made;
  };

  return {
    sign(
      request,
      { signingDate, signingRegion: region = usualRegion, signingService: service = usualService } = {},
    ) {
      const time = new Date(signingDate ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, '');
      const day = time.slice(0, 8);
      const scope = `${day}/${region}/${service}/aws4_request`;
      const { headers } = request;
      headers['x-amz-date'] = time;
      if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
      const payloadHash = (headers['x-amz-content-sha256'] ??= hash('sha256', bodyOf(request)));
      const values = new Map<string, string>();
      for (const name of Object.keys(headers)) {
        const lower = name.toLowerCase();
        if (!UNSIGNED.has(lower) && !UNSIGNED_PREFIX.test(lower)) values.set(lower, headers[name] ?? '');
      }
      const names = [...values.keys()].sort();
      const lines = names.map((name) => `${name}:${trimmed(values.get(name) ?? '')}\n`);
      const signed = names.join(';');
      const canonical = `${request.method}\n${pathOf(request)}\n${queryOf(request)}\n${lines.join('')}\n${signed}\n${payloadHash}`;
      const signature = createHmac('sha256', keyOf(day, region, service, scope))
        .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`)
        .digest('hex');
      headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
      return Promise.resolve(request);
    },
  };
}

function bodyOf(request: HttpRequest): string | Uint8Array {
  const body = request.body as unknown;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body ?? '';
  throw new Error('The body of a signed request must be a string or bytes.');
}

function trimmed(value: string): string {
  return SPACES.test(value) ? value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '') : value;
}

/** Returns the path to sign: normalized (without empty or dot segments) and double-encoded. */
function pathOf({ path }: HttpRequest): string {
  if (path === '/') return path;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(escapeUri(segment));
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${end}`;
}

function queryOf({ query = {} }: HttpRequest): string {
  return Object.entries(query)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ({ key: escapeUri(name), value: value ?? '' }))
    .sort((left, right) => (left.key < right.key ? -1 : 1))
    .flatMap(({ key, value }) =>
      (Array.isArray(value) ? value : [value]).map((each) => `${key}=${escapeUri(each)}`).sort(),
    )
    .join('&');
}
