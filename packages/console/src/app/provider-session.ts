import { configuration, consoleUrl } from './configuration.ts';
import type { Tokens } from './provider.ts';

/** The tokens are kept for this tab only. */
const STORAGE_KEY = 'errand-tokens';

/** A token is refreshed so many milliseconds before its end: a request that takes it arrives in time. */
const RESERVE = 30_000;

/** Whether readers sign in with an OpenID provider. */
export const hasProvider = configuration.auth === 'jwt' && configuration.client_id !== undefined;

/** The OAuth code, loaded when it is needed. */
const loadProvider = () => import('./provider.ts');

/** The refresh under way: several requests share it. */
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

/** The access token, refreshed if it is about to end. The API refuses one that could not be refreshed. */
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

/** Goes to the provider's page, and comes back to the current screen. */
export async function signInWithProvider(): Promise<void> {
  const { leaveForProvider } = await loadProvider();
  await leaveForProvider(location.hash);
}

/**
 * Forgets the tokens, and goes to the provider's page that ends the session there, if the provider has one.
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
 * Keeps the tokens if the page was opened by the provider, and removes the provider's answer from the address.
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
