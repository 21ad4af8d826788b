import type { MutantGroup } from '../mutant.ts';

// Mutants that each remove the tenant condition from a read. `:tenant IS NOT NULL` replaces the condition, because the Data API refuses unused
// parameters.

const OTHERS = 'test/store/other-tenants.test.ts';
const CHANGE = 'test/store/change.test.ts';
const QUEUES = 'test/store/queues.test.ts';

export const READ_JOBS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/read-jobs.ts',
  tests: [OTHERS, CHANGE],
  mutants: [
    {
      name: 'a client reads another tenant’s job',
      text: 'SELECT ${JOB_DOCUMENT}::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`',
      instead:
        'SELECT ${JOB_DOCUMENT}::text FROM jobs j WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL`',
    },
    {
      name: 'a client reads the type of another tenant’s job',
      text: 'SELECT to_json(j.type)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`',
      instead:
        'SELECT to_json(j.type)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL`',
    },
    {
      name: 'a client reads the status of another tenant’s job',
      text: 'SELECT to_json(j.status)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`',
      instead:
        'SELECT to_json(j.status)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL`',
    },
    {
      name: 'a client reads the attempts at another tenant’s job',
      text: 'WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant\nORDER BY a.attempt DESC',
      instead: 'WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL\nORDER BY a.attempt DESC',
    },
    {
      name: 'a client reads the log of another tenant’s job',
      text: 'WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant\nORDER BY p.attempt, p.part',
      instead: 'WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL\nORDER BY p.attempt, p.part',
      tests: ['test/store/job-logs.test.ts'],
    },
    {
      name: 'the log of one attempt has lines of all attempts',
      text: 'AND (:only_attempt::integer = 0 OR attempt = :only_attempt::integer)',
      instead: 'AND :only_attempt::integer >= 0',
      tests: ['test/store/job-logs.test.ts'],
    },
  ],
};

export const READ_STEPS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/list-steps.ts',
  tests: [OTHERS, 'test/store/list-steps.test.ts'],
  mutants: [
    {
      name: 'a client reads the steps of another tenant’s job',
      text: 'WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant\n',
      instead: 'WHERE j.job_id = :job_id::uuid AND :tenant IS NOT NULL\n',
    },
  ],
};

export const READ_AUDIT: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/list-audit.ts',
  tests: ['test/store/audit.test.ts'],
  mutants: [
    {
      name: 'the audit shows other tenants’ submissions',
      text: 'AND tenant = :tenant AND job_id < :before::uuid',
      instead: 'AND job_id < :before::uuid',
    },
    {
      name: 'the audit shows other tenants’ messages',
      text: 'AND tenant = :tenant AND message_id < :before::uuid',
      instead: 'AND message_id < :before::uuid',
    },
    {
      name: 'the audit shows other tenants’ changes',
      text: 'AND tenant = :tenant AND entry_id < :before::uuid',
      instead: 'AND entry_id < :before::uuid',
    },
    {
      name: 'the audit of a job shows the changes of a schedule with the job’s id as its name',
      text: "(subject = :job_id AND action LIKE 'job.%')",
      instead: '(subject = :job_id)',
    },
  ],
};

export const READ_COUNTS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/count-jobs.ts',
  tests: [OTHERS, 'test/store/counts.test.ts'],
  mutants: [
    {
      name: 'the statistics count the jobs of all tenants',
      text: '      WHERE tenant = :tenant\n',
      instead: '      WHERE :tenant IS NOT NULL\n',
    },
    {
      name: 'the statistics show another tenant’s oldest job',
      text: "WHERE tenant = :tenant AND status = 'created' AND run_at <= now()",
      instead: "WHERE :tenant IS NOT NULL AND status = 'created' AND run_at <= now()",
    },
    {
      name: 'the statistics show a job that is not due as waiting',
      text: " AND status = 'created' AND run_at <= now()",
      instead: " AND status = 'created'",
    },
  ],
};

export const READ_QUEUES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/queue-report.ts',
  tests: [OTHERS, 'test/store/pauses.test.ts'],
  mutants: [
    {
      name: 'the report on the queues counts the jobs of all tenants',
      text: "WHERE tenant = :tenant AND status IN ('created', 'running')",
      instead: "WHERE :tenant IS NOT NULL AND status IN ('created', 'running')",
    },
    {
      name: 'the report on the queues has the pauses of all tenants',
      text: '    FROM pauses\n    WHERE tenant = :tenant))',
      instead: '    FROM pauses\n    WHERE :tenant IS NOT NULL))',
    },
    {
      name: 'the report on the queues names another tenant’s oldest job',
      text: 'WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.priority = level',
      instead: 'WHERE j.queue = counted.queue AND j.priority = level',
    },
    {
      name: 'the report on the queues names another tenant’s held job',
      text: 'WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.held_by = reason',
      instead: 'WHERE j.queue = counted.queue AND j.held_by = reason',
    },
    {
      name: 'the report on the queues counts the held jobs of all tenants',
      text: "WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.held_by = '${reason}'",
      instead: "WHERE j.queue = counted.queue AND j.held_by = '${reason}'",
    },
  ],
};

