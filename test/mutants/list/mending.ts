import type { MutantGroup } from '../mutant.ts';

const MENDING = 'test/store/mending.test.ts';
const QUEUES = 'test/store/queues.test.ts';
const PRUNE = 'test/store/prune.test.ts';
const SWEEP = 'test/unit/job/sweep.test.ts';

export const MENDED_JOBS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/mend-jobs.ts',
  tests: [MENDING],
  mutants: [
    {
      name: 'a dead letter fails a job that still runs',
      text: "WHEN status = 'running' AND lease_expires_at <= clock_timestamp() AND attempt >= max_attempts THEN 'lost'",
      instead: "WHEN status = 'running' AND attempt >= max_attempts THEN 'lost'",
    },
    {
      name: 'a dead letter fails a job with attempts left',
      text: "AND attempt >= max_attempts THEN 'lost'",
      instead: "THEN 'lost'",
    },
    {
      name: 'a dead letter sends a job again that is out of attempts',
      text: "AND attempt >= max_attempts THEN 'lost'",
      instead: "AND attempt > max_attempts THEN 'lost'",
    },
    {
      name: 'a dead letter sends a parked job again',
      text: " OR (status = 'created' AND wake_at IS NULL) THEN 'finished'",
      instead: " THEN 'finished'",
      tests: [MENDING, 'test/store/concurrency-keys.test.ts'],
    },
    {
      name: 'a dead letter fails a job that a client has canceled',
      text: "SET status = CASE WHEN judged.cancel_requested_at IS NULL THEN 'failed' ELSE 'canceled' END,\n      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${LOST_JOB}",
      instead:
        "SET status = 'failed',\n      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${LOST_JOB}",
    },
    {
      name: 'a dead letter leaves the last attempt open',
      text: "AND a.outcome IS NULL AND judged.verdict = 'lost'",
      instead: 'AND false',
    },
    {
      name: 'a job without a queue fails while a worker runs it',
      text: "WHERE status = 'created' OR (status = 'running' AND lease_expires_at <= clock_timestamp())",
      instead: "WHERE status IN ('created', 'running')",
      tests: [QUEUES],
    },
    {
      name: 'a job without a queue fails although a client has canceled it',
      text: "SET status = CASE WHEN judged.cancel_requested_at IS NULL THEN 'failed' ELSE 'canceled' END,\n      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${JOB_WITHOUT_QUEUE}",
      instead:
        "SET status = 'failed',\n      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${JOB_WITHOUT_QUEUE}",
      tests: [QUEUES],
    },
    {
      name: 'the last attempt at a job without a queue stays open',
      text: "AND a.outcome IS NULL AND judged.status = 'running'",
      instead: 'AND false',
      tests: [QUEUES],
    },
    {
      name: 'the sweeper takes jobs that are not overdue',
      text: "  FROM jobs\n  WHERE wake_at < now() - :after_seconds * interval '1 second'",
      instead: '  FROM jobs\n  WHERE wake_at < now() AND :after_seconds >= 0',
    },
    {
      name: 'the sweeper waits for a job that a worker has locked',
      text: '  ORDER BY wake_at\n  LIMIT :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  ORDER BY wake_at\n  LIMIT :limit\n  FOR UPDATE',
    },
    {
      name: 'two sweeps take the same jobs',
      text: '  ORDER BY wake_at\n  LIMIT :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  ORDER BY wake_at\n  LIMIT :limit',
    },
    {
      name: 'the sweeper takes the newest jobs first',
      text: '  ORDER BY wake_at\n  LIMIT :limit',
      instead: '  ORDER BY wake_at DESC\n  LIMIT :limit',
    },
    {
      name: 'the sweeper takes the same jobs again at once',
      text: "const PUT_OFF = `GREATEST(now(), CASE j.status WHEN 'created' THEN j.run_at END)`;",
      instead: 'const PUT_OFF = `j.wake_at`;',
    },
    {
      name: 'the sweeper sends a job of later again each time',
      text: "const PUT_OFF = `GREATEST(now(), CASE j.status WHEN 'created' THEN j.run_at END)`;",
      instead: 'const PUT_OFF = `now()`;',
      tests: [MENDING, 'test/store/flow-control.test.ts', 'test/store/suspension.test.ts'],
    },
    {
      name: 'the sweeper does not say when the next job is due',
      text: 'FROM jobs WHERE wake_at IS NOT NULL))::text`,',
      instead: 'FROM jobs WHERE false))::text`,',
    },
    {
      name: 'a sweep during a backlog waits for a locked job',
      text: '  WHERE job_id = ANY (ARRAY(SELECT job_id FROM chosen))\n  FOR UPDATE SKIP LOCKED',
      instead: '  WHERE job_id = ANY (ARRAY(SELECT job_id FROM chosen))\n  FOR UPDATE',
    },
    {
      name: 'two sweeps during a backlog take the same jobs',
      text: '  WHERE job_id = ANY (ARRAY(SELECT job_id FROM chosen))\n  FOR UPDATE SKIP LOCKED',
      instead: '  WHERE job_id = ANY (ARRAY(SELECT job_id FROM chosen))',
    },
    {
      name: 'a sweep during a backlog serves the tenant with most jobs first',
      text: 'ORDER BY of_tenant, place, wake_at LIMIT :limit',
      instead: 'ORDER BY of_tenant DESC, place, wake_at LIMIT :limit',
    },
    {
      name: 'a sweep of chosen queues takes jobs of the others',
      text: '(chosen.queue IN (SELECT json_array_elements_text(:queues::json))) = :is_chosen',
      instead: ':queues IS NOT NULL AND :is_chosen IS NOT NULL',
      tests: [QUEUES],
    },
  ],
};

