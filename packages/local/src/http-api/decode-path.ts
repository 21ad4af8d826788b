/**
 * The path of a request target as an HTTP API hands it on, in `rawPath` too: decoded, and decoded once more. Captured
 * from a live HTTP API: `%252F` arrives as `/`, a `?` that appears after the first decoding cuts the path there, and a
 * `%` that is left alone makes the request bad.
 * @returns the path, or `undefined` for one the gateway refuses with 400
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
