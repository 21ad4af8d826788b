/** A value as clients and other jobs receive it: after a round trip through JSON. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
