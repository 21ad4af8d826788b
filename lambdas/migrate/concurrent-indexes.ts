import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceLog } from '../job/log.ts';
import type { IndexChange } from './index-changes.ts';
import type { Run } from './transaction.ts';

/** The time limit for a migration run that waits for an index. */
export interface Deadline {
  /** Time left for the work, in milliseconds. */
  readonly remainingMs: () => number;
  /** Pauses between polls of the index's state. @default - real time */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

export interface IndexWork {
  /** Runs a statement outside any transaction. The statement continues even if its call times out. */
  readonly run: Run;
  /** Keeps the advisory lock that excludes other deployers. Rejects if the lock was lost. */
  readonly keepLock: () => Promise<unknown>;
  readonly deadline: Deadline;
  readonly log: ServiceLog;
}

/** The polling interval, in milliseconds, while an index is being built. */
const POLL_MS = 2_000;

/**
 * The maximum number of statements that one run starts per index: two builds, and a drop of the invalid index after each
 * build. A failed build is retried because the cause of the failure is unknown: a statement that fails in the background,
 * after its call has timed out, reports no reason.
 */
const MAX_STATEMENTS = 4;

/**
 * Whether another session is working on the index: building it, dropping it, or waiting for the table's lock. A session's
 * statement is visible to all sessions of the same database user.
 * https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
 */
const BUSY = `
SELECT 'pid ' || activity.pid || COALESCE(', ' || progress.phase || ', ' || progress.blocks_done || ' of ' || progress.blocks_total || ' blocks', '')
FROM pg_stat_activity activity LEFT JOIN pg_stat_progress_create_index progress USING (pid)
WHERE activity.datname = current_database() AND activity.pid <> pg_backend_pid()
  AND (progress.index_relid = to_regclass(:index)
       OR activity.state = 'active' AND activity.query ~* ('\\mINDEX\\s+CONCURRENTLY\\s+' || :index || '\\M'))`;

/**
 * Whether the index exists and is valid. An interrupted build or drop leaves an invalid index, which queries ignore but
 * writes still maintain.
 */
const STATE = `
SELECT CASE WHEN indisvalid THEN 'valid' ELSE 'invalid' END FROM pg_index WHERE indexrelid = to_regclass(:index)`;

/**
 * Builds or drops an index without blocking writes to its table. After a crash or a timeout, the next run continues where the
 * earlier run stopped, because the database's catalog shows the state.
 *
 * The caller must hold the deployers' advisory lock, so that only one run at a time starts a build.
 *
 * @throws Error after the deadline; the build then continues in the database
 */
export async function changeIndex(change: IndexChange, work: IndexWork): Promise<void> {
  const { index, kind, sql } = change;
  for (let statements = 0; ; statements += 1) {
    await untilIdle(index, work);
    // Read the state in a separate statement, so that the statement's snapshot includes the other session's committed changes.
    const [state] = await work.run(STATE, { index });
    if (state === (kind === 'build' ? 'valid' : undefined)) return;
    if (statements === MAX_STATEMENTS) throw failedInBackground(change);
    if (kind === 'build' && state === 'invalid') {
      work.log.warn(
        'invalid_index_found',
        'An interrupted build left the index invalid; it will be dropped and rebuilt.',
        { index },
      );
      await begin(`DROP INDEX CONCURRENTLY ${index}`, work);
    } else {
      if (kind === 'build') work.log.info('index_build_started', 'Building an index.', { index });
      else work.log.info('index_drop_started', 'Dropping an index.', { index });
      await begin(sql, work).catch(async (error: unknown) => {
        if (kind === 'build' && isRefusal(error)) await dropInvalid(index, work);
        throw error;
      });
    }
  }
}

/** Starts a statement. A statement that takes longer than the call's limit of 45 s continues in the background. */
async function begin(sql: string, { run }: IndexWork): Promise<void> {
  try {
    await run(sql);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StatementTimeoutException') throw error;
  }
}

async function untilIdle(index: string, { run, keepLock, deadline, log }: IndexWork): Promise<void> {
  for (;;) {
    const [session] = await run(BUSY, { index });
    if (session === undefined) return;
    if (deadline.remainingMs() < POLL_MS) {
      throw new Error(
        `The index ${index} is not finished yet (${session}). The database continues to work on it: deploy again in a while.`,
      );
    }
    log.info('index_awaited', 'Waiting for an index.', { index, session });
    await (deadline.pause ?? wait)(POLL_MS);
    await keepLock();
  }
}

/**
 * Drops the invalid index left behind by a rejected build. An invalid index would slow down every write until the next
 * deployment, and an invalid unique index would reject rows.
 */
async function dropInvalid(index: string, { run, log }: IndexWork): Promise<void> {
  try {
    const [state] = await run(STATE, { index });
    if (state === 'invalid') await run(`DROP INDEX CONCURRENTLY ${index}`);
  } catch (error) {
    log.warn('invalid_index_left', 'An invalid index was left behind; the next deploy will drop it.', {
      index,
      error,
    });
  }
}

/** Whether PostgreSQL rejected the statement, for example because there are duplicate rows for a unique index. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'DatabaseErrorException';
}

function failedInBackground({ index, kind }: IndexChange): Error {
  return new Error(
    `The index ${index} could not be ${kind === 'build' ? 'built' : 'dropped'}: ` +
      'every attempt failed in the database after its Data API call had timed out. ' +
      "See the cluster's PostgreSQL log for the reason, fix it, and deploy again.",
  );
}
