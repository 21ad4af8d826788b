import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** The claims of a token; undefined removes a default claim. */
export type Claims = { [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

/** A token issuer on 127.0.0.1. Like an identity provider, it publishes its keys and their URL. */
export interface TokenIssuer {
  /** The `iss` claim of its tokens, such as `http://127.0.0.1:40123/`. */
  readonly url: string;
  /** Creates a token for `errand` that is valid for a minute. These claims override the defaults. */
  token(claims?: Claims): Promise<string>;
  /** Creates a token with these claims, but without a signature. */
  unsigned(claims?: Claims): string;
  /** Creates a token with these claims, signed with HMAC, using the public key's PEM text as the secret. */
  signedWithPublicKey(claims?: Claims): Promise<string>;
  /** Creates a token with these claims, signed with an unpublished key that has a published key's id. */
  forged(claims?: Claims): Promise<string>;
  /** Switches to a new signing key. The old keys stay published. */
  rotate(): Promise<void>;
  end(): Promise<void>;
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const published: object[] = [];
  let current: { kid: string; keys: Keys };

  async function rotate(): Promise<void> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${published.length + 1}`;
    published.push({ ...(await exportJWK(keys.publicKey)), kid, alg: 'RS256', use: 'sig' });
    current = { kid, keys };
  }

  await rotate();
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const isKeys = request.url === '/keys';
    response.end(JSON.stringify(isKeys ? { keys: published } : { issuer: url, jwks_uri: `${url}keys` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const complete = (claims: Claims): JWTPayload =>
    ({
      iss: url,
      aud: 'errand',
      exp: Math.floor(Date.now() / 1000) + 60,
      ...claims,
    }) as JWTPayload;
  const sign = (claims: Claims, alg: string, key: Uint8Array | Keys['privateKey']): Promise<string> =>
    new SignJWT(complete(claims)).setProtectedHeader({ alg, kid: current.kid }).sign(key);

  return {
    url,
    rotate,
    token: (claims = {}) => sign(claims, 'RS256', current.keys.privateKey),
    unsigned: (claims = {}) => new UnsecuredJWT(complete(claims)).encode(),
    async signedWithPublicKey(claims = {}) {
      return sign(claims, 'HS256', Buffer.from(await exportSPKI(current.keys.publicKey)));
    },
    async forged(claims = {}) {
      return sign(claims, 'RS256', (await generateKeyPair('RS256')).privateKey);
    },
    async end() {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}
