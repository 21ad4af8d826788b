import type { MutantGroup } from '../mutant.ts';

const CHANGE = 'test/store/change.test.ts';
const AUDIT = 'test/store/audit.test.ts';
const ENDS_OF_SUSPENDED = 'test/store/ends-of-suspended-jobs.test.ts';

/** Cancellations and retries by clients. */
export const CHANGES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/change-jobs.ts',
  tests: [CHANGE],
  mutants: [
    {
      name: 'a client cancels another tenant’s job',
      text: 'WHERE job_id = :job_id::uuid AND tenant = :tenant FOR UPDATE\n',
      instead: 'WHERE job_id = :job_id::uuid AND :tenant IS NOT NULL FOR UPDATE\n',
    },
    {
      name: 'a cancellation decides by the row as it was before it waited',
      text: 'AND tenant = :tenant FOR UPDATE\n',
      instead: 'AND tenant = :tenant\n',
    },
    {
      name: 'a cancellation applies to a job that has ended',
      text: " AND before.status IN ('created', 'running')",
      instead: '',
    },
    {
      name: 'a repeated request to stop has another audit entry',
      text: 'changed JOIN before USING (job_id) WHERE before.cancel_requested_at IS NULL',
      instead: 'changed JOIN before USING (job_id)',
      tests: [AUDIT],
    },
    {
      name: 'a cancellation has no audit entry',
      text: 'changed JOIN before USING (job_id) WHERE before.cancel_requested_at IS NULL',
      instead: 'changed JOIN before USING (job_id) WHERE false',
      tests: [AUDIT],
    },
    {
      name: 'a repeated request to stop moves the time of the first',
      text: 'cancel_requested_at = COALESCE(before.cancel_requested_at, clock_timestamp())',
      instead: 'cancel_requested_at = clock_timestamp()',
    },
    {
      name: 'a cancellation ends a running job without its worker',
      text: "status = CASE before.status WHEN 'created' THEN 'canceled' ELSE before.status END",
      instead: "status = 'canceled'",
    },
    {
      name: 'the cancellation of a job with a slot wakes no parked job',
      text: 'AND wake_at IS NOT NULL AND EXISTS (SELECT FROM changed)',
      instead: 'AND wake_at IS NOT NULL AND false',
      tests: ['test/store/flow-control.test.ts', 'test/store/concurrency-keys.test.ts'],
    },
    {
      name: 'a client retries another tenant’s job',
      text: 'WHERE job_id = :job_id::uuid AND tenant = :tenant\n  FOR UPDATE OF jobs',
      instead: 'WHERE job_id = :job_id::uuid\n  FOR UPDATE OF jobs',
    },
    {
      name: 'a retry decides by the row as it was before it waited',
      text: 'AND tenant = :tenant\n  FOR UPDATE OF jobs',
      instead: 'AND tenant = :tenant',
    },
    {
      name: 'a retry applies to a job in any state',
      text: "AND before.status IN ('failed', 'canceled')",
      instead: '',
    },
    {
      name: 'a retry that is repeated after a lost response applies twice',
      text: 'AND before.resubmission_id IS DISTINCT FROM :request_id::uuid',
      instead: '',
    },
    {
      name: 'a repeated retry is refused although the first one applied',
      text: 'SELECT before.resubmission_id IS NOT DISTINCT FROM :request_id::uuid AS applied, before.*',
      instead: 'SELECT false AS applied, before.*',
    },
    {
      name: 'a client retries a bulk job',
      text: "AND before.type <> '${BULK_JOB_TYPE}'",
      instead: '',
      tests: ['test/store/bulk.test.ts'],
    },
    {
      name: 'a retry exceeds the tenant’s limit of jobs in flight',
      text: 'AND admission.has_room AND ${HAS_QUEUE}',
      instead: 'AND ${HAS_QUEUE}',
      tests: ['test/store/insert-that-fit.test.ts'],
    },
    {
      name: 'a retry puts a job back into a queue that was removed',
      text: 'AND admission.has_room AND ${HAS_QUEUE}',
      instead: 'AND admission.has_room',
      tests: ['test/store/queues.test.ts'],
    },
    {
      name: 'a retry gives a job without attempts none',
      text: 'max_attempts = GREATEST(j.max_attempts, j.attempt + 1)',
      instead: 'max_attempts = j.max_attempts',
    },
    {
      name: 'a retried job is still to be canceled',
      text: 'result = NULL, cancel_requested_at = NULL,',
      instead: 'result = NULL, cancel_requested_at = j.cancel_requested_at,',
    },
    {
      name: 'the outcome after a retry is sent by the job that sent the first outcome',
      text: "callback = j.callback || jsonb_build_object('job_id', ${requestId}),",
      instead: 'callback = j.callback,',
      tests: ['test/store/callbacks.test.ts'],
    },
    {
      name: 'a retried job keeps the end of its maximum duration',
      text: 'expires_at = CASE WHEN j.expires_at IS NOT NULL\n                   THEN',
      instead:
        'expires_at = CASE WHEN j.expires_at IS NOT NULL\n                   THEN j.expires_at WHEN false THEN',
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retry forgets a sleep that is over',
      text: " AND NOT (s.kind = 'sleep' AND s.due_at <= clock_timestamp())",
      instead: '',
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retry keeps the steps that failed',
      text: "s.status <> 'success' AND NOT (s.kind",
      instead: "s.status = 'waiting' AND NOT (s.kind",
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retried job must call the steps after its failure again',
      text: "WHERE s.status = 'failed' OR (s.kind = 'map'",
      instead: "WHERE false OR (s.kind = 'map'",
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retried job must call the steps after a failed child again',
      text: " OR (s.kind = 'map' AND s.status = 'success' AND s.result IS NULL)",
      instead: '',
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retried job continues on the version that it was pinned to',
      text: "((s.detail::jsonb - 'version')",
      instead: '((s.detail::jsonb)',
      tests: [ENDS_OF_SUSPENDED],
    },
    {
      name: 'a retry has no audit entry',
      text: "${FORGOTTEN_STEPS},${auditEntry('job_id::text', 'changed')},",
      instead: "${FORGOTTEN_STEPS},${auditEntry('job_id::text', 'changed WHERE false')},",
      tests: [AUDIT],
    },
  ],
};

