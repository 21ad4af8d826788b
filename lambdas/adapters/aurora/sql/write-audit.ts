import type { Statement } from '../data-api.ts';

/**
 * `tenant` (text), `entries` (JSON): an array of objects with `entry_id`, `actor`, `action` and `subject`. Writes audit
 * entries for changes in other stores, such as API keys in DynamoDB. A repeated statement does not write the entries again.
 * Returns one row with the number of new entries.
 */
export const WRITE_AUDIT: Statement = {
  name: 'write-audit',
  sql: `
WITH written AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, entry_id, actor, action, subject
  FROM json_to_recordset(:entries::json) AS entries (entry_id uuid, actor text, action text, subject text)
  ON CONFLICT DO NOTHING
  RETURNING entry_id
)
SELECT json_build_object('written', count(*))::text FROM written`,
};
