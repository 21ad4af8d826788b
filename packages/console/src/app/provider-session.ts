import { configuration, consoleUrl } from './configuration.ts';
import type { Tokens } from './provider.ts';

/** The storage key under which this tab stores the tokens. */
const STORAGE_KEY = 'errand-tokens';

/** How long before expiry a token is refreshed, in milliseconds. The margin ensures that the token is still valid when the request arrives. */
const RESERVE = 30_000;

/** Whether users sign in with an OpenID provider. */
export const hasProvider = configuration.auth === 'jwt' && configuration.client_id !== undefined;

/** Loads the OAuth code on first use. */
const loadProvider = () => import('./provider.ts');

/** The refresh in progress, shared by all requests. */
let refreshing: Promise<string> | undefined;

export function hasTokens(): boolean {
  return sessionStorage.getItem(STORAGE_KEY) !== null;
}

export function forgetTokens(): void {
  sessionStorage.removeItem(STORAGE_KEY);
}

function keep(tokens: Tokens): string {
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(tokens));
  return tokens.access;
}

/**
 * Returns the access token, refreshed if it is about to expire. If the refresh fails, returns the old token, which the API refuses once it
 * has expired.
 */
export async function accessToken(): Promise<string> {
  const saved = sessionStorage.getItem(STORAGE_KEY);
  if (saved === null) return '';
  const tokens = JSON.parse(saved) as Tokens;
  const isFresh = tokens.expiresAt === undefined || tokens.expiresAt - RESERVE > Date.now();
  if (isFresh || tokens.refresh === undefined) return tokens.access;
  refreshing ??= loadProvider()
    .then(async ({ refreshTokens }) => keep(await refreshTokens(tokens)))
    .catch(() => tokens.access)
    .finally(() => {
      refreshing = undefined;
    });
  return refreshing;
}

/** Redirects to the provider's sign-in page, which afterwards redirects back to the current screen. */
export async function signInWithProvider(): Promise<void> {
  const { leaveForProvider } = await loadProvider();
  await leaveForProvider(location.hash);
}

/**
 * Deletes the tokens, and redirects to the provider's logout page if the provider has one.
 *
 * @throws Error if the provider can't be reached
 */
export async function signOutOfProvider(): Promise<void> {
  const saved = sessionStorage.getItem(STORAGE_KEY);
  forgetTokens();
  if (saved === null) return;
  const { leaveForSignOut } = await loadProvider();
  await leaveForSignOut((JSON.parse(saved) as Tokens).id);
}

/**
 * If the provider redirected to this page, stores the tokens and removes the provider's response from the URL.
 *
 * @throws Error that says why the sign-in failed
 */
export async function finishSignIn(): Promise<void> {
  const answer = new URLSearchParams(location.search);
  if (!hasProvider || !(answer.has('code') || answer.has('error'))) return;
  try {
    const { returnFromProvider } = await loadProvider();
    const { tokens, hash } = await returnFromProvider();
    keep(tokens);
    history.replaceState(null, '', consoleUrl + hash);
  } catch (error) {
    history.replaceState(null, '', consoleUrl + location.hash);
    const detail = answer.get('error_description') ?? answer.get('error') ?? (error as Error).message;
    throw new Error(`The sign-in failed: ${detail}`, { cause: error });
  }
}
