/**
 * Like an HTTP API, decodes a path twice, even for `rawPath`. The rules were observed on a live HTTP API. `%252F` arrives as `/`. If the first
 * decoding produces a `?`, the path ends there. A remaining `%` makes the request invalid.
 * @returns the path, or `undefined` if the gateway refuses it with 400
 */
export function decodePath(encodedPath: string): string | undefined {
  if (!encodedPath.includes('%')) return encodedPath;
  try {
    const [path = ''] = decodeURIComponent(encodedPath).split('?', 1);
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
