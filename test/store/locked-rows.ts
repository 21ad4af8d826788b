import { setTimeout as wait } from 'node:timers/promises';
import type { JobDatabase } from '../helpers/aurora.ts';

const POLL_MS = 2;
const PATIENCE_MS = 5_000;

/**
 * Makes statements compete for rows. While the rows are locked, the statements start one after the other. Each statement takes its snapshot before
 * the next one starts. Then the lock is released, and the statements get the rows in the given order. This makes the result deterministic.
 */
export async function meetAtRows<Answers extends readonly unknown[]>(
  db: JobDatabase,
  jobIds: readonly string[],
  statements: { readonly [At in keyof Answers]: () => Promise<Answers[At]> },
): Promise<Answers> {
  const holder = await db.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM jobs WHERE job_id = ANY ($1) ORDER BY job_id FOR UPDATE', [jobIds]);
    const answers: Promise<unknown>[] = [];
    for (const start of statements) {
      answers.push(start());
      await untilWaiting(db, answers.length);
    }
    await holder.query('COMMIT');
    return (await Promise.all(answers)) as unknown as Answers;
  } finally {
    holder.release();
  }
}

/** Waits until the given number of statements are waiting for a lock. */
export async function untilWaiting(db: JobDatabase, count: number): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const waiting = await db.sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (waiting.length >= count) return;
    if (performance.now() > giveUpAt) {
      throw new Error(`${waiting.length} statements wait for a lock, not ${count}.`);
    }
    await wait(POLL_MS);
  }
}
