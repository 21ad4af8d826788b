import type { MutantGroup } from '../mutant.ts';

const FIRE = 'test/store/fire-schedule.test.ts';
const OTHERS = 'test/store/other-tenants.test.ts';
const AUDIT = 'test/store/audit.test.ts';
const BATCHES = 'test/store/batches.test.ts';

export const FIRINGS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/fire-schedule.ts',
  tests: [FIRE],
  mutants: [
    {
      name: 'a firing that is delivered twice fails',
      text: 'ON CONFLICT (tenant, name, fire_time) DO NOTHING',
      instead: '',
    },
    {
      name: 'two firings of a schedule are decided at the same time',
      text: '  FOR UPDATE OF schedules\n',
      instead: '',
    },
    {
      name: 'a stopped schedule fires',
      text: "WHEN s.state = 'stopped' THEN 'stopped'",
      instead: "WHEN false THEN 'stopped'",
    },
    {
      name: 'a firing of last week submits a job',
      text: "WHEN :fire_time::timestamptz < now() - interval '${MAX_FIRING_AGE_DAYS} days' THEN 'too-old'",
      instead: "WHEN false THEN 'too-old'",
    },
    {
      name: 'a firing submits a job whose type can’t run',
      text: "WHEN s.type IN (SELECT json_array_elements_text(:unavailable::json)) THEN 'unavailable'",
      instead: "WHEN :unavailable IS NULL THEN 'unavailable'",
    },
    {
      name: 'a schedule that skips overlaps does not look at the last job',
      text: "OR EXISTS (SELECT FROM jobs j WHERE j.job_id = s.last_job_id AND j.status IN ('created', 'running')))",
      instead: ')',
    },
    {
      name: 'a firing exceeds the tenant’s limit of jobs in flight',
      text: "WHEN NOT s.has_room THEN 'beyond-limit'",
      instead: "WHEN false THEN 'beyond-limit'",
    },
    {
      name: 'a skipped firing fires when it is delivered again',
      text: "WHERE verdict IN ('fired', 'skipped', 'beyond-limit', 'too-old')",
      instead: "WHERE verdict = 'fired'",
    },
    {
      name: 'a late firing turns back the last time of its schedule',
      text: 'SET last_time = GREATEST(present.last_time, firing.fire_time),',
      instead: 'SET last_time = firing.fire_time,',
    },
    {
      name: 'a firing in a queue of its own starts in the default queue',
      text: "COALESCE(:queues::json ->> s.type, '${DEFAULT_QUEUE}') AS queue",
      instead: "COALESCE(NULLIF('${DEFAULT_QUEUE}', :queues), '${DEFAULT_QUEUE}') AS queue",
      tests: ['test/store/queues.test.ts'],
    },
    {
      name: 'a firing is forgotten while it may still be delivered again',
      text: "AND old.decided_at < now() - interval '${KNOWN_DAYS} days'\n",
      instead: '\n',
    },
  ],
};

export const SCHEDULES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/schedules.ts',
  tests: [AUDIT],
  mutants: [
    {
      name: 'a client reads another tenant’s schedule',
      text: '${LAST_JOB} WHERE s.tenant = :tenant AND s.name = :name`',
      instead: '${LAST_JOB} WHERE :tenant IS NOT NULL AND s.name = :name`',
      tests: [OTHERS],
    },
    {
      name: 'the list of schedules has those of all tenants',
      text: 'WHERE s.tenant = :tenant AND s.name > :after',
      instead: 'WHERE :tenant IS NOT NULL AND s.name > :after',
      tests: [OTHERS],
    },
    {
      name: 'a tenant starts and stops the schedules of all tenants',
      text: 'FROM schedules WHERE tenant = :tenant AND ${chosen} ORDER BY name FOR UPDATE',
      instead: 'FROM schedules WHERE :tenant IS NOT NULL AND ${chosen} ORDER BY name FOR UPDATE',
      tests: [OTHERS],
    },
    {
      name: 'a repeated stop of a schedule has another audit entry',
      text: "auditEntry('name', 's WHERE is_changed')",
      instead: "auditEntry('name', 's')",
    },
    {
      name: 'a repeated stop of all schedules has other audit entries',
      text: '  FROM s WHERE is_changed\n',
      instead: '  FROM s\n',
    },
    {
      name: 'a schedule counts as placed after it was changed again',
      text: 'WHERE tenant = :tenant AND name = :name AND revision = :revision::bigint\nRETURNING',
      instead: 'WHERE tenant = :tenant AND name = :name AND :revision IS NOT NULL\nRETURNING',
      tests: [FIRE],
    },
    {
      name: 'a schedule that was changed meanwhile is restored',
      text: 'present.name = :name AND present.revision = :revision::bigint',
      instead: 'present.name = :name AND :revision IS NOT NULL',
    },
    {
      name: 'a schedule that was changed meanwhile is deleted',
      text: 'DELETE FROM schedules WHERE tenant = :tenant AND name = :name AND revision = :revision::bigint RETURNING',
      instead:
        'DELETE FROM schedules WHERE tenant = :tenant AND name = :name AND :revision IS NOT NULL RETURNING',
      tests: [FIRE],
    },
    {
      name: 'a tenant deletes the schedules of all tenants',
      text: 'DELETE FROM schedules WHERE tenant = :tenant AND name = :name RETURNING',
      instead: 'DELETE FROM schedules WHERE :tenant IS NOT NULL AND name = :name RETURNING',
      tests: [OTHERS],
    },
  ],
};

