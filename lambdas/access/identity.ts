// Every caller has a tenant and scopes. Both come from the caller's credentials.

/**
 * The permissions of callers. `read`: view jobs, messages and schedules. `submit`: submit, cancel and retry jobs. `admin`:
 * change schedules, rotate the webhook key, manage API keys, read the audit log. No scope includes another scope.
 */
export const SCOPES = ['read', 'submit', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/**
 * The syntax of tenant names. `#` is not allowed, because it ends the tenant's name in a dedup key. Characters that SQS does
 * not allow in message group ids are not allowed either, because the name is used as a message group id.
 */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._@:|-]{0,63}$/;

/** A description of the syntax of tenant names, for error messages. */
export const TENANT_EXPECTED =
  'a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a digit';

export function isTenant(text: string): boolean {
  return TENANT.test(text);
}
