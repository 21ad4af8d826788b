/** What the page knows of its deployment before its first request. The deployment writes it into the page (lib/console-files.ts). */
export interface Configuration {
  readonly auth: 'api-key' | 'iam' | 'jwt' | 'none';
  /** The OpenID provider that the reader signs in with, and the console's client there; undefined where a token is pasted. */
  readonly issuer?: string;
  readonly client_id?: string;
  /** The scopes to ask for, with spaces between them. */
  readonly scope?: string;
  /** Whom the tokens are for. */
  readonly audience?: string;
}

export const configuration = Object.fromEntries(
  new URLSearchParams(document.querySelector<HTMLMetaElement>('meta[name="errand"]')?.content),
) as unknown as Configuration;

/** The address of the page itself, without a query: an OpenID provider sends readers back to it. */
export const consoleUrl = location.origin + location.pathname;

/** Where the API is: the page is served at `/console` below it. */
export const apiUrl = new URL('./', consoleUrl).href.replace(/\/$/, '');