export const BATCH_TRIGGERS: MutantGroup = {
  file: 'migrations/0024-batches.sql',
  tests: [BATCHES],
  mutants: [
    {
      name: 'a batch is completed before it is closed',
      text: 'WHEN (NEW.close_time IS NOT NULL AND NEW.end_time IS NULL AND',
      instead: 'WHEN (NEW.end_time IS NULL AND NEW.jobs > 0 AND',
    },
    {
      name: 'a batch is completed again after a retry',
      text: 'WHEN (NEW.close_time IS NOT NULL AND NEW.end_time IS NULL AND',
      instead: 'WHEN (NEW.close_time IS NOT NULL AND',
    },
    {
      name: 'a closed batch accepts further jobs',
      text: 'IF is_closed THEN',
      instead: 'IF false THEN',
    },
    {
      name: 'a batch that is closed without a job has no on_complete job',
      text: 'CREATE TRIGGER submit_on_complete_of_new\nAFTER INSERT ON batches\nFOR EACH ROW\nWHEN (NEW.end_time IS NOT NULL',
      instead:
        'CREATE TRIGGER submit_on_complete_of_new\nAFTER INSERT ON batches\nFOR EACH ROW\nWHEN (NEW.end_time IS NULL',
    },
    {
      name: 'a batch counts an end again when the job ends after a retry',
      text: 'SELECT tenant, batch_id, status, -1 FROM before_rows WHERE',
      instead: 'SELECT tenant, batch_id, status, 0 FROM before_rows WHERE',
    },
    {
      name: 'a batch waits for a job that was deleted',
      text: 'UPDATE batches b SET jobs = b.jobs - change.jobs WHERE',
      instead: 'UPDATE batches b SET jobs = b.jobs WHERE',
    },
    {
      name: 'a batch of one tenant counts another tenant’s jobs',
      text: 'canceled = b.canceled + change.canceled\n    WHERE b.tenant = change.tenant AND',
      instead: 'canceled = b.canceled + change.canceled\n    WHERE',
    },
  ],
};

export const KEY_ROTATIONS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/webhook-keys.ts',
  tests: ['test/store/webhook-keys.test.ts'],
  mutants: [
    {
      name: 'a late rotation replaces a newer key',
      text: '  WHERE present.generation IN (:generation::integer, excluded.generation)\n',
      instead: '',
    },
    {
      name: 'a repeated rotation is refused',
      text: 'WHERE present.generation IN (:generation::integer, excluded.generation)',
      instead: 'WHERE present.generation = :generation::integer',
    },
    {
      name: 'a repeated rotation prolongs the old key',
      text: 'ELSE LEAST(present.previous_until, excluded.previous_until) END',
      instead: 'ELSE excluded.previous_until END',
    },
    {
      name: 'a repeated rotation has another audit entry',
      text: "'rotated CROSS JOIN times WHERE rotate_time = rotated_at OR previous_until = overlap_end',",
      instead: "'rotated',",
      tests: [AUDIT],
    },
    {
      name: 'a tenant without a key rotates any generation',
      text: 'WHERE :generation::integer = 1 OR EXISTS (SELECT FROM webhook_keys WHERE tenant = :tenant)',
      instead: 'WHERE true',
    },
  ],
};
