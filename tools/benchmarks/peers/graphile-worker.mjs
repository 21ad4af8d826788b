import { run as runWorker, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { CONCURRENCY, CONNECTIONS, newId, run, say, serve, WINDOW_SECONDS } from './server.mjs';

// graphile-worker deletes successful jobs, and its job keys have no dedup window. Therefore, two extra tables contain the job's row and the
// window. The statement that adds the job to the queue also writes these tables. graphile-worker's local queue and batched completions are
// enabled.

/**
 * The number of jobs that run concurrently. Each job ends with a separate statement, so more concurrent jobs would only wait for a connection.
 */
const CONCURRENT_JOBS = Math.min(CONCURRENCY, CONNECTIONS * 2);

const pool = new pg.Pool({ max: CONNECTIONS });

if (process.argv[2] === 'worker') {
  await runWorker({
    preset: {
      worker: {
        concurrentJobs: CONCURRENT_JOBS,
        maxPoolSize: CONNECTIONS,
        pollInterval: 500,
        localQueue: { size: CONCURRENT_JOBS + 1 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    pgPool: pool,
    noHandleSignals: true,
    taskList: { job: work },
  });
  say('works');
} else {
  await runMigrations({ pgPool: pool });
  await pool.query(`
    CREATE TABLE jobs (
      job_id uuid PRIMARY KEY, object_id text NOT NULL, payload json NOT NULL, status text NOT NULL DEFAULT 'created',
      result json, create_time timestamptz NOT NULL DEFAULT now(), end_time timestamptz);
    CREATE TABLE windows (object_id text PRIMARY KEY, job_id uuid NOT NULL, ends_at timestamptz NOT NULL)`);
  await serve({ accept, status, succeeded });
}

async function work({ job_id: jobId, payload }) {
  const result = await run(payload);
  await pool.query({
    name: 'end',
    text: `UPDATE jobs SET status = 'success', result = $2, end_time = now() WHERE job_id = $1`,
    values: [jobId, JSON.stringify(result)],
  });
}

async function accept(submissions) {
  const wanted = submissions.map(({ object_id, payload, delay_seconds = 0 }) => ({
    job_id: newId(),
    object_id: String(object_id),
    payload,
    delay_seconds,
  }));
  const { rows } = await pool.query({
    name: 'accept',
    text: `
      WITH wanted AS (
        SELECT * FROM json_to_recordset($1) AS t (job_id uuid, object_id text, payload json, delay_seconds float)
      ), opened AS (
        INSERT INTO windows AS held (object_id, job_id, ends_at)
        SELECT object_id, job_id, now() + interval '${WINDOW_SECONDS} s' FROM wanted
        ON CONFLICT (object_id) DO UPDATE SET job_id = EXCLUDED.job_id, ends_at = EXCLUDED.ends_at
        WHERE held.ends_at <= now()
        RETURNING job_id
      ), written AS (
        INSERT INTO jobs (job_id, object_id, payload)
        SELECT job_id, object_id, payload FROM wanted WHERE job_id IN (SELECT job_id FROM opened)
        RETURNING job_id
      )
      SELECT job_id FROM written, (
        SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
          SELECT ROW('job', json_build_object('job_id', job_id, 'payload', payload), NULL,
                     now() + delay_seconds * interval '1 s', NULL, NULL, NULL, NULL)::graphile_worker.job_spec
          FROM wanted WHERE job_id IN (SELECT job_id FROM opened)))
      ) AS queued`,
    values: [JSON.stringify(wanted)],
  });
  const written = new Set(rows.map(({ job_id }) => job_id));
  return Promise.all(
    wanted.map(async ({ job_id, object_id }) => {
      if (written.has(job_id)) return { job_id, deduplicated: false };
      const { rows } = await pool.query('SELECT job_id FROM windows WHERE object_id = $1', [object_id]);
      return { job_id: rows[0].job_id, deduplicated: true };
    }),
  );
}

async function status(jobId) {
  const { rows } = await pool.query({
    name: 'status',
    text: 'SELECT status FROM jobs WHERE job_id = $1',
    values: [jobId],
  });
  return rows[0]?.status;
}

async function succeeded() {
  const { rows } = await pool.query(`SELECT count(*)::int AS jobs FROM jobs WHERE status = 'success'`);
  return rows[0].jobs;
}
