/**
 * The page's configuration. The deployment writes it into the page (lib/console-files.ts), so it is available before the page's first request.
 */
export interface Configuration {
  readonly auth: 'api-key' | 'iam' | 'jwt' | 'none';
  /**
   * The users' OpenID provider, and the console's client ID at that provider. The issuer and the client ID are undefined if users paste a token
   * instead.
   */
  readonly issuer?: string;
  readonly client_id?: string;
  /** The scopes to request, separated by spaces. */
  readonly scope?: string;
  /** The tokens' audience. */
  readonly audience?: string;
}

export const configuration = Object.fromEntries(
  new URLSearchParams(document.querySelector<HTMLMetaElement>('meta[name="errand"]')?.content),
) as unknown as Configuration;

/** The page's own URL, without a query string. The OpenID provider redirects users to it. */
export const consoleUrl = location.origin + location.pathname;

/** The API's URL. The page is served under this URL, at `/console`. */
export const apiUrl = new URL('./', consoleUrl).href.replace(/\/$/, '');
