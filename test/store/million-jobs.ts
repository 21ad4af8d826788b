import type pg from 'pg';

/** The row counts of a service that has been running for a while. */
const JOBS = 1_000_000;
const MESSAGES = 200_000;
const AUDIT_ENTRIES = 200_000;
const SCHEDULES = 5_000;
/** The number of jobs in batches, which are the newest jobs. One in twenty of them is in a small batch, and the others are in one big batch. */
const JOBS_IN_BATCHES = 200_000;

/** How many children the first running job has, and how many steps each running job has. */
export const [CHILDREN, STEPS] = [10_000, 100];
/** The number of ended jobs that are another job's only child and have one step. */
const ENDED_CHILDREN = 20_000;

/** The id of the big batch. */
export const BIG_BATCH = 'big';
const TENANTS_WITH_NEW_KEYS = 10_000;
/** The number of other tenants' pauses, of their concurrency limits, and of additional rows in `bulk_runs`. */
const MANY = 10_000;
/** The number of rate limits. About a hundred of these limits still delay jobs. */
const RATE_LIMITS = 20_000;

/** The number of job types with jobs in every minute, in two queues. A million jobs a day are 694 jobs a minute, rounded up to 700. */
const BUSY_TYPES = 12;
const JOBS_A_MINUTE = 700;

/**
 * Returns SQL for the UUIDv7 of row `n`. The ids' timestamps are 2.5 s apart, and the last row's timestamp is about now. `kind` distinguishes the
 * ids of different tables.
 */
function uuidOf(n: string, kind: string): string {
  return `CAST(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - (${JOBS} - ${n})::bigint * 2500), 12, '0')
    || '7${kind}8000' || lpad(to_hex(${n}), 12, '0') AS uuid)`;
}

/**
 * Fills an empty database with two tenants' jobs from the last month. Nine in ten jobs belong to the `default` tenant. Of 100 jobs, about 93 have
 * succeeded, 4 have failed, and 2 were canceled. The newest jobs are waiting or running, and a few of them are overdue. There are three job types:
 * one is rare, and another has no failed jobs. The jobs are for 20,000 objects, and every hundredth job is for the same object. Every second job
 * has a tag, and every third job has metadata. The newest jobs are in batches. Like bulk jobs, the running jobs have a row in `bulk_runs`. To save
 * time, the tables are filled before their indexes are created, and without triggers, which would only maintain counts.
 */
