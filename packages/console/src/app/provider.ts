import * as oauth from 'oauth4webapi';
import { configuration, consoleUrl } from './configuration.ts';

/** A signed-in user's tokens. */
export interface Tokens {
  readonly access: string;
  /** The access token's expiry, in milliseconds since the epoch; undefined if the provider does not specify it. */
  readonly expiresAt: number | undefined;
  /** The refresh token; undefined if the provider issues none. */
  readonly refresh: string | undefined;
  /** The ID token, which tells the provider which session to end. */
  readonly id: string | undefined;
}

/** The values that the provider's response must match. */
interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** The screen that the user requested: the URL's fragment. */
  readonly hash: string;
}

const PENDING_KEY = 'errand-sign-in';

const client: oauth.Client = { client_id: configuration.client_id ?? '' };

/** Lets the OAuth library use http. The `JWT_ISSUER` setting allows http only for an issuer on this machine. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked as deprecated only to stand out
const options = configuration.issuer?.startsWith('http:') ? { [oauth.allowInsecureRequests]: true } : {};

async function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(configuration.issuer ?? '');
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
}

/** Redirects to the provider's sign-in page, using the authorization code flow with PKCE. */
export async function leaveForProvider(hash: string): Promise<void> {
  const server = await discover();
  if (server.authorization_endpoint === undefined)
    throw new Error(`The issuer ${server.issuer} has no authorization endpoint.`);
  const pending: PendingSignIn = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash,
  };
  const address = new URL(server.authorization_endpoint);
  const parameters = {
    client_id: client.client_id,
    redirect_uri: consoleUrl,
    response_type: 'code',
    scope: scopeFor(server),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...audienceParameters(),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  location.assign(address);
}

/**
 * Returns the scopes to request. `offline_access`, the scope for a refresh token, is requested only if the provider lists it, because some
 * providers refuse unknown scopes.
 */
function scopeFor(server: oauth.AuthorizationServer): string {
  const wanted = `openid ${configuration.scope ?? ''}`.trim();
  return server.scopes_supported?.includes('offline_access') === true ? `${wanted} offline_access` : wanted;
}

/** Returns the audience parameter. Auth0 calls it `audience`; RFC 8707 calls it `resource`, and requires a URI. */
function audienceParameters(): Record<string, string> {
  const { audience } = configuration;
  if (audience === undefined) return {};
  return { audience, ...(URL.canParse(audience) && { resource: audience }) };
}

/**
 * Reads the provider's response from the page's URL, and exchanges its code for tokens.
 *
 * @throws Error if the response does not match the request, or if the provider refuses
 */
export async function returnFromProvider(): Promise<{ readonly tokens: Tokens; readonly hash: string }> {
  const saved = sessionStorage.getItem(PENDING_KEY);
  sessionStorage.removeItem(PENDING_KEY);
  if (saved === null) throw new Error('This sign-in was not started in this tab.');
  const { state, nonce, verifier, hash } = JSON.parse(saved) as PendingSignIn;
  const server = await discover();
  const answer = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    consoleUrl,
    verifier,
    { ...options, additionalParameters: audienceParameters() },
  );
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  return { tokens: tokensOf(result), hash };
}

/** @throws Error if the provider refuses the refresh token */
export async function refreshTokens({ refresh = '', id }: Tokens): Promise<Tokens> {
  const server = await discover();
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, {
    ...options,
    additionalParameters: audienceParameters(),
  });
  const tokens = tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
  // Keeps the old tokens if the response contains no new tokens: some providers don't rotate refresh tokens, and a new ID token is optional.
  return { ...tokens, refresh: tokens.refresh ?? refresh, id: tokens.id ?? id };
}

/**
 * Redirects to the provider's logout page, which ends the provider's session and then redirects back to the console. Does nothing if the provider has
 * no logout page. https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
export async function leaveForSignOut(id: string | undefined): Promise<void> {
  const { end_session_endpoint: endpoint } = await discover();
  if (endpoint === undefined) return;
  const address = new URL(endpoint);
  const parameters = {
    client_id: client.client_id,
    post_logout_redirect_uri: consoleUrl,
    ...(id !== undefined && { id_token_hint: id }),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}

function tokensOf({
  access_token: access,
  refresh_token: refresh,
  id_token: id,
  expires_in: seconds,
}: oauth.TokenEndpointResponse): Tokens {
  return { access, refresh, id, expiresAt: seconds === undefined ? undefined : Date.now() + seconds * 1000 };
}
