import type { NewAuditEntry } from '../../../job/audit.ts';
import type { Parameter } from '../data-api.ts';

/**
 * A CTE that writes an audit entry. The CTE is part of the statement that makes the change, so that the change and its
 * entry are always written together. The CTE's parameters are `tenant` (text) and {@link entryParameters}.
 *
 * @param subject SQL for the subject of the change, such as a job's id
 * @param changed the FROM clause that selects the changed rows; if no rows were changed, no entry is written
 */
export function auditEntry(subject: string, changed: string): string {
  return `
audited AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, :entry_id::uuid, :actor, :action, ${subject} FROM ${changed}
  ON CONFLICT DO NOTHING
)`;
}

/** Returns the values of `entry_id` (uuid), `actor` and `action` (text). */
export function entryParameters({ entryId, actor, action }: NewAuditEntry): Record<string, Parameter> {
  return { entry_id: entryId, actor, action };
}
