/** Converts a value to what clients and other jobs receive, by a round trip through JSON. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
