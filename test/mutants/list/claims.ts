import type { MutantGroup } from '../mutant.ts';

const CLAIM = 'test/store/claim.test.ts';
const RACES = 'test/store/claim-races.test.ts';
const FLOW = 'test/store/flow-control.test.ts';
const KEYS = 'test/store/concurrency-keys.test.ts';
const FAMILIES = 'test/store/families.test.ts';
const SUSPECTS = 'test/store/suspects.test.ts';
const SUSPENSION = 'test/store/suspension.test.ts';

export const CLAIMS: MutantGroup = {
  file: 'migrations/0038-suspects-run-alone.sql',
  tests: [CLAIM],
  mutants: [
    {
      name: 'a claim takes a job from a worker whose lease has not ended',
      text: "WHEN status = 'running' AND lease_expires_at > clock_timestamp() THEN 'leased'",
      instead: "WHEN false THEN 'leased'",
    },
    {
      name: 'a claim gives a held job to every worker that asks',
      text: "AND worker = by_worker THEN 'held'",
      instead: "THEN 'held'",
    },
    {
      name: 'a repeated claim does not get its own job back',
      text: "AND worker = by_worker THEN 'held'",
      instead: "AND worker IS NULL THEN 'held'",
    },
    {
      name: 'a claim runs a job again that has ended',
      text: "WHEN status IN ('success', 'failed', 'canceled') THEN 'finished'",
      instead: "WHEN status IN ('success', 'canceled') THEN 'finished'",
    },
    {
      name: 'a claim starts a job before it is due',
      text: "WHEN status = 'created' AND run_at > clock_timestamp() THEN 'waiting'",
      instead: "WHEN false THEN 'waiting'",
    },
    {
      name: 'a claim leaves a job that the sweeper would send to its present message',
      text: "AND wake_at < run_at THEN 'later'",
      instead: "AND false THEN 'later'",
      tests: [SUSPENSION, FLOW],
    },
    {
      name: 'a lost job gets one attempt more than it may have',
      text: "WHEN attempt >= max_attempts THEN 'lose'",
      instead: "WHEN attempt > max_attempts THEN 'lose'",
    },
    {
      name: 'a lost job runs again although a client has canceled it',
      text: "WHEN cancel_requested_at IS NOT NULL THEN 'cancel'",
      instead: "WHEN false THEN 'cancel'",
    },
    {
      name: 'a claim runs the child of a canceled parent',
      text: 'WHEN ends_with_parent AND (SELECT parent.status',
      instead: 'WHEN false AND (SELECT parent.status',
      tests: [FAMILIES],
    },
    {
      name: 'a claim cancels an independent child of a canceled parent',
      text: 'WHEN ends_with_parent AND (SELECT parent.status',
      instead: 'WHEN (SELECT parent.status',
      tests: [FAMILIES, 'test/store/children.test.ts'],
    },
    {
      name: 'a suspended job continues beyond its maximum duration',
      text: "expires_at <= clock_timestamp() THEN 'expire'",
      instead: "expires_at IS NULL THEN 'expire'",
      tests: ['test/store/ends-of-suspended-jobs.test.ts'],
    },
    {
      name: 'a claim does not raise the fence',
      text: 'fence = j.fence + 1,',
      instead: 'fence = j.fence,',
      tests: [KEYS],
    },
    {
      name: 'a suspended job continues as a new attempt',
      text: 'attempt = CASE WHEN decided.continues THEN j.attempt ELSE j.attempt + 1 END,',
      instead: 'attempt = j.attempt + 1,',
      tests: [SUSPENSION],
    },
    {
      name: 'the attempt of a worker that died stays open',
      text: "AND (decided.status = 'running' AND decided.verdict IN ('reclaim', 'cancel', 'lose') AND decided.flow_verdict IS NULL",
      instead: 'AND (false',
    },
    {
      name: 'a claim decides by the rows as they were before it waited for a lock',
      text: `  PERFORM FROM jobs j
  WHERE j.job_id = ANY (ARRAY(SELECT value::uuid FROM json_array_elements_text(wanted_jobs::json)))
  ORDER BY j.job_id
  FOR UPDATE;
`,
      instead: '',
      tests: [RACES],
    },
    {
      name: 'the sweeper sends a running job again before its lease has ended',
      text: "wake_at = decided.moment + for_ms * interval '1 ms'",
      instead: 'wake_at = decided.moment',
    },
    {
      name: 'a claim does not name the parked jobs that got a slot',
      text: "'woken', CASE place WHEN 1 THEN (",
      instead: "'woken', CASE place WHEN 0 THEN (",
      tests: [KEYS],
    },
    {
      name: 'a claim of a child that had ended before does not name its parent',
      text: "WHEN (is_ended OR verdict = 'finished') AND parent_job_id IS NOT NULL",
      instead: 'WHEN is_ended AND parent_job_id IS NOT NULL',
      tests: [FAMILIES],
    },
    {
      name: 'a claim that ends a job does not name its callback',
      text: "'callback_job_id', callback_job_id,",
      instead: "'callback_job_id', NULL::uuid,",
      tests: ['test/store/callbacks.test.ts'],
    },
    {
      name: 'a claim that ends a job does not name its batch',
      text: "'batch_id', CASE WHEN is_ended THEN batch_id END,",
      instead: "'batch_id', NULL::text,",
      tests: ['test/store/batches.test.ts'],
    },
    {
      name: 'a claim that cancels a job does not say that it has children to cancel',
      text: "WHEN fence > 0 AND (verdict = 'cancel' OR status = 'canceled')",
      instead: 'WHEN false',
      tests: [FAMILIES],
    },
    {
      name: 'a repeated claim does not get the urgent job back that it started',
      text: "WHERE flow.flow_verdict = 'held'",
      instead: 'WHERE false',
      tests: [FLOW],
    },
    {
      name: 'a job whose lease has ended starts beside others',
      text: "WHEN 'reclaim' THEN true",
      instead: "WHEN 'reclaim' THEN false",
      tests: [SUSPECTS],
    },
    {
      name: 'a job that waits for a retry after a lost attempt starts beside others',
      text: "WHEN 'claim' THEN attempt > 0 AND attempt_was_lost(job_id, attempt)",
      instead: "WHEN 'claim' THEN false",
      tests: [SUSPECTS],
    },
    {
      name: 'a repeated claim starts other jobs beside a suspect',
      text: "WHEN 'held' THEN attempt > 1 AND attempt_was_lost(job_id, attempt - 1)",
      instead: "WHEN 'held' THEN false",
      tests: [SUSPECTS],
    },
    {
      name: 'a suspect starts beside jobs that its worker already runs',
      text: "WHEN EXISTS (SELECT FROM alone) OR job_id IN (SELECT suspects.job_id FROM suspects) THEN 'put off'",
      instead: "WHEN EXISTS (SELECT FROM alone) THEN 'put off'",
      tests: [SUSPECTS],
    },
    {
      name: 'a suspect starts beside an urgent job that its worker already runs',
      text: "WHERE verdict = 'held' OR status = 'created' AND worker = by_worker)",
      instead: "WHERE verdict = 'held')",
      tests: [SUSPECTS],
    },
    {
      name: 'several suspects start together',
      text: "WHEN found.verdict NOT IN ('claim', 'reclaim') OR job_id = (SELECT alone.job_id FROM alone) THEN found.verdict",
      instead:
        "WHEN found.verdict NOT IN ('claim', 'reclaim') OR job_id IN (SELECT suspects.job_id FROM suspects) THEN found.verdict",
      tests: [SUSPECTS],
    },
    {
      name: 'any lost attempt makes a job a suspect, not only its last',
      text: 'WHERE a.job_id = of_job AND a.attempt = of_attempt AND a.outcome',
      instead: 'WHERE a.job_id = of_job AND a.outcome',
      tests: [SUSPECTS],
    },
    {
      name: 'any retried job is a suspect',
      text: "AND a.outcome = 'lost');",
      instead: ');',
      tests: [SUSPECTS],
    },
    {
      name: 'jobs that are put off get no new messages',
      text: "'put_off', CASE verdict WHEN 'put off' THEN true END,",
      instead: "'put_off', NULL::boolean,",
      tests: [SUSPECTS],
    },
    {
      name: 'a claim does not say that a job runs alone',
      text: "'alone', CASE WHEN is_ours AND job_id =",
      instead: "'alone', CASE WHEN false AND job_id =",
      tests: [SUSPECTS],
    },
    {
      name: 'a suspect runs in place of a less urgent job',
      text: 'AND CASE WHEN j.attempt > 0 THEN NOT attempt_was_lost(j.job_id, j.attempt) ELSE true END',
      instead: '',
      tests: [SUSPECTS],
    },
  ],
};
