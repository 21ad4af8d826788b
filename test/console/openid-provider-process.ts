import { exportJWK, generateKeyPair } from 'jose';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AUDIENCE, CLIENT_ID, type FromProvider, type ToProvider } from './openid-provider.ts';

// This code runs in its own process, because the provider accepts only objects from its own JavaScript realm, and Jest runs tests in a different
// realm. See openid-provider.ts.

/** The parts of `oidc-provider` that this file uses. The package has no types. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  readonly Grant: new (fields: { clientId: string; accountId: string }) => Grant;
}

interface Grant {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}

interface Context {
  readonly oidc: { readonly client: { clientId: string }; readonly session: { accountId: string } };
}

const SCOPES = 'read submit admin';

let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
  response.writeHead(503).end();
};
const server = createServer((request, response) => {
  answer(request, response);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

// Silences the provider's warnings about settings that only tests use, such as in-memory storage.
console.warn = () => undefined;
console.info = () => undefined;

process.on('message', (message: ToProvider) => void open(message));
process.on('disconnect', () => process.exit());
report({ issuer });

async function open({ consoleUrl, tokenSeconds }: ToProvider): Promise<void> {
  // The package name is in a variable, because TypeScript would otherwise look for the package's types, which do not exist.
  const name = 'oidc-provider' as string;
  const { default: create } = (await import(name)) as {
    default: new (issuer: string, configuration: object) => Provider;
  };
  const provider: Provider = new create(
    issuer,
    await configurationOf(consoleUrl, tokenSeconds, () => provider),
  );
  const callback = provider.callback();
  answer = (request, response) => {
    if (request.url?.startsWith('/interaction/')) void signIn(provider, request, response);
    else callback(request, response);
  };
  report({ issuer });
}

function report(message: FromProvider): void {
  process.send?.(message);
}

async function configurationOf(consoleUrl: string, tokenSeconds: number, provider: () => Provider) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key of the test'] },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        redirect_uris: [consoleUrl],
        post_logout_redirect_uris: [consoleUrl],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    scopes: ['openid', 'offline_access'],
    clientBasedCORS: (_context: Context, origin: string) => origin === new URL(consoleUrl).origin,
    extraTokenClaims: () => ({ tenant: 'shop' }),
    findAccount: (_context: Context, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    interactions: { url: (_context: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600, RefreshToken: 3600 },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: SCOPES,
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
        useGrantedResource: () => true,
      },
    },
    // Acts as if the user had already consented, so that no consent page is shown.
    async loadExistingGrant({ oidc: { client, session } }: Context) {
      const grant = new (provider().Grant)({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid offline_access');
      grant.addResourceScope(AUDIENCE, SCOPES);
      await grant.save();
      return grant;
    },
  };
}

/** Serves the sign-in page and handles its form submission. */
async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' } });
    return;
  }
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(
    '<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,"><form method="post"><button>Continue as Ada</button></form>',
  );
}
