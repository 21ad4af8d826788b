import { createErrand, ErrandError, type Errand, type Schema } from 'errand-client';
import { apiUrl, configuration } from './configuration.ts';
import {
  accessToken,
  finishSignIn,
  forgetTokens,
  hasProvider,
  hasTokens,
  signOutOfProvider,
} from './provider-session.ts';
import { createStore } from './store.ts';

export type Scope = Schema<'Caller'>['scopes'][number];

export type Session =
  | { readonly state: 'checking' }
  /** `reason` says why the user was signed out. */
  | { readonly state: 'signed-out'; readonly reason: string | undefined }
  | { readonly state: 'signed-in'; readonly caller: Schema<'Caller'> };

/** The storage key under which this tab stores the API key. */
const STORAGE_KEY = 'errand-key';

const store = createStore<Session>({ state: 'checking' });
export const useSession = store.use;

/** The time at which the database was last seen resuming from a pause; 0 if never. */
const resuming = createStore(0);
export const useResuming = resuming.use;

/** Whether the user must enter an API key or a token. */
export const needsKey = !hasProvider && (configuration.auth === 'api-key' || configuration.auth === 'jwt');

/** The client for the public API, which is the console's only access to Errand. */
export const errand: Errand = createErrand({
  url: apiUrl,
  ...(needsKey && { apiKey: () => sessionStorage.getItem(STORAGE_KEY) ?? '' }),
  ...(hasProvider && { apiKey: accessToken }),
  retries: 2,
  async fetch(request) {
    const response = await fetch(request);
    if (response.status === 503 && (await response.clone().text()).includes('problem:resuming'))
      resuming.set(Date.now());
    else if (response.ok) resuming.set(0);
    return response;
  },
});

/** Opens the session with this tab's key or tokens, or without credentials if the deployment needs none. */
export async function openSession(): Promise<void> {
  try {
    await finishSignIn();
  } catch (error) {
    signOut((error as Error).message);
    return;
  }
  if ((needsKey && sessionStorage.getItem(STORAGE_KEY) === null) || (hasProvider && !hasTokens())) {
    store.set({ state: 'signed-out', reason: undefined });
    return;
  }
  try {
    const { data, error, response } = await errand.http.GET('/v1/caller');
    if (data) store.set({ state: 'signed-in', caller: data });
    else if (response.status === 401)
      signOut(
        hasProvider
          ? 'The API refuses your provider’s token. The token’s issuer and audience must match JWT_ISSUER and JWT_AUDIENCE.'
          : 'This key is not valid. It may be mistyped, expired or revoked.',
      );
    else
      signOut(
        (error as { detail?: string } | undefined)?.detail ?? `The API responded with ${response.status}.`,
      );
  } catch (error) {
    signOut(
      error instanceof ErrandError ? `The API at ${apiUrl} does not respond. Is it running?` : String(error),
    );
  }
}

export async function signIn(key: string): Promise<void> {
  sessionStorage.setItem(STORAGE_KEY, key.trim());
  await openSession();
}

/** Continues with another key for the same tenant. The screen stays unchanged, even if the API is currently unreachable. */
export async function continueWith(key: string): Promise<void> {
  sessionStorage.setItem(STORAGE_KEY, key);
  const { data } = await errand.http.GET('/v1/caller');
  if (data) store.set({ state: 'signed-in', caller: data });
}

/** Signs the user out, including from the OpenID provider. */
export async function leave(): Promise<void> {
  try {
    const left = signOutOfProvider();
    signOut();
    await left;
  } catch {
    const issuer = configuration.issuer ?? '';
    signOut(`You are signed out here. ${issuer} can’t be reached, so you may still be signed in there.`);
  }
}

/** Forgets the key or the tokens. */
export function signOut(reason?: string): void {
  sessionStorage.removeItem(STORAGE_KEY);
  forgetTokens();
  store.set({ state: 'signed-out', reason });
}

/** Returns the permissions of this tab's credentials; undefined while no one is signed in. */
export function useCaller(): Schema<'Caller'> | undefined {
  const session = useSession();
  return session.state === 'signed-in' ? session.caller : undefined;
}

/** Whether the caller has the scope. The console offers only what the caller's scopes allow. */
export function useScope(scope: Scope): boolean {
  return useCaller()?.scopes.includes(scope) ?? false;
}
