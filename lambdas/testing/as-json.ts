/** Converts a value to JSON and back, as happens before clients or other jobs receive the value. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
