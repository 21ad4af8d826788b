/**
 * What a tenant may be called. No `#`, which ends the tenant in a dedup key, and nothing that SQS refuses in a message
 * group's id, which is the tenant's name.
 */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._@:|-]{0,63}$/;

/** What to give instead of a refused name. */
export const TENANT_EXPECTED =
  'a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a digit';

export function isTenant(text: string): boolean {
  return TENANT.test(text);
}
