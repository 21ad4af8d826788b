import { lazy } from '../../../lazy.ts';

/** Serves a file. The code is loaded on the first request for a file, because most instances never serve files. */
export const staticFile = lazy(async () => (await import('../../static-files.ts')).staticFile);

/**
 * The header for files that the browser must revalidate on every use. If the content has not changed, the browser gets a
 * 304 response.
 */
export const REVALIDATED = { 'cache-control': 'no-cache' };

/** The header for files whose names contain a hash of their content. */
export const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/**
 * Returns the headers with a page's content security policy. The page can run only this deployment's scripts, and call
 * only this API and `origins`. The policy allows `data:` images for Swagger UI's arrows.
 *
 * @param origins other servers that the page may call
 */
export function pagePolicy(origins: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...origins].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Returns the OpenAPI responses of an operation that serves files. */
export function fileResponses(description: string, mediaTypes: readonly string[]) {
  return [
    {
      status: 200,
      description,
      headers: { ETag: 'The version of the content, for `If-None-Match`.' },
      content: { mediaTypes },
    },
    { status: 304, description: 'The content has not changed since the version in `If-None-Match`.' },
  ];
}
