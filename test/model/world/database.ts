import type { ExecuteStatementCommandInput, RDSDataClient } from '@aws-sdk/client-rds-data';
import type pg from 'pg';
import { createDataApi, type DataApi } from '../../../lambdas/adapters/aurora/data-api.ts';
import { PUT_BATCH } from '../../../lambdas/adapters/aurora/sql/batches.ts';
import { FIND_ON_COMPLETE_JOBS } from '../../../lambdas/adapters/aurora/sql/on-complete-jobs.ts';
import { CANCEL_JOB, RESUBMIT_JOB } from '../../../lambdas/adapters/aurora/sql/change-jobs.ts';
import { CLAIM_JOBS } from '../../../lambdas/adapters/aurora/sql/claim-jobs.ts';
import {
  FIND_JOBS,
  INSERT_JOBS,
  INSERT_JOBS_THAT_FIT,
} from '../../../lambdas/adapters/aurora/sql/insert-jobs.ts';
import { BEGIN_BULK, changeJobs } from '../../../lambdas/adapters/aurora/sql/bulk.ts';
import { filterOf } from '../../../lambdas/job/bulk/bulk-change.ts';
import { REPLACE_JOBS } from '../../../lambdas/adapters/aurora/sql/replace-jobs.ts';
import {
  FAIL_WITHOUT_QUEUE,
  SETTLE_DEAD_LETTERS,
  TAKE_OVERDUE,
  TAKE_OVERDUE_OF_EACH_TENANT,
  WAKE_FORGOTTEN,
} from '../../../lambdas/adapters/aurora/sql/mend-jobs.ts';
import { CLEAR_LIMIT, SET_LIMIT } from '../../../lambdas/adapters/aurora/sql/concurrency-keys.ts';
import { FIRE_SCHEDULE } from '../../../lambdas/adapters/aurora/sql/fire-schedule.ts';
import {
  PAUSE,
  QUEUES_WITH_WAITING_JOBS,
  UNPAUSE,
  WAKE_PARKED,
  WAKE_RESUMED,
} from '../../../lambdas/adapters/aurora/sql/pauses.ts';
import { GET_JOB } from '../../../lambdas/adapters/aurora/sql/read-jobs.ts';
import { ROLL_UP_HISTORY } from '../../../lambdas/adapters/aurora/sql/history.ts';
import {
  CANCEL_CHILDREN,
  EXAMINE_PARENTS,
  WAKE_PARENTS,
} from '../../../lambdas/adapters/aurora/sql/children.ts';
import { SEND_SIGNAL } from '../../../lambdas/adapters/aurora/sql/signals.ts';
import {
  COUNT_CHILDREN,
  READ_OUTCOMES,
  READ_STEP,
  READ_STEPS,
  RECORD_STEP,
  WAIT_FOR_STEP,
} from '../../../lambdas/adapters/aurora/sql/steps.ts';
import { BEAT, BEAT_WITH_LOGS, RECORD_RESULTS } from '../../../lambdas/adapters/aurora/sql/record-results.ts';
import { readMigrations } from '../../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../../lambdas/migrate/migrations.ts';
import { MIGRATIONS_FOLDER, startAurora } from '../../helpers/aurora.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { UNMATCHED_CHANGES, WATCH_CHANGES } from '../../helpers/watched-changes.ts';
import type { StepsOfJob } from './handlers.ts';
import { NO_HISTORY, type JobRow, type Rows } from './rows.ts';

/** The statements that bulk jobs use to cancel and retry jobs, filtered by state and creation time. */
const BULK_STATEMENTS = (['cancel', 'retry'] as const).map((action) =>
  changeJobs(action, { filter: { ...filterOf(action, {}), createdBefore: '' }, order: 'asc' }),
);

const NAMES = new Map(
  [
    BEGIN_BULK,
    ...BULK_STATEMENTS,
    CANCEL_JOB,
    RESUBMIT_JOB,
    CLAIM_JOBS,
    FIND_JOBS,
    INSERT_JOBS,
    INSERT_JOBS_THAT_FIT,
    REPLACE_JOBS,
    FAIL_WITHOUT_QUEUE,
    FIRE_SCHEDULE,
    SETTLE_DEAD_LETTERS,
    TAKE_OVERDUE,
    TAKE_OVERDUE_OF_EACH_TENANT,
    WAKE_FORGOTTEN,
    GET_JOB,
    PUT_BATCH,
    FIND_ON_COMPLETE_JOBS,
    ROLL_UP_HISTORY,
    BEAT,
    BEAT_WITH_LOGS,
    RECORD_RESULTS,
    PAUSE,
    UNPAUSE,
    QUEUES_WITH_WAITING_JOBS,
    WAKE_RESUMED,
    WAKE_PARKED,
    SET_LIMIT,
    CLEAR_LIMIT,
    RECORD_STEP,
    WAIT_FOR_STEP,
    READ_STEP,
    READ_STEPS,
    COUNT_CHILDREN,
    READ_OUTCOMES,
    SEND_SIGNAL,
    WAKE_PARENTS,
    CANCEL_CHILDREN,
    EXAMINE_PARENTS,
  ].map(({ sql, name }) => [sql, name]),
);

