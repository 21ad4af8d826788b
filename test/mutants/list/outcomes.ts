import type { MutantGroup } from '../mutant.ts';

const RECORD = 'test/store/record.test.ts';
const KEYS = 'test/store/concurrency-keys.test.ts';
const LOGS = 'test/store/job-logs.test.ts';
const FAMILIES = 'test/store/families.test.ts';
const SUSPENSION = 'test/store/suspension.test.ts';

export const OUTCOMES: MutantGroup = {
  file: 'migrations/0032-suspended-attempts.sql',
  tests: [RECORD],
  mutants: [
    {
      name: 'an outcome is recorded without a look at the attempt',
      text: "WHERE j.attempt = o.attempt AND j.fence = o.fence AND j.status = 'running'",
      instead: "WHERE j.fence = o.fence AND j.status = 'running'",
      tests: [RECORD, KEYS],
    },
    {
      name: 'an outcome is recorded without a look at the fence',
      text: "WHERE j.attempt = o.attempt AND j.fence = o.fence AND j.status = 'running'",
      instead: "WHERE j.attempt = o.attempt AND j.status = 'running'",
      tests: [KEYS, SUSPENSION],
    },
    {
      name: 'an outcome is recorded for a job that no longer runs',
      text: "WHERE j.attempt = o.attempt AND j.fence = o.fence AND j.status = 'running'",
      instead: 'WHERE j.attempt = o.attempt AND j.fence = o.fence',
    },
    {
      name: 'a job that a client has canceled is retried',
      text: "CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE o.status END AS next",
      instead: 'o.status AS next',
    },
    {
      name: 'a success becomes a cancellation if a client has asked for one',
      text: "CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL",
      instead: 'CASE WHEN j.cancel_requested_at IS NOT NULL',
    },
    {
      name: 'a throttled attempt uses up an attempt',
      text: "CASE WHEN judged.outcome = 'throttled' AND judged.next = 'created' THEN 1 ELSE 0 END",
      instead: '0',
    },
    {
      name: 'a throttled attempt of a canceled job still raises the number of attempts',
      text: "WHEN judged.outcome = 'throttled' AND judged.next = 'created' THEN 1",
      instead: "WHEN judged.outcome = 'throttled' THEN 1",
    },
    {
      name: 'a job that waits for its next attempt keeps the slot that the previous release left it',
      text: 'held_by = NULL, due_at = NULL\n      FROM judged LEFT JOIN suspended',
      instead: 'held_by = j.held_by, due_at = j.due_at\n      FROM judged LEFT JOIN suspended',
      tests: [KEYS, 'test/store/previous-release.test.ts'],
    },
    {
      name: 'a suspension ends the attempt',
      text: "AND (judged.continuation IS NULL OR judged.next <> 'created')",
      instead: '',
      tests: [SUSPENSION],
    },
    {
      name: 'the end of a job wakes no parked job',
      text: "wake_parked(freed.ids, '{}', 10)",
      instead: "wake_parked(freed.ids, '{}', 0)",
      tests: [KEYS],
    },
    {
      name: 'an outcome does not name the parked jobs that it woke',
      text: "'woken', CASE row_number() OVER (ORDER BY j.job_id) WHEN 1 THEN",
      instead: "'woken', CASE row_number() OVER (ORDER BY j.job_id) WHEN 0 THEN",
      tests: [KEYS],
    },
    {
      name: 'a repeated outcome writes its log parts again',
      text: 'ON CONFLICT (job_id, attempt, part) DO NOTHING',
      instead: '',
      tests: [LOGS],
    },
    {
      name: 'one log part too many is deleted',
      text: "AND p.part < (source.logs ->> 'keepFrom')::int",
      instead: "AND p.part <= (source.logs ->> 'keepFrom')::int",
      tests: [LOGS],
    },
    {
      name: 'a superseded attempt is told that its outcome was recorded',
      text: "'recorded', recorded.job_id IS NOT NULL,",
      instead: "'recorded', true,",
    },
    {
      name: 'a job suspended for long keeps its message',
      text: "WHEN recorded.status = 'created' AND recorded.wake_at < recorded.run_at THEN true END,",
      instead: 'END,',
      tests: [SUSPENSION],
    },
    {
      name: 'a recorded end does not name the callback',
      text: "CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END AS callback_job_id",
      instead: 'NULL::text AS callback_job_id',
      tests: ['test/store/callbacks.test.ts'],
    },
    {
      name: 'a recorded end does not name the parent',
      text: "'parent_job_id', CASE WHEN recorded.end_time IS NOT NULL",
      instead: "'parent_job_id', CASE WHEN false",
      tests: [FAMILIES],
    },
    {
      name: 'a recorded end does not name the batch',
      text: "'batch_id', CASE WHEN recorded.end_time IS NOT NULL",
      instead: "'batch_id', CASE WHEN false",
      tests: ['test/store/batches.test.ts'],
    },
    {
      name: 'a recorded cancellation does not say that there are children to cancel',
      text: "'has_children', CASE WHEN recorded.status = 'canceled'",
      instead: "'has_children', CASE WHEN false",
      tests: [FAMILIES],
    },
    {
      name: 'a suspension misses what happened just before it',
      text: ' OR bool_or(is_step_over(s)) AS is_over',
      instead: ' AS is_over',
      tests: [SUSPENSION],
    },
    {
      name: 'a suspension waits for a step that was never recorded',
      text: "count(*) = 0 OR count(*) < json_array_length(continuation -> 'steps') OR",
      instead: 'count(*) = 0 OR',
      tests: [SUSPENSION],
    },
    {
      name: 'a suspended job sleeps beyond its maximum duration',
      text: 'LEAST(wait.due_at, suspend.expires_at)',
      instead: 'COALESCE(wait.due_at, suspend.expires_at)',
      tests: [SUSPENSION, 'test/store/ends-of-suspended-jobs.test.ts'],
    },
    {
      name: 'the sweeper sends a job suspended for long only when it is due',
      text: "ELSE suspend.until - interval '10 minutes' END",
      instead: 'ELSE suspend.until END',
      tests: [SUSPENSION],
    },
    {
      name: 'a signal that another step has taken ends a wait',
      text: "AND s.name = awaited.detail ->> 'signal' AND s.taken_by IS NULL",
      instead: "AND s.name = awaited.detail ->> 'signal'",
      tests: [SUSPENSION],
    },
    {
      name: 'a wait for children also waits for those of another step',
      text: 'child.parent_job_id = awaited.job_id AND child.parent_step = awaited.step AND',
      instead: 'child.parent_job_id = awaited.job_id AND',
      tests: ['test/store/waits-for-children.test.ts', SUSPENSION],
    },
  ],
};

