import type { Cloud } from '../helpers/cloud.ts';
import { sql } from '../helpers/embedded.ts';
import type { FinalJob } from './history/explain.ts';
import { viewOf } from './history/recorder.ts';
import { UNMATCHED_CHANGES, WATCH_CHANGES } from '../helpers/watched-changes.ts';

/** One write that changed a job's state. */
export interface Change {
  readonly from: string;
  readonly to: string;
  readonly from_attempt: number;
  readonly to_attempt: number;
  /** Whether a client had already requested a cancellation. */
  readonly cancel_requested: boolean;
  /** Whether the job was suspended before the write. */
  readonly continued: boolean;
  /** The time left on the previous attempt's lease, in milliseconds; null if there was no lease. */
  readonly lease_left_ms: number | null;
}

export interface AttemptRow {
  readonly attempt: number;
  readonly outcome: string | null;
  readonly message: string | null;
  /** The journal's sequence numbers for the attempt's start and end. They don't depend on any clock. */
  readonly began: number;
  readonly ended: number | null;
}

/** A job's row, with its history. */
export interface JobRow {
  readonly job_id: string;
  readonly tenant: string;
  readonly type: string;
  readonly batch_id: string | null;
  readonly parent_job_id: string | null;
  readonly cancel_requested: boolean;
  /** The result, if the job runs in a Lambda function; null for all other jobs. */
  readonly result: unknown;
  readonly object_id: string | null;
  readonly status: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly message: string | null;
  readonly end_time: string | null;
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly Change[];
  /** The number of attempts that began before the previous attempt had ended. */
  readonly second_leases: number;
}

/**
 * SQL for triggers that write the journal. The triggers run in the transaction that makes the recorded change, so that no change is missed.
 *
 * The run moves the database's clock, so timestamps don't show the order of changes. Instead, changes are numbered from a single sequence.
 * Changes to one job in one transaction share a number. A job's changes are numbered in the order in which they happened, because each
 * transaction locks the job.
 */
const JOURNAL = [
  'CREATE SEQUENCE chaos_moments',
  `CREATE TABLE chaos_events (
     moment bigint NOT NULL, transaction xid8 NOT NULL, job_id uuid NOT NULL, subject text NOT NULL, event text NOT NULL)`,
  'CREATE INDEX chaos_events_job_id ON chaos_events (job_id)',
  `CREATE FUNCTION note_event(of_job uuid, subject text, event text) RETURNS void LANGUAGE sql AS $$
     INSERT INTO chaos_events
     SELECT COALESCE(
         (SELECT max(e.moment) FROM chaos_events e WHERE e.job_id = of_job AND e.transaction = pg_current_xact_id()),
         nextval('chaos_moments')),
       pg_current_xact_id(), of_job, subject, event
   $$`,
  `CREATE TABLE chaos_changes (
     number bigint DEFAULT nextval('chaos_moments'), job_id uuid NOT NULL, from_status text, to_status text, from_attempt int, to_attempt int,
     cancel_requested boolean, continued boolean, lease_left_ms float8)`,
  `CREATE INDEX chaos_changes_job_id ON chaos_changes (job_id)`,
  `CREATE TABLE chaos_second_leases (job_id uuid NOT NULL)`,
  `CREATE INDEX chaos_second_leases_job_id ON chaos_second_leases (job_id)`,
  `CREATE FUNCTION chaos_change() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO chaos_changes (job_id, from_status, to_status, from_attempt, to_attempt, cancel_requested, continued, lease_left_ms)
     VALUES (OLD.job_id, OLD.status, NEW.status, OLD.attempt, NEW.attempt, OLD.cancel_requested_at IS NOT NULL, OLD.continues,
             -- If the clock was moved back during the transaction, the transaction's start is the later time.
             extract(epoch FROM OLD.lease_expires_at - GREATEST(now(), clock_timestamp())) * 1000);
     IF OLD.end_time IS NULL AND NEW.end_time IS NOT NULL THEN
       PERFORM note_event(NEW.job_id, 'job', 'ended');
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER chaos_change AFTER UPDATE ON jobs FOR EACH ROW
   WHEN ((OLD.status, OLD.attempt, OLD.end_time, OLD.message, CAST(OLD.result AS text))
         IS DISTINCT FROM (NEW.status, NEW.attempt, NEW.end_time, NEW.message, CAST(NEW.result AS text)))
   EXECUTE FUNCTION chaos_change()`,
  `CREATE FUNCTION chaos_lease() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO chaos_second_leases
     SELECT NEW.job_id FROM job_attempts a
     WHERE a.job_id = NEW.job_id AND a.attempt <> NEW.attempt AND a.end_time IS NULL;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER chaos_lease AFTER INSERT ON job_attempts FOR EACH ROW EXECUTE FUNCTION chaos_lease()`,
  `CREATE FUNCTION chaos_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' THEN
       PERFORM note_event(NEW.job_id, CAST(NEW.attempt AS text), 'began');
     END IF;
     IF NEW.end_time IS NOT NULL THEN
       PERFORM note_event(NEW.job_id, CAST(NEW.attempt AS text), 'ended');
     END IF;
     RETURN NULL;
   END $$`,
  'CREATE TRIGGER chaos_attempt_begins AFTER INSERT ON job_attempts FOR EACH ROW EXECUTE FUNCTION chaos_attempt()',
  `CREATE TRIGGER chaos_attempt_ends AFTER UPDATE ON job_attempts FOR EACH ROW
   WHEN (OLD.end_time IS DISTINCT FROM NEW.end_time) EXECUTE FUNCTION chaos_attempt()`,
  `CREATE FUNCTION chaos_step() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM note_event(NEW.job_id, NEW.step, 'succeeded');
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER chaos_new_step AFTER INSERT ON job_steps FOR EACH ROW WHEN (NEW.status = 'success') EXECUTE FUNCTION chaos_step()`,
  `CREATE TRIGGER chaos_step AFTER UPDATE ON job_steps FOR EACH ROW
   WHEN (OLD.status <> 'success' AND NEW.status = 'success') EXECUTE FUNCTION chaos_step()`,
];

