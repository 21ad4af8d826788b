/** A value as clients and other jobs read it: what its JSON says. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