export async function fillJobs(client: pg.PoolClient, count: number): Promise<void> {
  await client.query(`SET maintenance_work_mem = '256MB'; SET session_replication_role = replica`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename IN ('jobs', 'messages') AND indexname NOT LIKE '%_pkey'`,
  );
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  await client.query(`
    INSERT INTO jobs (job_id, submission_id, tenant, object_id, type, payload, status, attempt, max_attempts,
                      timeout_seconds, create_time, run_at, start_time, end_time, message, result, worker, lease_expires_at, wake_at,
                      submitted_by, tags, metadata, batch_id)
    SELECT id, id, CASE WHEN n % 10 = 0 THEN 'other' ELSE 'default' END,
           CASE WHEN n % 100 = 1 THEN 'the busy one' WHEN n % 3 > 0 THEN 'object-' || n % 20011 END,
           type, '{"seconds": 2}', status, CASE status WHEN 'created' THEN 0 ELSE 1 END, 2, 46, at, at,
           CASE WHEN status <> 'created' THEN at END, CASE WHEN ended THEN at + interval '2 s' END,
           CASE status WHEN 'failed' THEN 'The receiver answered 500.' END,
           CASE status WHEN 'success' THEN json_build_object('slept', 2) END,
           CASE status WHEN 'running' THEN 'worker' END, CASE status WHEN 'running' THEN now() + interval '30 s' END,
           CASE status WHEN 'running' THEN now() + interval '30 s' WHEN 'created' THEN at END,
           CASE WHEN n % 10007 = 0 THEN 'key:rare' ELSE 'key:usual' END,
           CASE WHEN n % 10007 = 5 THEN '{every second,rare}'::text[] WHEN n % 2 = 1 THEN '{every second}' END,
           CASE WHEN n % 3 = 0 THEN jsonb_build_object('customer', 'customer-' || n % 997, 'region', 'eu') END,
           CASE WHEN n > ${JOBS - JOBS_IN_BATCHES} THEN CASE WHEN n % 20 = 0 THEN 'batch-' || n / 100 ELSE '${BIG_BATCH}' END END
    FROM (
      SELECT n, ${uuidOf('n', '000')} AS id, now() - (${JOBS} - n) * interval '2.5 s' AS at, type, status,
             status IN ('success', 'failed', 'canceled') AS ended
      FROM (
        SELECT n + ${JOBS} - ${count} AS n,
               CASE WHEN n % 1000 = 7 THEN 'send_messages' WHEN n % 4 = 0 THEN 'analyze' ELSE 'sleep' END AS type,
               CASE WHEN n > ${count} - 200 THEN 'created' WHEN n > ${count} - 300 THEN 'running'
                    WHEN n % 25 = 1 AND n % 4 > 0 THEN 'failed' WHEN n % 50 = 2 THEN 'canceled' ELSE 'success' END AS status
        FROM generate_series(1, ${count}) AS n
      ) AS numbers
    ) AS rows`);
  await client.query(`
    INSERT INTO job_attempts (job_id, attempt, worker, start_time, end_time, outcome, message)
    SELECT job_id, 1, 'worker', start_time, end_time, CASE WHEN end_time IS NOT NULL THEN status END, message
    FROM jobs WHERE attempt > 0`);
  await fillSteps(client);
  // Normally, triggers write these rows.
  await client.query(`
    INSERT INTO job_terms (tenant, term, job_id)
    SELECT tenant, tag_term(tag), job_id FROM jobs, unnest(tags) AS tag
    UNION ALL
    SELECT tenant, metadata_term(key, value), job_id FROM jobs, jsonb_each_text(metadata)`);
  await client.query(`
    INSERT INTO batches (tenant, batch_id, create_time, close_time, end_time, jobs, succeeded, failed, canceled, on_complete)
    SELECT tenant, batch_id, min(create_time), max(create_time), CASE WHEN every(end_time IS NOT NULL) THEN max(end_time) END,
           count(*), count(*) FILTER (WHERE status = 'success'), count(*) FILTER (WHERE status = 'failed'),
           count(*) FILTER (WHERE status = 'canceled'), json_build_object('job_id', min(job_id::text), 'type', 'sleep')
    FROM jobs WHERE batch_id IS NOT NULL GROUP BY tenant, batch_id`);
  // One job in ten has a log.
  await client.query(`
    INSERT INTO job_log_parts (job_id, attempt, part, lines)
    SELECT job_id, 1, 0, '[{"time": "2026-11-28T12:00:00.000Z", "level": "info", "message": "Halfway.", "fields": {}}]'
    FROM job_attempts WHERE get_byte(uuid_send(job_id), 15) % 10 = 0`);
  const messages = Math.min(count, MESSAGES);
  await client.query(`
    INSERT INTO messages (message_id, tenant, recipient, content, status, attempt, taken_by, due_at, end_time, create_time)
    SELECT ${uuidOf(`(n * ${JOBS / messages})::bigint`, '111')}, 'default', 'somebody', 'A word about it.', status, 1,
           CASE status WHEN 'sending' THEN '01900000-0000-7000-8000-000000000001'::uuid END,
           CASE WHEN status IN ('pending', 'sending') THEN now() + (n - ${messages}) * interval '1 s' END,
           CASE WHEN status IN ('sent', 'failed') THEN now() - (${messages} - n) * interval '12 s' END,
           now() - (${messages} - n) * interval '12 s'
    FROM (
      SELECT n, CASE WHEN n > ${messages} - 300 THEN 'pending' WHEN n > ${messages} - 310 THEN 'sending'
                     WHEN n % 50 = 1 THEN 'failed' ELSE 'sent' END AS status
      FROM generate_series(1, ${messages}) AS n
    ) AS numbers`);
  await client.query(`
    INSERT INTO audit_entries (tenant, entry_id, create_time, actor, action, subject)
    SELECT tenant, overlay(job_id::text PLACING '2' FROM 16 FOR 1)::uuid, create_time, submitted_by, 'job.cancel', job_id
    FROM jobs WHERE job_id IN (SELECT job_id FROM jobs ORDER BY job_id DESC LIMIT ${AUDIT_ENTRIES})`);
  const schedules = Math.min(count, SCHEDULES);
  await client.query(`
    INSERT INTO schedules (tenant, name, rate, type, max_attempts, timeout_seconds, revision, placed_revision, last_job_id)
    SELECT 'default', 'schedule-' || n, '2 minutes', 'sleep', 2, 46, n, CASE WHEN n % 1000 > 0 THEN n END,
           ${uuidOf('n', '000')}
    FROM generate_series(1, ${schedules}) AS n`);
  await client.query(`
    INSERT INTO rate_limits (tenant, rate_key, next_arrival)
    SELECT 'default', 'customer-' || n, now() - (n - 100) * interval '1 s' FROM generate_series(1, ${RATE_LIMITS}) AS n`);
  await client.query(`
    INSERT INTO schedule_firings (tenant, name, fire_time, decided_at)
    SELECT 'default', 'schedule-' || s, at, at
    FROM generate_series(1, 20) AS s, generate_series(1, 2880) AS n, LATERAL (SELECT now() - n * interval '1 minute' AS at) AS t`);
  await client.query(`
    INSERT INTO webhook_keys (tenant, generation, rotate_time, previous_until)
    SELECT 'tenant-' || n, 2, now(), now() FROM generate_series(1, ${TENANTS_WITH_NEW_KEYS}) AS n`);
  await fillHistory(client, Math.min(1, count / JOBS));
  await client.query(`
    INSERT INTO job_counts (tenant, type, status, slot, jobs)
    SELECT tenant, type, status, 0, count(*) FROM jobs GROUP BY tenant, type, status`);
  for (const { definition } of indexes) await client.query(definition);
  await client.query(`
    INSERT INTO bulk_runs (job_id)
    SELECT job_id FROM jobs WHERE status = 'running' AND tenant = 'default'
    UNION
    SELECT gen_random_uuid() FROM generate_series(1, ${MANY})`);
  await client.query(`
    INSERT INTO pauses (tenant, kind, name) SELECT 'tenant-' || n, 'queue', 'default' FROM generate_series(1, ${MANY}) AS n`);
  await client.query(`
    INSERT INTO concurrency_limits (tenant, concurrency_key, max_running)
    SELECT 'tenant-' || n, 'key', 2 FROM generate_series(1, ${MANY}) AS n`);
  await client.query('SET session_replication_role = origin');
  await client.query('ANALYZE');
  await client.query('VACUUM jobs, job_terms, job_attempts, job_log_parts, messages, job_history');
}

/** Turns some of the jobs into children, and records steps. */
async function fillSteps(client: pg.PoolClient): Promise<void> {
  await client.query(`
    UPDATE jobs SET parent_job_id = CASE WHEN place <= ${CHILDREN} THEN parent.job_id ELSE gen_random_uuid() END,
      parent_step = 'map', child_place = place - 1, ends_with_parent = true
    FROM (
      SELECT job_id, row_number() OVER () AS place
      FROM (SELECT job_id FROM jobs WHERE status = 'success' ORDER BY job_id LIMIT ${CHILDREN + ENDED_CHILDREN}) AS first
    ) AS child,
      (SELECT job_id FROM jobs WHERE status = 'running' AND tenant = 'default' ORDER BY job_id LIMIT 1) AS parent
    WHERE jobs.job_id = child.job_id`);
  await client.query(`
    INSERT INTO job_steps (job_id, step, kind, status, result)
    SELECT job_id, 'step-' || step, 'run', 'success', to_json(repeat('x', 100))
    FROM jobs, generate_series(1, ${STEPS}) AS step WHERE status = 'running'
    UNION ALL
    SELECT job_id, 'step-1', 'run', 'success', 'null' FROM jobs WHERE parent_job_id IS NOT NULL`);
  await client.query(`
    INSERT INTO job_signals (job_id, name, key, payload)
    SELECT job_id, 'approve', 'first', 'true' FROM jobs WHERE parent_job_id IS NOT NULL`);
}

/**
 * Fills the history as if a million jobs a day had run for 35 days. The last hours have one-minute rows, the two days before have five-minute rows,
 * and the remaining days have hourly rows. Each minute has two rows, as if two workers had used different slots. Nine in ten jobs
 * belong to the `default` tenant.
 *
 * @param part the fraction of the minutes and hours that have jobs
 */
async function fillHistory(client: pg.PoolClient, part: number): Promise<void> {
  for (const [seconds, startsMinutesAgo, steps] of [
    [60, 0, 195],
    [300, 195, 567],
    [3_600, 3_030, 33 * 24],
  ] as const) {
    await client.query(
      `INSERT INTO job_history (
         tenant, start_time, step_seconds, type, queue, slot, accepted, started, succeeded, failed, waiting, waiting_sum_ms,
         waiting_max_ms, run, run_sum_ms, run_max_ms, end_to_end, end_to_end_sum_ms, end_to_end_max_ms)
       SELECT tenant, at, $1, 'type-' || type, 'queue-' || type % 2, slot, jobs, jobs, jobs - 1, 1,
              histogram_of(15) * (jobs - 2) + histogram_of(70) + histogram_of(900), 40 * jobs, 900,
              histogram_of(150) * (jobs - 2) + histogram_of(300) + histogram_of(5000), 200 * jobs, 5000,
              histogram_of(180) * (jobs - 2) + histogram_of(400) + histogram_of(6000), 250 * jobs, 6000
       FROM (
         SELECT date_bin($1 * interval '1 s', now() - step * $1 * interval '1 s' - $2 * interval '1 minute', 'epoch') AS at
         FROM generate_series(0, ($3 * $4::float8)::integer) AS step
       ) AS steps, generate_series(1, ${BUSY_TYPES}) AS type, generate_series(0, CASE $1 WHEN 60 THEN 1 ELSE 0 END) AS slot,
         LATERAL (VALUES ('default', 0.9), ('other', 0.1)) AS tenants(tenant, share),
         LATERAL (SELECT GREATEST(2, (share * ${JOBS_A_MINUTE / BUSY_TYPES} * $1 / 60 / CASE $1 WHEN 60 THEN 2 ELSE 1 END)::integer) AS jobs) AS counts`,
      [seconds, startsMinutesAgo, steps, part],
    );
  }
}