/**
 * SQL for a clock that the test controls. Errand's SQL calls `now()` and `clock_timestamp()` without a schema, and the `clock` schema precedes
 * Postgres's own schema in the search path. `clock.now()` uses the statement's snapshot, so its value never changes during a statement.
 * `clock.clock_timestamp()` takes a new snapshot on every call, so its value advances while a statement waits for a lock.
 */
const CLOCK = `
CREATE SCHEMA clock;
CREATE TABLE clock.moment (at timestamptz NOT NULL);
INSERT INTO clock.moment VALUES (pg_catalog.now());
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN (SELECT at FROM clock.moment); END';
CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS
  'BEGIN RETURN (SELECT at FROM clock.moment); END';
GRANT USAGE ON SCHEMA clock TO PUBLIC;
GRANT SELECT ON clock.moment TO PUBLIC;
ALTER DATABASE errand SET search_path = public, clock, pg_catalog`;

/** Records every payload that a job receives. */
const WATCH_PAYLOADS = [
  `CREATE TABLE payloads (place bigint GENERATED ALWAYS AS IDENTITY, job_id uuid NOT NULL, submission integer NOT NULL)`,
  `CREATE FUNCTION note_payload() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO payloads (job_id, submission) VALUES (NEW.job_id, CAST(NEW.payload ->> 'submission' AS integer));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER note_payload AFTER INSERT OR UPDATE OF payload ON jobs FOR EACH ROW
   WHEN (json_typeof(NEW.payload -> 'submission') = 'number') EXECUTE FUNCTION note_payload()`,
  'GRANT ALL ON payloads TO PUBLIC',
];

/** Payloads of jobs to which a trigger adds limits: a concurrency key with one slot, or a rate limit of one start per minute. */
export const FLOWS = [
  {},
  {},
  { key: 'customer' },
  { key: 'customer', priority: 0 },
  { priority: 0 },
  { rate: 'partner' },
  { key: 'customer', rate: 'partner' },
  { steps: 'signal' },
  { steps: 'signal or time', key: 'customer' },
  { steps: 'sleep', rate: 'partner' },
  { steps: 'long sleep' },
  { steps: 'children' },
  { steps: 'child and signal' },
] as const satisfies readonly { key?: string; rate?: string; priority?: number; steps?: StepsOfJob }[];

const FLOW_OF_PAYLOAD = [
  `CREATE FUNCTION flow_of_payload() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     NEW.priority := COALESCE((NEW.payload ->> 'priority')::smallint, 5);
     NEW.concurrency_key := NEW.payload ->> 'key';
     NEW.concurrency_limit := CASE WHEN NEW.concurrency_key IS NOT NULL THEN 1 END;
     NEW.rate_key := NEW.payload ->> 'rate';
     IF NEW.rate_key IS NOT NULL THEN
       NEW.rate_limit := 1;
       NEW.rate_seconds := 60;
       NEW.rate_burst := 1;
     END IF;
     RETURN NEW;
   END $$`,
  'CREATE TRIGGER flow_of_payload BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION flow_of_payload()',
];

const READ_ROWS = `
SELECT
  (SELECT COALESCE(json_agg(to_jsonb(j) || jsonb_build_object(
     'attempts', (SELECT COALESCE(jsonb_agg(to_jsonb(a) ORDER BY a.attempt), '[]') FROM job_attempts a WHERE a.job_id = j.job_id),
     'steps', (SELECT COALESCE(jsonb_agg(to_jsonb(s) - 'result_bytes' ORDER BY s.place), '[]') FROM job_steps s WHERE s.job_id = j.job_id),
     'signals', (SELECT COALESCE(jsonb_agg(to_jsonb(s) ORDER BY s.place), '[]') FROM job_signals s WHERE s.job_id = j.job_id))
     ORDER BY j.job_id), '[]') FROM jobs j) AS jobs,
  (SELECT COALESCE(json_agg(to_jsonb(b)), '[]') FROM batches b) AS batches,
  (SELECT COALESCE(json_agg(json_build_object('fire_time', iso_8601(fire_time), 'job_id', job_id)), '[]')
   FROM schedule_firings) AS firings,
  (SELECT COALESCE(json_agg(json_build_object('job_id', job_id, 'submission', submission) ORDER BY place), '[]')
   FROM payloads) AS payloads,
  (SELECT COALESCE(json_agg(format('%s: %s', subject, problem)), '[]') FROM (${UNMATCHED_CHANGES}) AS u(subject, problem)) AS unmatched,
  (SELECT COALESCE(json_object_agg(status, jobs), '{}')
   FROM (SELECT status, sum(jobs) AS jobs FROM job_counts GROUP BY status HAVING sum(jobs) <> 0) AS sums) AS counts,
  (SELECT to_jsonb(sums) FROM (
     SELECT COALESCE(sum(accepted), 0) AS accepted, COALESCE(sum(resubmitted), 0) AS resubmitted,
       COALESCE(sum(succeeded), 0) AS succeeded, COALESCE(sum(failed + canceled), 0) AS unsuccessful,
       COALESCE(sum(started), 0) AS started, COALESCE(sum(attempts_failed), 0) AS failed, COALESCE(sum(timed_out), 0) AS timeout,
       COALESCE(sum(lost), 0) AS lost, COALESCE(sum(throttled), 0) AS throttled
     FROM job_history) AS sums) AS history,
  json_build_object(
    'pauses', (SELECT COALESCE(json_agg(json_build_object('kind', kind, 'name', name)), '[]') FROM pauses),
    'limits', (SELECT COALESCE(json_agg(json_build_object('max_running', max_running)), '[]') FROM concurrency_limits)) AS flow`;