/** The `wait_for_step` function, which starts a wait step in a running job. */
export const WAITS: MutantGroup = {
  file: 'migrations/0032-suspended-attempts.sql',
  tests: ['test/store/steps.test.ts'],
  mutants: [
    {
      name: 'a wait begins without a look at the attempt',
      text: 'j.attempt = of_attempt AND j.fence = of_fence',
      instead: 'j.fence = of_fence',
    },
    {
      name: 'a wait begins without a look at the fence',
      text: 'j.attempt = of_attempt AND j.fence = of_fence',
      instead: 'j.attempt = of_attempt',
    },
    {
      name: 'a wait begins for a job that does not run',
      text: "AND j.fence = of_fence AND j.status = 'running'",
      instead: 'AND j.fence = of_fence',
    },
    {
      name: 'a wait does not lock its job',
      text: '  FOR NO KEY UPDATE;\n  IF NOT FOUND THEN\n    RETURN;',
      instead: '  ;\n  IF NOT FOUND THEN\n    RETURN;',
      tests: ['test/store/steps.test.ts', 'test/store/step-races.test.ts'],
    },
    {
      name: 'a wait that is met again begins anew',
      text: 'ON CONFLICT (job_id, step) DO NOTHING;',
      instead: 'ON CONFLICT (job_id, step) DO UPDATE SET due_at = excluded.due_at;',
    },
    {
      name: 'two waits take the same signal',
      text: "oldest.name = awaited.detail ->> 'signal' AND oldest.taken_by IS NULL",
      instead: "oldest.name = awaited.detail ->> 'signal'",
    },
    {
      name: 'a wait takes the newest signal first',
      text: 'ORDER BY oldest.place\n',
      instead: 'ORDER BY oldest.place DESC\n',
    },
    {
      name: 'a wait for a signal times out at once',
      text: 'ELSIF awaited.due_at <= clock_timestamp() THEN',
      instead: 'ELSIF awaited.due_at IS NOT NULL THEN',
    },
    {
      name: 'a step reads the result of another tenant’s job',
      text: "(awaited.detail ->> 'childJobId')::uuid AND j.tenant = of_tenant;",
      instead: "(awaited.detail ->> 'childJobId')::uuid;",
      tests: ['test/store/waits-for-children.test.ts'],
    },
    {
      name: 'a wait for the children of a step ends before they do',
      text: "awaited.kind = 'map' AND is_step_over(awaited) THEN",
      instead: "awaited.kind = 'map' THEN",
      tests: ['test/store/waits-for-children.test.ts'],
    },
  ],
};

