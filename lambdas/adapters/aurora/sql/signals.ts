import type { Statement } from '../data-api.ts';

/**
 * `tenant` (text), `job_id` (uuid), `name`, `key`, `payload` (text, JSON), `actor` (text), `entry_id` (uuid), the audit
 * entry's id, `most` (integer), the maximum number of signals per job. Returns one row: null if the job does not exist,
 * otherwise the result of send_signal in migration 0031.
 */
export const SEND_SIGNAL: Statement = {
  name: 'send-signal',
  sql: `
SELECT send_signal(:tenant, :job_id::uuid, :name, :key, :payload::json, :actor, :entry_id::uuid, :most::integer)::text`,
};

/** Returns the HMAC key for approval links, in Base64. */
export const READ_APPROVAL_KEY: Statement = {
  name: 'read-approval-key',
  sql: `SELECT to_json(encode(secret, 'base64'))::text FROM approval_key`,
};

/**
 * `job_id` (uuid), `step`, `key` (text). Returns the content of an approval page, and the payload of the signal with the key
 * `key`. Returns no row if the step does not exist.
 */
export const READ_APPROVAL: Statement = {
  name: 'read-approval',
  sql: `
SELECT json_build_object(
  'tenant', j.tenant,
  'status', j.status,
  'question', s.detail ->> 'question',
  'signal', s.detail ->> 'signal',
  'is_answered', answer.key IS NOT NULL,
  'answer', answer.payload)::text
FROM jobs j JOIN job_steps s USING (job_id)
LEFT JOIN job_signals answer ON answer.job_id = j.job_id AND answer.name = s.detail ->> 'signal' AND answer.key = :key
WHERE j.job_id = :job_id::uuid AND s.step = :step AND s.kind = 'approval'`,
};
