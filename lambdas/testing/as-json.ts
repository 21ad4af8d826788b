/** Converts a value to JSON and back, to get what clients and other jobs receive. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