/** Returns SQL for the sequence number of a job's last event of this kind, or null if there was none. The parameters are SQL expressions. */
export function momentOf(jobId: string, subject: string, event: 'began' | 'ended' | 'succeeded'): string {
  return `(SELECT max(e.moment) FROM chaos_events e WHERE e.job_id = ${jobId} AND e.subject = ${subject} AND e.event = '${event}')`;
}

/** The cloud whose database is queried. */
type Database = Parameters<typeof sql>[0];

/** Starts recording every change to a job. */
export async function keepJournal(cloud: Database): Promise<void> {
  for (const statement of [...JOURNAL, ...WATCH_CHANGES]) await sql(cloud, statement);
}

/**
 * The number of jobs that one statement reads. With the jobs' attempts and changes, the response stays below the Data API's limit of 1 MiB.
 */
const PAGE = 200;

/** Reads all jobs, ordered by id. */
export async function readJobs(cloud: Database): Promise<JobRow[]> {
  const jobs: JobRow[] = [];
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await sql(
      cloud,
      `SELECT CAST(json_build_object(
         'job_id', j.job_id, 'tenant', j.tenant, 'type', j.type, 'object_id', j.object_id, 'batch_id', j.batch_id,
         'parent_job_id', j.parent_job_id, 'cancel_requested', j.cancel_requested_at IS NOT NULL,
         'result', CASE WHEN j.type = 'double' THEN j.result END, 'status', j.status, 'attempt', j.attempt,
         'max_attempts', j.max_attempts, 'message', left(j.message, 200), 'end_time', iso_8601(j.end_time),
         'attempts', (
           SELECT COALESCE(json_agg(json_build_object(
             'attempt', a.attempt, 'outcome', a.outcome, 'message', left(a.message, 200),
             'began', ${momentOf('a.job_id', 'CAST(a.attempt AS text)', 'began')},
             'ended', ${momentOf('a.job_id', 'CAST(a.attempt AS text)', 'ended')}) ORDER BY a.attempt), '[]')
           FROM job_attempts a WHERE a.job_id = j.job_id),
         'changes', (
           SELECT COALESCE(json_agg(json_build_object(
             'from', c.from_status, 'to', c.to_status, 'from_attempt', c.from_attempt, 'to_attempt', c.to_attempt,
             'cancel_requested', c.cancel_requested, 'continued', c.continued, 'lease_left_ms', c.lease_left_ms) ORDER BY c.number), '[]')
           FROM chaos_changes c WHERE c.job_id = j.job_id),
         'second_leases', (SELECT count(*) FROM chaos_second_leases s WHERE s.job_id = j.job_id)) AS text)
       FROM jobs j WHERE j.job_id > CAST(:after AS uuid) ORDER BY j.job_id LIMIT ${PAGE}`,
      { after },
    );
    jobs.push(...rows.map(([document = '{}']) => JSON.parse(document) as JobRow));
    after = jobs.at(-1)?.job_id ?? after;
    if (rows.length < PAGE) return jobs;
  }
}

