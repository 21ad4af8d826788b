// The audit: who changed what. docs/audit.md describes it for operators.

/** The actions that an entry can record. Each operation names its action in its definition. */
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
  // EventBridge Scheduler refused the schedule, so Errand undid the put or stopped the schedule again.
  'schedule.revert',
  'message.create',
  'webhook_key.rotate',
  // The new key, including the successor in a rotation.
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

/** An entry to be written by the same statement as the change. The statement knows the subject and the time. */
export interface NewAuditEntry {
  /** A new UUIDv7. Two executions of the same statement write one entry. */
  readonly entryId: string;
  readonly actor: AuditEntry['actor'];
  readonly action: AuditAction;
}

/** An entry as the API shows it. */
export interface AuditEntry {
  entry_id: string;
  /** ISO 8601 in UTC. */
  create_time: string;
  /**
   * `key:<key id>`, `subject:<subject of the token>`, the ARN of an IAM principal, `job:<job id>`, `schedule:<name>`, `batch:<batch id>`, or `approval:<step>` for an approval link; null if
   * unknown.
   */
  actor: string | null;
  action: AuditAction;
  /**
   * The job's id, the schedule's name, the message's id, the new generation of the webhook key, the API key's id, the queue, the job
   * type, or the concurrency key.
   */
  subject: string;
}

export interface AuditQuery {
  tenant: string;
  /** The upper bound of the entry ids, exclusive, for keyset pagination. */
  before: string | undefined;
  /** The lower bound of the entry ids, inclusive. */
  since: string | undefined;
  actor: string | undefined;
  action: AuditAction | undefined;
  jobId: string | undefined;
  limit: number;
}

export interface AuditStore {
  /**
   * Writes the entries of changes that are made in a store other than Aurora. Idempotent. Either all entries are written or none
   * is.
   */
  write(tenant: string, entries: readonly (NewAuditEntry & { readonly subject: string })[]): Promise<void>;
  /**
   * The newest entries that match all filters. The store scans a limited number of entries. `scannedTo` is the last scanned entry
   * if there may be more, otherwise null.
   */
  list(query: AuditQuery): Promise<{ entries: AuditEntry[]; scannedTo: string | null }>;
}
