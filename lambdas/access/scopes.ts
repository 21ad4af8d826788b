/**
 * What a caller may be allowed to do: see jobs, messages and schedules; submit, cancel and retry jobs; change schedules, and
 * read and rotate the webhook key.
 * None of them includes another.
 */
export const SCOPES = ['read', 'submit', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
