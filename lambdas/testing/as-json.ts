/** Converts a value to the value that clients and other jobs receive, by converting it to JSON and back. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
