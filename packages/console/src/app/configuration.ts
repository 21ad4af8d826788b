/** The page's configuration before its first request. The deployment writes it into the page (lib/console-files.ts). */
export interface Configuration {
  readonly auth: 'api-key' | 'iam' | 'jwt' | 'none';
  /**
   * The OpenID provider that the reader signs in with, and the console's client there; undefined if the reader pastes a token.
   */
  readonly issuer?: string;
  readonly client_id?: string;
  /** The scopes to request, separated by spaces. */
  readonly scope?: string;
  /** The audience of the tokens. */
  readonly audience?: string;
}

export const configuration = Object.fromEntries(
  new URLSearchParams(document.querySelector<HTMLMetaElement>('meta[name="errand"]')?.content),
) as unknown as Configuration;

/** The address of the page itself, without a query: the OpenID provider redirects readers to it. */
export const consoleUrl = location.origin + location.pathname;

/** The address of the API; the page is served at `/console` below it. */
export const apiUrl = new URL('./', consoleUrl).href.replace(/\/$/, '');