export const ENTRIES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/audit-entry.ts',
  tests: [AUDIT, 'test/store/pauses.test.ts'],
  mutants: [
    {
      name: 'a change that is repeated fails at its audit entry',
      text: '\n  ON CONFLICT DO NOTHING',
      instead: '',
    },
    {
      name: 'no change has an audit entry',
      text: '${subject} FROM ${changed}',
      instead: '${subject} FROM ${changed} LIMIT 0',
    },
  ],
};

export const ENTRIES_OF_OTHER_STORES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/write-audit.ts',
  tests: [AUDIT],
  mutants: [
    {
      name: 'audit entries of another store fail when they are repeated',
      text: '\n  ON CONFLICT DO NOTHING',
      instead: '',
    },
  ],
};

export const INSERTS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/insert-jobs.ts',
  tests: ['test/store/insert.test.ts'],
  mutants: [
    {
      name: 'a repeated submission fails instead of returning its job',
      text: '  ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id\n',
      instead: '',
    },
    {
      name: 'a submission does not return a job that another one has just written',
      text: 'ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id',
      instead: 'ON CONFLICT (job_id) DO NOTHING',
    },
    {
      name: 'a submission claims to have written a job that another one wrote',
      text: "'inserted', j.submission_id = new.submission_id,",
      instead: "'inserted', true,",
    },
    {
      name: 'a delayed job is due at once',
      text: "SELECT job_id, submission_id, tenant, object_id, type, queue, COALESCE(payload, 'null'), max_attempts, timeout_seconds,\n         now() + make_interval(secs => delay_seconds),",
      instead:
        "SELECT job_id, submission_id, tenant, object_id, type, queue, COALESCE(payload, 'null'), max_attempts, timeout_seconds,\n         now(),",
    },
    {
      name: 'a submission finds another tenant’s job',
      text: '\nWHERE j.tenant = :tenant`',
      instead: '\nWHERE :tenant IS NOT NULL`',
      tests: ['test/store/other-tenants.test.ts'],
    },
    {
      name: 'a batch is written although it exceeds the tenant’s limit',
      text: 'SELECT offered.* FROM offered JOIN admitted USING (job_id)',
      instead: 'SELECT offered.* FROM offered, (SELECT count(*) FROM admitted) AS all_admitted',
      tests: ['test/store/insert-that-fit.test.ts'],
    },
  ],
};

export const ADMISSION: MutantGroup = {
  file: 'migrations/0011-room-for-jobs.sql',
  tests: ['test/store/insert-that-fit.test.ts'],
  mutants: [
    {
      name: 'a repeated submission is refused if the tenant has no room by then',
      text: 'RETURN QUERY SELECT present.job_id FROM jobs present WHERE present.job_id = ANY (offered);',
      instead: '',
    },
    {
      name: 'a tenant may have one job more in flight than its limit',
      text: 'LIMIT GREATEST(room, 0);',
      instead: 'LIMIT GREATEST(room + 1, 0);',
    },
    {
      name: 'a batch that fits in part is written from its end',
      text: 'ORDER BY new.place\n',
      instead: 'ORDER BY new.place DESC\n',
    },
  ],
};

export const ROOM: MutantGroup = {
  file: 'migrations/0030-steps.sql',
  tests: ['test/store/insert-that-fit.test.ts'],
  mutants: [
    {
      name: 'simultaneous submissions exceed the tenant’s limit together',
      text: "  PERFORM pg_advisory_xact_lock(hashtextextended('errand: jobs in flight of ' || of_tenant, 0));\n",
      instead: '',
      tests: ['test/store/insert-that-fit.test.ts', 'test/store/fire-schedule.test.ts'],
    },
    {
      name: 'jobs of all tenants count toward the limit of each',
      text: 'WHERE counted.tenant = of_tenant AND counted.status',
      instead: 'WHERE counted.status',
    },
    {
      name: 'jobs that wait for a signal count toward the limit',
      text: ' AND NOT counted.waits;',
      instead: ';',
      tests: ['test/store/limits-of-suspended-jobs.test.ts'],
    },
    {
      name: 'the attempt of a suspended job stays open when the job ends',
      text: "FOR EACH ROW WHEN (OLD.continues AND OLD.status = 'created' AND NEW.end_time IS NOT NULL)",
      instead: 'FOR EACH ROW WHEN (false)',
      tests: [ENDS_OF_SUSPENDED],
    },
  ],
};