export const PRUNING: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/prune.ts',
  tests: [PRUNE],
  mutants: [
    {
      name: 'two prunings delete at the same time',
      text: 'SELECT pg_try_advisory_xact_lock(${PRUNING_LOCK}) AS is_ours',
      instead: 'SELECT true AS is_ours',
    },
    {
      name: 'a job is deleted before its retention ends',
      text: "WHERE (SELECT is_ours FROM turn) AND end_time < now() - :retention_days * interval '1 day'\n    AND end_time >= :after_time",
      instead: 'WHERE (SELECT is_ours FROM turn) AND end_time < now()\n    AND end_time >= :after_time',
    },
    {
      name: 'the child of a job that goes on is deleted',
      text: 'WHERE parent_job_id IS NULL OR NOT is_unfinished(parent_job_id)\n',
      instead: '',
      tests: ['test/store/prune-children.test.ts'],
    },
    {
      name: 'pruning never gets past kept children',
      text: 'FROM examined WHERE found.jobs < :limit OFFSET',
      instead: 'FROM examined WHERE false OFFSET',
      tests: ['test/store/prune-children.test.ts'],
    },
    {
      name: 'pruning waits for a job that a client retries',
      text: '  LIMIT ${EXAMINED_OF_EACH} * :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  LIMIT ${EXAMINED_OF_EACH} * :limit\n  FOR UPDATE',
    },
    {
      name: 'pruning deletes a job that a client retries',
      text: '  LIMIT ${EXAMINED_OF_EACH} * :limit\n  FOR UPDATE SKIP LOCKED',
      instead: '  LIMIT ${EXAMINED_OF_EACH} * :limit',
    },
    {
      name: 'pruning takes the last outcome from a schedule',
      text: 'FROM expired WHERE s.last_job_id = expired.job_id',
      instead: 'FROM expired WHERE false',
    },
    {
      name: 'messages are deleted before their retention ends',
      text: "  FROM messages\n  WHERE (SELECT is_ours FROM turn) AND end_time < now() - :retention_days * interval '1 day'",
      instead: '  FROM messages\n  WHERE (SELECT is_ours FROM turn) AND end_time < now()',
    },
    {
      name: 'audit entries are deleted before their retention ends',
      text: "AND create_time < now() - :retention_days * interval '1 day'\n  ORDER BY create_time",
      instead: 'AND create_time < now()\n  ORDER BY create_time',
    },
    {
      name: 'a batch is deleted before its jobs',
      text: '    AND NOT EXISTS (SELECT FROM jobs j WHERE j.tenant = b.tenant AND j.batch_id = b.batch_id)\n',
      instead: '',
    },
    {
      name: 'a batch is deleted that a job has just joined',
      text: '    AND succeeded + failed + canceled >= jobs\n',
      instead: '',
    },
    {
      name: 'a rate limit that still holds jobs back is deleted',
      text: 'WHERE (SELECT is_ours FROM turn) AND next_arrival < now()\n',
      instead: 'WHERE (SELECT is_ours FROM turn)\n',
    },
  ],
};

export const SWEEPS: MutantGroup = {
  file: 'lambdas/job/sweep.ts',
  tests: [SWEEP, 'test/unit/job/sweep-parents.test.ts'],
  mutants: [
    {
      name: 'a sweep asks the database although nothing can be due',
      text: "if (!mayHaveWork) return { verdict: 'idle' };",
      instead: '',
    },
    {
      name: 'a sweep declares the service idle while work remains',
      text: 'if (!workRemains) await ports.activity.settle',
      instead: 'await ports.activity.settle',
    },
    {
      name: 'a sweep never declares the service idle',
      text: 'if (!workRemains) await ports.activity.settle(checkedAt, dueAfter(checkedAt, nextInMs));',
      instead: '',
    },
    {
      name: 'a job that is due soon does not keep the sweeper awake',
      text: 'nextInMs !== null && nextInMs <= SOON_MS',
      instead: 'nextInMs !== null && nextInMs <= 0',
    },
    {
      name: 'parents that were not examined do not keep the sweeper awake',
      text: 'woken.more || !areParentsExamined ||',
      instead: 'woken.more ||',
    },
    {
      name: 'forgotten parked jobs stay parked',
      text: 'await inRounds(() => ports.store.wakeForgotten(ROUND), ports)',
      instead: 'await inRounds(() => Promise.resolve([]), ports)',
    },
    {
      name: 'parents that a sweep wakes get no message',
      text: 'sum = sumOf(sum, await sendAgain(examined.woken, ports));',
      instead: '',
    },
    {
      name: 'a sweep does not cancel the children of canceled parents',
      text: 'await followEndedJobs({ canceled: examined.canceled }, ports);',
      instead: '',
    },
    {
      name: 'a backlog in one queue hides the lost messages of all queues',
      text: '() => store.takeOverdueOfEachTenant({ allBut: busy }, sweepAfterSeconds, ROUND, ROUND),',
      instead: '() => Promise.resolve([]),',
    },
    {
      name: 'jobs of a removed queue wait forever',
      text: 'jobs.filter((job) => !ports.queues.has(job.queue)),',
      instead: 'jobs.filter(() => false),',
    },
    {
      name: 'a sweep stops after its first round',
      text: '} while (ports.hasTime());',
      instead: '} while (!ports.hasTime());',
    },
    {
      name: 'expired rows are never deleted',
      text: 'if (isPruneDue(oldestEnd, ports)) swept.pruned',
      instead: 'if (oldestEnd !== null && isPruneDue(oldestEnd, ports)) swept.pruned',
    },
  ],
};
