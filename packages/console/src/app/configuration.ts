/** What the page knows of its deployment before its first request. The deployment writes it into the page. */
export interface Configuration {
  readonly auth: 'api-key' | 'iam' | 'jwt' | 'none';
}

export const configuration = Object.fromEntries(
  new URLSearchParams(document.querySelector<HTMLMetaElement>('meta[name="errand"]')?.content),
) as unknown as Configuration;

/** Where the API is: the page is served at `/console` below it. */
export const apiUrl = new URL('./', location.href.replace(/[?#].*$/s, '')).href.replace(/\/$/, '');