/** A statement that an actor sends to Aurora. */
export interface StatementCall {
  readonly name: string;
  readonly parameters: string;
  /** Sends the statement with the SDK's unmodified client. */
  readonly send: () => Promise<unknown>;
}

/** A database on the test's own Postgres, with Errand's real SQL and a clock that the test controls. */
export interface ModelDatabase {
  /** Returns an actor's Data API. Each statement is one call, and `ask` executes the call when a command requests it. */
  dataApi(ask: (statement: StatementCall) => Promise<unknown>): DataApi;
  setClock(ms: number): Promise<void>;
  /** Runs SQL, bypassing the Data API. */
  run(sql: string, values?: readonly unknown[]): Promise<void>;
  /** Reads all stored data, bypassing the Data API. */
  read(): Promise<Rows>;
  /**
   * Locks the rows of all jobs while `during` runs. `waiting` returns the number of statements that are waiting for a
   * lock.
   */
  whileLocked(during: (waiting: () => Promise<number>) => Promise<void>): Promise<void>;
  clear(): Promise<void>;
  end(): Promise<void>;
}

export async function startModelDatabase(): Promise<ModelDatabase> {
  const aurora = await startAurora();
  const database = await aurora.createDatabase('errand');
  const setUp = aurora.connect('errand');
  await setUp.query(CLOCK);
  await applyMigrations(readMigrations(MIGRATIONS_FOLDER), database, createRecordingLog());
  // This pool's sessions are separate from the Data API's sessions, and start with the search path already set.
  const pool = aurora.connect('errand');
  await setUp.query('SELECT 1');
  for (const statement of [...WATCH_CHANGES, ...WATCH_PAYLOADS, ...FLOW_OF_PAYLOAD])
    await setUp.query(statement);
  await setUp.query('GRANT ALL ON watched_changes TO PUBLIC');
  const { client, clusterArn, secretArn } = database;

  return {
    dataApi(ask) {
      const asked = {
        send: (command: { input: ExecuteStatementCommandInput }) =>
          ask({
            name: NAMES.get(command.input.sql ?? '') ?? 'statement',
            parameters: JSON.stringify(command.input.parameters),
            send: () => client.send(command as never),
          }),
      };
      return createDataApi({
        client: asked as unknown as RDSDataClient,
        clusterArn,
        secretArn,
        database: 'errand',
        log: createRecordingLog(),
        patienceMs: () => 0,
      });
    },
    async setClock(ms) {
      await pool.query('UPDATE clock.moment SET at = to_timestamp($1::float8 / 1000)', [ms]);
    },
    async run(sql, values = []) {
      await pool.query(sql, [...values]);
    },
    async read() {
      // The statement is prepared, because planning it takes three times as long as running it.
      const { rows } = await pool.query<{ jobs: JobRow[] } & Omit<Rows, 'jobs'>>({
        name: 'read-rows',
        text: READ_ROWS,
      });
      const [row] = rows;
      return {
        jobs: new Map(row?.jobs.map((job) => [job.job_id, job])),
        batches: row?.batches ?? [],
        counts: row?.counts ?? {},
        history: row?.history ?? NO_HISTORY,
        firings: row?.firings ?? [],
        payloads: row?.payloads ?? [],
        unmatched: row?.unmatched ?? [],
        flow: row?.flow ?? { pauses: [], limits: [] },
      };
    },
    async whileLocked(during) {
      const holder = await pool.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('SELECT FROM jobs ORDER BY job_id FOR UPDATE');
        await during(() => countWaiting(pool));
      } finally {
        await holder.query('COMMIT');
        holder.release();
      }
    },
    async clear() {
      // Batches are deleted first, because deleting a batch's last open job would submit the on_complete job.
      await pool.query('DELETE FROM batches');
      await pool.query('DELETE FROM jobs');
      await pool.query('DELETE FROM job_history');
      await pool.query('DELETE FROM schedule_firings');
      // The recorded changes are deleted last, because triggers record the removal of pauses and limits as changes.
      const tables = [
        'schedules',
        'payloads',
        'pauses',
        'concurrency_limits',
        'rate_limits',
        'audit_entries',
        'watched_changes',
      ];
      for (const table of tables) {
        await pool.query(`DELETE FROM ${table}`);
      }
      // Resets the sweeper's position in its examination of parents.
      await pool.query(`UPDATE examined_parents SET last_id = DEFAULT`);
    },
    end: () => aurora.end(),
  };
}

async function countWaiting(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rowCount ?? 0;
}
