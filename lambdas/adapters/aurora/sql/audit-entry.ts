import type { NewAuditEntry } from '../../../job/audit.ts';
import type { Parameter } from '../data-api.ts';

/**
 * A CTE that writes the audit entry of a change in the statement that makes the change: neither can exist without the other. It
 * takes the parameters `tenant` (text) and {@link entryParameters}.
 *
 * @param subject SQL for what was changed
 * @param changed the FROM clause of the rows that were changed; no entry is written without a row
 */
export function auditEntry(subject: string, changed: string): string {
  return `
audited AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, :entry_id::uuid, :actor, :action, ${subject} FROM ${changed}
  ON CONFLICT DO NOTHING
)`;
}

/** `entry_id` (uuid), `actor`, `action` (text). */
export function entryParameters({ entryId, actor, action }: NewAuditEntry): Record<string, Parameter> {
  return { entry_id: entryId, actor, action };
}
