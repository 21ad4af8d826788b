import type { MutantGroup } from '../mutant.ts';

const BULK = 'test/store/bulk.test.ts';
const BULK_RACES = 'test/store/bulk-races.test.ts';
const BULK_FLOW = 'test/store/bulk-flow.test.ts';

export const BULK_CHANGES: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/bulk.ts',
  tests: [BULK],
  mutants: [
    {
      name: 'a bulk job begins for another tenant’s job',
      text: 'WHERE job_id = :job_id::uuid AND tenant = :tenant\n',
      instead: 'WHERE job_id = :job_id::uuid AND :tenant IS NOT NULL\n',
    },
    {
      name: 'a bulk job that begins again fails',
      text: 'ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id',
      instead: 'ON CONFLICT (job_id) DO NOTHING',
    },
    {
      name: 'a repeated round of a bulk job changes further jobs',
      text: 'AND round = :round AND NOT is_done FOR UPDATE',
      instead: 'AND :round >= 0 AND NOT is_done FOR UPDATE',
    },
    {
      name: 'two attempts at a bulk job make the same round',
      text: 'AND round = :round AND NOT is_done FOR UPDATE',
      instead: 'AND round = :round AND NOT is_done',
    },
    {
      name: 'a bulk change does not look at the states of the locked jobs',
      text: 'WHERE j.tenant = :tenant AND ${passes(search.filter)} AND j.status IN (${states})',
      instead: 'WHERE j.tenant = :tenant AND ${passes(search.filter)}',
      tests: [BULK_RACES],
      equivalent:
        'The filter is also checked on the locked rows, and always contains states: filterOf adds those that the action can change, and the API refuses others.',
    },
    {
      name: 'a bulk change applies to a job that no longer matches',
      text: 'WHERE j.tenant = :tenant AND ${passes(search.filter)} AND j.status IN (${states})',
      instead: 'WHERE j.tenant = :tenant AND j.status IN (${states})',
      tests: [BULK_RACES],
    },
    {
      name: 'a locked job of another tenant is changed',
      text: 'WHERE j.tenant = :tenant AND ${passes(search.filter)} AND',
      instead: 'WHERE ${passes(search.filter)} AND',
      equivalent:
        'The locked jobs were selected by the ids of the examined jobs, which are the tenant’s, and no statement changes the tenant of a job. The condition is a second safeguard.',
    },
    {
      name: 'a bulk job changes bulk jobs',
      text: "[...jobConditions(filter).sql, `j.type <> '${BULK_JOB_TYPE}'`].join(' AND ')",
      instead: "[...jobConditions(filter).sql, 'true'].join(' AND ')",
    },
    {
      name: 'a bulk cancellation counts jobs that were to be canceled before',
      text: "isPossible: `j.status = 'created' OR j.cancel_requested_at IS NULL`,",
      instead: "isPossible: 'true',",
    },
    {
      name: 'a bulk retry is done when it meets the tenant’s limit',
      text: ' AND NOT EXISTS (SELECT FROM beyond),',
      instead: ',',
    },
    {
      name: 'a bulk retry leaves one place of the tenant’s limit empty',
      text: 'AND place > room ORDER BY',
      instead: 'AND place >= room ORDER BY',
    },
    {
      name: 'a bulk change has no audit entries',
      text: ':audit_action, job_id::text FROM changed\n',
      instead: ':audit_action, job_id::text FROM changed WHERE false\n',
      tests: [BULK, 'test/store/audit.test.ts'],
    },
    {
      name: 'a bulk cancellation wakes jobs for slots that parked jobs never had',
      text: "WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL`;",
      instead: "WHERE status = 'created' AND held_by = 'concurrency'`;",
      tests: [BULK_FLOW],
      equivalent:
        'wake_parked counts the key’s free slots itself, so canceling a parked job wakes no other job. The condition only saves the call.',
    },
    {
      name: 'a bulk cancellation sends no message for the jobs that got the slots',
      text: '\n    UNION ALL\n    SELECT woken_id, woken_queue FROM woken`',
      instead: '`',
      tests: [BULK_FLOW],
    },
    {
      name: 'a bulk cancellation sends no message for callbacks',
      text: 'FROM changed WHERE callback_job_id IS NOT NULL\n',
      instead: 'FROM changed WHERE false\n',
    },
    {
      name: 'a bulk retry sends no messages',
      text: "wakeUps: 'SELECT job_id, queue FROM changed',",
      instead: "wakeUps: 'SELECT job_id, queue FROM changed WHERE false',",
    },
    {
      name: 'a bulk retry restarts jobs whose queue was removed',
      text: 'isPossible: HAS_QUEUE,',
      instead: "isPossible: ':queues IS NOT NULL',",
    },
    {
      name: 'a bulk cancellation does not name the batches of the ended jobs',
      text: 'FROM changed WHERE end_time IS NOT NULL AND batch_id IS NOT NULL)`;',
      instead: 'FROM changed WHERE false)`;',
      tests: [BULK_FLOW],
    },
    {
      name: 'a bulk cancellation does not name the parents of the ended jobs',
      text: 'FROM changed WHERE end_time IS NOT NULL AND parent_job_id IS NOT NULL\n',
      instead: 'FROM changed WHERE false\n',
      tests: [BULK_RACES],
    },
    {
      name: 'a bulk cancellation does not name the jobs with children to cancel',
      text: "FROM changed WHERE status = 'canceled' AND has_children_to_cancel(job_id)`;",
      instead: 'FROM changed WHERE false`;',
      tests: [BULK_RACES],
    },
    {
      name: 'a bulk deletion takes the last outcome from a schedule',
      text: 'FROM before WHERE s.last_job_id = before.job_id',
      instead: 'FROM before WHERE false',
      tests: [BULK_RACES],
    },
  ],
};

