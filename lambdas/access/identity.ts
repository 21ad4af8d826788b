// The two facts that credentials state about a caller: its tenant, and its scopes.

/**
 * What callers may do. `read`: see jobs, messages and schedules. `submit`: submit, cancel and retry jobs. `admin`: change
 * schedules, rotate the webhook key, manage API keys, read the audit. No scope includes another.
 */
export const SCOPES = ['read', 'submit', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/**
 * The syntax of a tenant's name. It contains no `#`, which ends the tenant in a dedup key, and no character that SQS refuses in a
 * message group's id, because the tenant's name is that id.
 */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._@:|-]{0,63}$/;

/** The syntax in words, for the refusal of a name. */
export const TENANT_EXPECTED =
  'a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a digit';

export function isTenant(text: string): boolean {
  return TENANT.test(text);
}
