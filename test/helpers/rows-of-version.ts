/** The tenant that owns the rows, and the duration and due time of its jobs. */
export interface Owner {
  readonly tenant: string;
  /** How many seconds each job sleeps when it runs. */
  readonly sleepSeconds: number;
  /** The time until unfinished jobs become due, as a PostgreSQL interval. @default 0 s */
  readonly dueIn?: string;
}

/** The schema version that introduced each kind of row. The rows are inserted in this order. */
const SINCE = {
  jobs: 1,
  attempts: 1,
  progress: 2,
  schedules: 3,
  firings: 3,
  messages: 4,
  webhookKeys: 9,
  failures: 15,
  throttled: 16,
  logs: 17,
  audit: 20,
  tags: 22,
  suspensions: 30,
  children: 30,
  steps: 30,
  signals: 30,
} as const;

/** The schema versions that introduced at least one kind of row. */
export const VERSIONS_WITH_NEW_ROWS: readonly number[] = [...new Set(Object.values(SINCE))];

/**
 * Returns SQL that inserts a job in each state, and a row of every other kind that the version's schema supports. One database can hold the rows of
 * several versions.
 *
 * @param version the number of migrations that were applied
 */
export function rowsOfVersion(version: number, owner: Owner): string[] {
  const { tenant, sleepSeconds, dueIn = '0 s' } = owner;
  const due = `now() + interval '${dueIn}'`;
  const jobs = `
    INSERT INTO jobs (job_id, submission_id, tenant, object_id, type, payload, status, attempt, max_attempts, timeout_seconds,
                      run_at, start_time, end_time, message, result, worker, lease_expires_at, wake_at)
    SELECT id, id, '${tenant}', 'object ${version}', 'sleep', '{"seconds": ${sleepSeconds}}', status, 1, 2, 46, ${due}, now(),
           CASE WHEN ended THEN now() END, 'why', CASE WHEN ended THEN '{"b":  1e300}'::json END, 'w',
           CASE WHEN status = 'running' THEN ${due} END, CASE WHEN NOT ended THEN ${due} END
    FROM (SELECT gen_random_uuid() AS id, status, status IN ('success', 'failed', 'canceled') AS ended
          FROM unnest(ARRAY['created', 'running', 'success', 'failed', 'canceled']) AS status) AS rows`;
  const attempts = `
    INSERT INTO job_attempts (job_id, attempt, worker, start_time) SELECT job_id, 1, 'w', now() FROM jobs
    ON CONFLICT DO NOTHING`;
  const progress = `
    UPDATE jobs SET progress = 0.5, progress_note = 'half',
      callback = json_build_object('job_id', gen_random_uuid(), 'url', 'http://127.0.0.1:9/', 'max_attempts', 1, 'timeout_seconds', 1)
    WHERE end_time IS NULL`;
  const schedules = `
    INSERT INTO schedules (tenant, name, rate, type, payload, max_attempts, timeout_seconds, last_job_id)
    SELECT '${tenant}', 'nightly-${version}', '1 day', 'sleep', '{"seconds": ${sleepSeconds}}', 2, 46, job_id FROM jobs LIMIT 1`;
  const firings = `
    INSERT INTO schedule_firings (tenant, name, fire_time) VALUES ('${tenant}', 'nightly-${version}', now())`;
  const messages = `
    INSERT INTO messages (message_id, tenant, recipient, content, status, due_at, end_time)
    VALUES (gen_random_uuid(), '${tenant}', 'x', 'y', 'pending', ${due}, NULL),
           (gen_random_uuid(), '${tenant}', 'x', 'y', 'sent', NULL, now())`;
  const webhookKeys = `
    INSERT INTO webhook_keys VALUES ('${tenant}', 2, now(), now()) ON CONFLICT DO NOTHING`;
  const failures = `
    UPDATE job_attempts SET end_time = now(), outcome = 'failed', message = 'why', failure = '{"stack": "Error: why"}'
    WHERE end_time IS NULL AND job_id IN (SELECT job_id FROM jobs WHERE status = 'failed')`;
  const throttled = `
    INSERT INTO job_attempts (job_id, attempt, worker, start_time, end_time, outcome)
    SELECT job_id, 0, 'w', now(), now(), 'throttled' FROM jobs WHERE status = 'created'
    ON CONFLICT DO NOTHING`;
  const audit = `
    INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
    SELECT '${tenant}', gen_random_uuid(), 'key:0123456789abcdef', 'schedule.put', 'nightly-${version}'`;
  const logs = `
    INSERT INTO job_log_parts (job_id, attempt, part, lines)
    SELECT job_id, 1, 0, '[{"time": "2026-11-28T12:00:00.000Z", "level": "info", "message": "Halfway.", "fields": {}}]' FROM jobs
    ON CONFLICT DO NOTHING`;
  const tags = `
    UPDATE jobs SET tags = '{nightly}', metadata = '{"region": "eu"}' WHERE tenant = '${tenant}' AND status IN ('failed', 'created')`;
  const suspensions = `
    UPDATE jobs SET continues = true, waits_for = 'signal', expires_at = now() + interval '1 day' WHERE tenant = '${tenant}' AND status = 'created'`;
  const children = `
    UPDATE jobs SET parent_job_id = gen_random_uuid(), parent_step = 'child', child_place = 0, ends_with_parent = true
    WHERE tenant = '${tenant}' AND status = 'success'`;
  const steps = `
    INSERT INTO job_steps (job_id, step, kind, status, result) SELECT job_id, 'charge', 'run', 'success', '1' FROM jobs
    ON CONFLICT DO NOTHING`;
  const signals = `
    INSERT INTO job_signals (job_id, name, key, payload) SELECT job_id, 'approve', '1', '{}' FROM jobs ON CONFLICT DO NOTHING`;
  const statements: Readonly<Record<keyof typeof SINCE, string>> = {
    jobs,
    attempts,
    progress,
    schedules,
    firings,
    messages,
    webhookKeys,
    failures,
    throttled,
    logs,
    audit,
    tags,
    suspensions,
    children,
    steps,
    signals,
  };
  return Object.entries(SINCE)
    .filter(([, first]) => first <= version)
    .map(([kind]) => statements[kind as keyof typeof SINCE]);
}