const REPLACE = 'test/store/replace.test.ts';

export const REPLACEMENTS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/replace-jobs.ts',
  tests: [REPLACE],
  mutants: [
    {
      name: 'a submission replaces another tenant’s job',
      text: '  WHERE j.tenant = :tenant\n',
      instead: '  WHERE :tenant IS NOT NULL\n',
    },
    {
      name: 'a replacement decides by the row as it was before it waited',
      text: '  FOR UPDATE OF j\n',
      instead: '',
    },
    {
      name: 'a repeated replacement overwrites a newer one',
      text: ' OR has_replaced(:tenant, offered.submission_id)',
      instead: '',
    },
    {
      name: 'a replacement is applied to the row that its own submission wrote',
      text: 'locked.submission_id = offered.submission_id OR has_replaced',
      instead: 'has_replaced',
    },
    {
      name: 'a job is replaced while it runs',
      text: "WHEN locked.status <> 'created' OR locked.start_time IS NOT NULL THEN",
      instead: 'WHEN locked.start_time IS NOT NULL AND locked.end_time IS NOT NULL THEN',
    },
    {
      name: 'a job is replaced between two attempts',
      text: "WHEN locked.status <> 'created' OR locked.start_time IS NOT NULL THEN",
      instead: "WHEN locked.status <> 'created' THEN",
    },
    {
      name: 'a canceled job is replaced',
      text: "WHEN locked.status <> 'created' OR locked.start_time IS NOT NULL THEN",
      instead: 'WHEN locked.start_time IS NOT NULL THEN',
    },
    {
      name: 'a job is replaced by one of another type',
      text: 'WHEN locked.type <> offered.type THEN',
      instead: 'WHEN false THEN',
    },
    {
      name: 'a debounce moves a job beyond its window',
      text: 'offered.window_ends_at) AS wanted_run_at',
      instead: 'NULL::timestamptz) AS wanted_run_at',
    },
    {
      name: 'a debounce moves a job beyond max_seconds',
      text: 'locked.create_time + make_interval(secs => offered.max_seconds),',
      instead: 'NULL::timestamptz,',
    },
    {
      name: 'a replacement has no audit entry',
      text: 'FROM changed JOIN offered ON offered.target_id = changed.job_id\n',
      instead: 'FROM changed JOIN offered ON offered.target_id = changed.job_id WHERE false\n',
    },
    {
      name: 'a repeated replacement hits the later job of the object',
      text: 'COALESCE(own.job_id, r.job_id) AS target_id',
      instead: 'r.job_id AS target_id',
    },
    {
      name: 'a replacement that makes a job due sooner wakes no worker',
      text: "WHEN (judged.verdict = 'replace' AND j.run_at < judged.earlier_run_at)",
      instead: 'WHEN false',
    },
    {
      name: 'a repeated replacement wakes no worker',
      text: "OR (judged.verdict = 'repeated' AND j.status = 'created')",
      instead: '',
    },
    {
      name: 'a replaced job loses its callback',
      text: "callback = COALESCE(NULLIF(offered.callback, 'null'), locked.callback)",
      instead: "callback = NULLIF(offered.callback, 'null')",
    },
    {
      name: 'a replaced job that is due loses its position',
      text: 'ELSE LEAST(COALESCE(locked.due_at, locked.run_at), judged.moment) END',
      instead: 'ELSE judged.moment END',
    },
  ],
};