export const BEATS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/record-results.ts',
  tests: [RECORD],
  mutants: [
    {
      name: 'a heartbeat writes progress without a look at the attempt',
      text: 'j.job_id = beat.job_id AND j.attempt = beat.attempt AND j.fence = beat.fence',
      instead: 'j.job_id = beat.job_id AND j.fence = beat.fence',
      tests: [RECORD, KEYS],
    },
    {
      name: 'a heartbeat writes progress without a look at the fence',
      text: 'j.job_id = beat.job_id AND j.attempt = beat.attempt AND j.fence = beat.fence',
      instead: 'j.job_id = beat.job_id AND j.attempt = beat.attempt',
      tests: [RECORD, KEYS],
    },
    {
      name: 'a heartbeat writes progress of a job that no longer runs',
      text: "AND j.fence = beat.fence AND j.status = 'running' AND",
      instead: 'AND j.fence = beat.fence AND',
      tests: [KEYS],
    },
    {
      name: 'a heartbeat writes log parts without a look at the fence',
      text: "WHERE j.attempt = beats.attempt AND j.fence = beats.fence AND j.status = 'running'\n  ORDER",
      instead: "WHERE j.attempt = beats.attempt AND j.status = 'running'\n  ORDER",
      tests: [LOGS, KEYS],
    },
    {
      name: 'a heartbeat writes log parts of a job that no longer runs',
      text: "AND j.fence = beats.fence AND j.status = 'running'\n  ORDER",
      instead: 'AND j.fence = beats.fence\n  ORDER',
      tests: [LOGS],
    },
    {
      name: 'a slow heartbeat writes log parts after the outcome',
      text: '  FOR NO KEY UPDATE OF j\n',
      instead: '',
      tests: [LOGS],
    },
    {
      name: 'a repeated heartbeat writes its log parts again',
      text: 'ON CONFLICT (job_id, attempt, part) DO NOTHING',
      instead: '',
      tests: [LOGS],
    },
    {
      name: 'a heartbeat does not learn of a cancellation',
      text: ' OR j.cancel_requested_at IS NOT NULL`,',
      instead: '`,',
    },
    {
      name: 'a heartbeat does not learn that another invocation holds the job',
      text: 'j.attempt <> beats.attempt OR j.fence <> beats.fence OR j.status',
      instead: 'j.attempt <> beats.attempt OR j.status',
      tests: [RECORD, KEYS, SUSPENSION],
    },
    {
      name: 'a superseded attempt is told that it was canceled',
      text: "THEN 'canceled' ELSE 'superseded' END",
      instead: "THEN 'canceled' ELSE 'canceled' END",
    },
  ],
};
