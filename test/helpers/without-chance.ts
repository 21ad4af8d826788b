/**
 * Replaces the variable parts of a response with constants: ids, times, callers' keys, signatures, measurements, and `itself`, the requested name.
 */
export function withoutChance(body: unknown, itself: string): unknown {
  const text = JSON.stringify(body)
    .replaceAll(itself === '' ? '\0' : itself, 'itself')
    .replaceAll(/other-[0-9a-f-]{36}/g, 'tenant')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replaceAll(/"(latency_ms|visible|in_flight|delayed)":\d+/g, '"$1":0')
    .replaceAll(/key:[0-9a-f]{16}/g, 'caller')
    .replaceAll(/errand_[0-9a-f]{16}_[0-9a-f]{64}/g, 'api-key')
    .replaceAll(/"key_id":"[0-9a-f]{16}"/g, '"key_id":"id"')
    .replaceAll(/whsec_[A-Za-z0-9+/]{43}=/g, 'key')
    .replaceAll(/"(Policy|X-Amz-\w+)":"[^"]*"/g, '"$1":""');
  return JSON.parse(text) as unknown;
}