/** Converts each job's final row to a read that began after all requests. */
export function finalJobs(rows: readonly JobRow[], now: number): Map<string, FinalJob> {
  return new Map(
    rows.map((row): [string, FinalJob] => [
      row.job_id,
      {
        tenant: row.tenant,
        batchId: row.batch_id,
        isChild: row.parent_job_id !== null,
        read: { kind: 'read', start: now, end: now, view: viewOf({ ...row }) },
      },
    ]),
  );
}

/** Returns a line for each change without an audit entry, and for each audit entry without a change. */
export async function wrongAudit(cloud: Cloud): Promise<string[]> {
  const rows = await sql(cloud, UNMATCHED_CHANGES);
  return rows.map(([subject = '', problem = '']) => `${subject}: ${problem}`);
}

/**
 * Returns a line for each batch that was deleted, is not completed, has wrong counts, or does not have exactly one on_complete job. Call this at the
 * end of the run.
 */
export async function wrongBatches(cloud: Cloud, expected: ReadonlySet<string>): Promise<string[]> {
  const rows = await sql(
    cloud,
    `SELECT b.tenant || '/' || b.batch_id, CASE
       WHEN b.end_time IS NULL THEN 'is not completed'
       WHEN (b.jobs, b.succeeded, b.failed, b.canceled) <> (own.jobs, own.succeeded, own.failed, own.canceled)
       THEN format('counts %s jobs, but has %s', (b.jobs, b.succeeded, b.failed, b.canceled), own)
       WHEN followers.jobs <> 1 THEN format('has %s on_complete jobs', followers.jobs) ELSE '' END
     FROM batches b
     CROSS JOIN LATERAL (
       SELECT count(*) AS jobs, count(*) FILTER (WHERE status = 'success') AS succeeded,
         count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'canceled') AS canceled
       FROM jobs j WHERE j.tenant = b.tenant AND j.batch_id = b.batch_id) AS own
     CROSS JOIN LATERAL (
       SELECT count(*) AS jobs FROM jobs j WHERE j.tenant = b.tenant AND j.submitted_by = 'batch:' || b.batch_id) AS followers`,
  );
  const found = new Set(rows.map(([batchId = '']) => batchId));
  return [
    ...rows.flatMap(([batchId = '', what]) => (what ? [`The batch ${batchId} ${what}.`] : [])),
    ...[...expected]
      .filter((batchId) => !found.has(batchId))
      .map((batchId) => `The batch ${batchId} was deleted.`),
  ];
}

/** Returns a line for each job type and state whose count in `job_counts` differs from the number of rows. `GET /v1/stats` returns these counts. */
export async function wrongCounts(cloud: Cloud): Promise<string[]> {
  const rows = await sql(
    cloud,
    `SELECT type || ' ' || status || ': counted ' || COALESCE(counted, 0) || ', rows ' || COALESCE(present, 0)
     FROM (SELECT type, status, sum(jobs) AS counted FROM job_counts GROUP BY type, status) c
     FULL JOIN (SELECT type, status, count(*) AS present FROM jobs GROUP BY type, status) j USING (type, status)
     WHERE COALESCE(counted, 0) <> COALESCE(present, 0)`,
  );
  return rows.map(([line = '']) => line);
}
