// The audit log: who changed what. docs/audit.md describes it for operators.

/** The actions that an audit entry can record. Each operation names its action in its definition. */
export const AUDIT_ACTIONS = [
  'job.submit',
  'job.cancel',
  'job.retry',
  // A bulk job deleted the job.
  'job.delete',
  // A submission with the same `object_id` replaced the job's payload.
  'job.replace',
  // A signal, or the answer to an approval link.
  'job.signal',
  'schedule.put',
  'schedule.delete',
  'schedule.start',
  'schedule.stop',
  // EventBridge Scheduler rejected the schedule, so Errand undid the change or stopped the schedule.
  'schedule.revert',
  'message.create',
  'webhook_key.rotate',
  // A new key, or the successor created by a rotation.
  'api_key.create',
  // The key that was replaced.
  'api_key.rotate',
  'api_key.revoke',
  'queue.pause',
  'queue.resume',
  'job_type.pause',
  'job_type.resume',
  'concurrency_limit.put',
  'concurrency_limit.delete',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** An audit entry, written by the same statement as the change. The statement adds the subject and the time. */
export interface NewAuditEntry {
  /** A new UUIDv7, which makes the statement idempotent: executing the statement twice writes only one entry. */
  readonly entryId: string;
  readonly actor: AuditEntry['actor'];
  readonly action: AuditAction;
}

/** An audit entry in the API's format. */
export interface AuditEntry {
  entry_id: string;
  /** When the change was made: ISO 8601 in UTC. */
  create_time: string;
  /**
   * Who or what made the change: `key:<key id>`, `subject:<the token's subject>`, an IAM principal's ARN, `job:<job id>`,
   * `schedule:<name>`, `batch:<batch id>`, or `approval:<step>` for an approval link; null if unknown.
   */
  actor: string | null;
  action: AuditAction;
  /**
   * The id or name of the changed object: a job id, schedule name, message id, API key id, queue, job type, concurrency
   * key, or the webhook key's new generation.
   */
  subject: string;
}

export interface AuditQuery {
  tenant: string;
  /** The exclusive upper bound of the entry ids, for keyset pagination. */
  before: string | undefined;
  /** The inclusive lower bound of the entry ids. */
  since: string | undefined;
  actor: string | undefined;
  action: AuditAction | undefined;
  jobId: string | undefined;
  limit: number;
}

export interface AuditStore {
  /**
   * Writes audit entries for changes in other stores, such as API keys in DynamoDB. Writes either all entries or none.
   * Idempotent.
   */
  write(tenant: string, entries: readonly (NewAuditEntry & { readonly subject: string })[]): Promise<void>;
  /**
   * Lists the newest entries that match all filters. The store scans a limited number of entries per call. `scannedTo` is the
   * last scanned entry if there may be more entries, and otherwise null.
   */
  list(query: AuditQuery): Promise<{ entries: AuditEntry[]; scannedTo: string | null }>;
}
