import type { MutantGroup } from '../mutant.ts';

const CLAIM = 'test/store/claim.test.ts';
const RACES = 'test/store/claim-races.test.ts';
const FLOW = 'test/store/flow-control.test.ts';
const KEYS = 'test/store/concurrency-keys.test.ts';
const FAMILIES = 'test/store/families.test.ts';
const SUSPENSION = 'test/store/suspension.test.ts';

export const CLAIMS: MutantGroup = {
  file: 'migrations/0035-claims-lock-first.sql',
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
  ],
};
