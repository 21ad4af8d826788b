import type { JobDatabase } from '../../helpers/aurora.ts';
import type { StepWorld } from './world.ts';

/** Selects unfinished jobs that nothing will continue: no message is left, and they don't wait for a signal or for children. */
const FORGOTTEN = `
SELECT job_id, format('is %s without a message', status) AS fault FROM jobs
WHERE end_time IS NULL AND NOT (status = 'created' AND continues AND waits_for IN ('signal', 'children') AND run_at > now())`;

/** Selects inconsistent jobs, steps and signals. Once all statements have ended and no message is left, the query must return no rows. */
const WRONG_WAITS = `
SELECT s.job_id, format('is suspended although its wait for %s is over', s.step) AS fault
FROM job_steps s JOIN jobs j USING (job_id)
WHERE j.status = 'created' AND j.continues AND s.awaited
  AND (
    s.status <> 'waiting' OR s.due_at <= now()
    OR (s.kind = 'signal' AND EXISTS (
      SELECT FROM job_signals g WHERE g.job_id = s.job_id AND g.name = s.detail ->> 'signal' AND g.taken_by IS NULL))
    OR (s.kind = 'map' AND NOT EXISTS (
      SELECT FROM jobs c WHERE c.parent_job_id = s.job_id AND c.parent_step = s.step AND c.end_time IS NULL))
    OR (s.kind = 'result' AND NOT EXISTS (
      SELECT FROM jobs c WHERE c.job_id = CAST(s.detail ->> 'childJobId' AS uuid) AND c.end_time IS NULL)))
UNION ALL
SELECT job_id, 'awaits no step' FROM jobs j
WHERE status = 'created' AND continues AND NOT EXISTS (SELECT FROM job_steps s WHERE s.job_id = j.job_id AND s.awaited)
UNION ALL
SELECT job_id, format('is %s, and continues or waits', status) FROM jobs
WHERE (status <> 'created' AND (continues OR waits_for IS NOT NULL)) OR (waits_for IS NOT NULL AND NOT continues)
UNION ALL
SELECT j.job_id, format('is %s with an open attempt', j.status) FROM jobs j JOIN job_attempts a USING (job_id)
WHERE a.outcome IS NULL AND j.status <> 'running' AND NOT (j.status = 'created' AND j.continues)
UNION ALL
SELECT j.job_id, format('counts %s attempts, and has %s', j.attempt, count(a.attempt)) FROM jobs j LEFT JOIN job_attempts a USING (job_id)
GROUP BY j.job_id HAVING j.attempt <> count(a.attempt)
UNION ALL
SELECT c.job_id, 'goes on although its parent is canceled' FROM jobs c JOIN jobs p ON p.job_id = c.parent_job_id
WHERE p.status = 'canceled' AND c.ends_with_parent AND c.end_time IS NULL AND c.cancel_requested_at IS NULL
UNION ALL
SELECT g.job_id, format('the step %s took %s signals', g.taken_by, count(*)) FROM job_signals g
WHERE g.taken_by IS NOT NULL GROUP BY g.job_id, g.taken_by HAVING count(*) > 1
UNION ALL
SELECT s.job_id, format('the step %s has no signal, or another payload', s.step) FROM job_steps s
WHERE s.kind = 'signal' AND s.status = 'success' AND NOT s.timed_out AND NOT EXISTS (
  SELECT FROM job_signals g WHERE g.job_id = s.job_id AND g.taken_by = s.step AND CAST(g.payload AS text) = CAST(s.result AS text))
UNION ALL
SELECT s.job_id, format('the step %s succeeded before its children had ended', s.step) FROM job_steps s
WHERE s.kind = 'map' AND s.status = 'success' AND EXISTS (
  SELECT FROM jobs c WHERE c.parent_job_id = s.job_id AND c.parent_step = s.step
    AND (c.end_time IS NULL OR (c.end_time > s.end_time AND c.resubmission_id IS NULL)))`;

const WRONG_COUNTS = `
SELECT status, waits, counted, present
FROM (SELECT status, waits, sum(jobs) AS counted FROM job_counts GROUP BY status, waits HAVING sum(jobs) <> 0) AS c
FULL JOIN (
  SELECT status, COALESCE(status = 'created' AND waits_for IN ('signal', 'children'), false) AS waits, count(*) AS present
  FROM jobs GROUP BY 1, 2) AS j USING (status, waits)
WHERE counted IS DISTINCT FROM present`;

export async function wrongWaits(db: JobDatabase): Promise<object[]> {
  // The statements are prepared, because planning them takes longer than running them.
  return [
    ...(await db.sql(WRONG_WAITS, [], 'wrong-waits')),
    ...(await db.sql(WRONG_COUNTS, [], 'wrong-counts')),
  ];
}

export async function forgottenJobs(db: JobDatabase): Promise<object[]> {
  return db.sql(FORGOTTEN);
}

/** Returns acknowledged signals that are not stored, and steps with a stored result that differs from the acknowledged one. */
export async function lostWrites({ db, accepted, acknowledged }: StepWorld): Promise<string[]> {
  const signals = await db.sql<{ signal: string }>(
    `SELECT job_id || ' ' || name || ' ' || key AS signal FROM job_signals`,
  );
  const steps = await db.sql<{ job_id: string; step: string; result: unknown }>(
    `SELECT job_id, step, result FROM job_steps WHERE kind = 'run'`,
  );
  const stored = new Set(signals.map(({ signal }) => signal));
  const results = new Map(steps.map(({ job_id: jobId, step, result }) => [`${jobId} ${step}`, result]));
  const known = [...acknowledged].flatMap(([jobId, ofJob]) =>
    [...ofJob].flatMap(([step, result]) =>
      typeof result === 'string' && results.get(`${jobId} ${step}`) !== result ? [`${jobId} ${step}`] : [],
    ),
  );
  return [...[...accepted].filter((signal) => !stored.has(signal)), ...known];
}

export async function deadlocks(db: JobDatabase): Promise<number> {
  const [row] = await db.sql<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.deadlocks ?? 0;
}