export const READ_BATCHES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/batches.ts',
  tests: [OTHERS, 'test/store/batches.test.ts'],
  mutants: [
    {
      name: 'a client reads another tenant’s batch',
      text: 'SELECT ${BATCH_DOCUMENT}::text FROM batches b WHERE b.tenant = :tenant AND',
      instead: 'SELECT ${BATCH_DOCUMENT}::text FROM batches b WHERE :tenant IS NOT NULL AND',
    },
    {
      name: 'a client waits for another tenant’s batch',
      text: 'SELECT to_json(b.end_time IS NOT NULL)::text FROM batches b WHERE b.tenant = :tenant AND',
      instead: 'SELECT to_json(b.end_time IS NOT NULL)::text FROM batches b WHERE :tenant IS NOT NULL AND',
    },
    {
      name: 'the first page of batches has those of all tenants',
      text: 'WHERE b.tenant = :tenant ORDER BY b.create_time DESC',
      instead: 'WHERE :tenant IS NOT NULL ORDER BY b.create_time DESC',
    },
    {
      name: 'a further page of batches has those of all tenants',
      text: '\nWHERE b.tenant = :tenant\n  AND (b.create_time',
      instead: '\nWHERE :tenant IS NOT NULL\n  AND (b.create_time',
    },
    {
      name: 'a batch counts the running jobs of another tenant’s batch',
      text: 'WHERE r.tenant = b.tenant AND r.batch_id = b.batch_id',
      instead: 'WHERE r.batch_id = b.batch_id',
    },
    {
      name: 'a closed batch takes another on_complete job',
      text: 'CASE WHEN b.close_time IS NULL THEN COALESCE(EXCLUDED.on_complete, b.on_complete) ELSE b.on_complete END',
      instead: 'COALESCE(EXCLUDED.on_complete, b.on_complete)',
    },
    {
      name: 'a batch that is closed again moves its end',
      text: 'close_time = COALESCE(b.close_time, EXCLUDED.close_time)',
      instead: 'close_time = COALESCE(EXCLUDED.close_time, b.close_time)',
    },
  ],
};

export const READ_MESSAGES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/messages.ts',
  tests: ['test/store/messages.test.ts', OTHERS],
  mutants: [
    {
      name: 'a client reads another tenant’s message',
      text: 'WHERE m.message_id = :message_id::uuid AND m.tenant = :tenant`',
      instead: 'WHERE m.message_id = :message_id::uuid AND :tenant IS NOT NULL`',
    },
    {
      name: 'the list of messages has those of all tenants',
      text: "const conditions = ['m.tenant = :tenant',",
      instead: "const conditions = [':tenant IS NOT NULL',",
    },
    {
      name: 'a repeated message fails instead of being returned',
      text: 'ON CONFLICT (message_id) DO UPDATE SET message_id = excluded.message_id',
      instead: 'ON CONFLICT (message_id) DO NOTHING',
    },
    {
      name: 'a repeated take gets further messages',
      text: ' AND NOT EXISTS (SELECT FROM held)',
      instead: '',
    },
    {
      name: 'a message without attempts is sent again',
      text: "status = 'sending' AND attempt >= :max_attempts AS is_lost",
      instead: "status = 'sending' AND attempt > :max_attempts AS is_lost",
    },
    {
      name: 'two takes get the same messages',
      text: '  LIMIT :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  LIMIT :limit',
    },
    {
      name: 'a take waits for a message that another one has locked',
      text: '  LIMIT :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  LIMIT :limit\n  FOR UPDATE',
    },
    {
      name: 'a message that is not due is taken',
      text: 'AND due_at <= now() AND NOT',
      instead: 'AND due_at IS NOT NULL AND NOT',
    },
    {
      name: 'an outcome of a lost take is recorded',
      text: "AND taken_by = :taker::uuid AND attempt = :attempt AND status = 'sending'\n",
      instead: "AND attempt = :attempt AND status = 'sending'\n",
    },
    {
      name: 'a late outcome of an earlier attempt is recorded',
      text: "AND taken_by = :taker::uuid AND attempt = :attempt AND status = 'sending'\n",
      instead: "AND taken_by = :taker::uuid AND status = 'sending'\n",
    },
    {
      name: 'the outcome of a message changes after it was recorded',
      text: "AND taken_by = :taker::uuid AND attempt = :attempt AND status = 'sending'\n",
      instead: 'AND taken_by = :taker::uuid AND attempt = :attempt\n',
    },
    {
      name: 'a worker gives back messages that another one holds',
      text: "WHERE m.taken_by = :taker::uuid AND m.status = 'sending'\n",
      instead: "WHERE :taker IS NOT NULL AND m.status = 'sending'\n",
    },
    {
      name: 'a message that was given back has used up an attempt',
      text: 'attempt = locked.attempt - 1, taken_by = NULL',
      instead: 'attempt = locked.attempt, taken_by = NULL',
    },
  ],
};

export const COMPLETED_BATCHES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/on-complete-jobs.ts',
  tests: ['test/store/batches.test.ts', QUEUES],
  mutants: [
    {
      name: 'the on_complete job of a batch is woken again while it runs',
      text: "AND j.status = 'created' AND j.attempt = 0`",
      instead: '`',
    },
    {
      name: 'the on_complete job of another tenant’s batch is woken',
      text: 'ON b.tenant = wanted.tenant AND b.batch_id',
      instead: 'ON b.batch_id',
    },
  ],
};
