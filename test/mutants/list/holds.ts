import type { MutantGroup } from '../mutant.ts';

const FLOW = 'test/store/flow-control.test.ts';
const KEYS = 'test/store/concurrency-keys.test.ts';
const LIMITS = 'test/store/concurrency-limits.test.ts';
const OTHERS = 'test/store/other-tenants.test.ts';
const PAUSES = 'test/store/pauses.test.ts';

/** The `hold_back` function, as defined in migration 0030. */
export const HOLDS: MutantGroup = {
  file: 'migrations/0030-steps.sql',
  tests: [FLOW],
  mutants: [
    {
      name: 'one job too many of a concurrency key starts',
      text: 'AND free_slots(of_job, starting) <= 0 THEN',
      instead: 'AND free_slots(of_job, starting) < 0 THEN',
      tests: [KEYS],
    },
    {
      name: 'a lost job loses its slot',
      text: "of_job.concurrency_key IS NOT NULL AND of_job.status = 'created' AND free_slots",
      instead: 'of_job.concurrency_key IS NOT NULL AND free_slots',
      tests: [KEYS],
    },
    {
      name: 'rate limits hold no job',
      text: 'IF of_job.rate_key IS NULL OR of_job.continues THEN',
      instead: 'IF of_job.rate_key IS NULL OR of_job.rate_limit > 0 THEN',
    },
    {
      name: 'a suspended job takes a second token of its rate limit',
      text: 'IF of_job.rate_key IS NULL OR of_job.continues THEN',
      instead: 'IF of_job.rate_key IS NULL THEN',
      tests: ['test/store/limits-of-suspended-jobs.test.ts'],
    },
    {
      name: 'one job more than the burst starts at once',
      text: 'start_at := arrival - (of_job.rate_burst - 1) * spacing;',
      instead: 'start_at := arrival - of_job.rate_burst * spacing;',
    },
    {
      name: 'tenants share a rate limit of the same name',
      text: 'WHERE r.tenant = of_job.tenant AND r.rate_key = of_job.rate_key;',
      instead: 'WHERE r.rate_key = of_job.rate_key;',
      tests: [FLOW, PAUSES],
    },
    {
      name: 'a job waits behind another tenant’s jobs of the same rate limit',
      text: "WHERE j.tenant = of_job.tenant AND j.held_by = 'rate'",
      instead: "WHERE j.held_by = 'rate'",
      tests: [FLOW, PAUSES],
    },
    {
      name: 'a new job overtakes the jobs that wait for the rate limit',
      text: '(of_job.held_by IS NOT NULL OR last_start IS NULL OR last_start < moment)',
      instead: 'true',
    },
    {
      name: 'two waiting jobs get the same start time',
      text: 'GREATEST(start_at, last_start + spacing, moment)',
      instead: 'GREATEST(start_at, moment)',
    },
    {
      name: 'a start does not use up the rate limit',
      text: 'ON CONFLICT (tenant, rate_key) DO UPDATE SET next_arrival = excluded.next_arrival;',
      instead: 'ON CONFLICT (tenant, rate_key) DO NOTHING;',
    },
    {
      name: 'a message is kept in SQS for a start in more than 15 minutes',
      text: "THEN start_at ELSE start_at - interval '10 minutes' END",
      instead: 'THEN start_at ELSE start_at END',
    },
    {
      name: 'the attempt of a lost job that a rate limit holds stays open',
      text: '  PERFORM lose_attempt(of_job.job_id);\n',
      instead: '',
    },
  ],
};

export const PAUSED: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/pauses.ts',
  tests: [PAUSES],
  mutants: [
    {
      name: 'a repeated pause has another audit entry',
      text: "auditEntry('name', 'paused WHERE is_new')",
      instead: "auditEntry('name', 'paused')",
    },
    {
      name: 'a repeated pause changes who paused',
      text: 'DO UPDATE SET created_by = present.created_by',
      instead: 'DO UPDATE SET created_by = excluded.created_by',
    },
    {
      name: 'a tenant ends the pauses of all tenants',
      text: 'DELETE FROM pauses WHERE tenant = :tenant AND kind = :kind AND name = :name',
      instead: 'DELETE FROM pauses WHERE :tenant IS NOT NULL AND kind = :kind AND name = :name',
      tests: [OTHERS],
    },
    {
      name: 'the end of the pause of a queue ends that of the type of the same name',
      text: 'DELETE FROM pauses WHERE tenant = :tenant AND kind = :kind AND name = :name',
      instead: 'DELETE FROM pauses WHERE tenant = :tenant AND :kind IS NOT NULL AND name = :name',
    },
    {
      name: 'the queues of all tenants are woken after a pause of a type',
      text: "WHERE tenant = :tenant AND status = 'created'\nGROUP BY queue",
      instead: "WHERE :tenant IS NOT NULL AND status = 'created'\nGROUP BY queue",
      equivalent:
        'The statement only selects the queues in which wake_resumed looks for the tenant’s jobs. With one queue too many, it finds no jobs there.',
    },
    {
      name: 'a change of a limit wakes another tenant’s jobs',
      text: 'const OPEN_OF_KEY = `tenant = :tenant AND concurrency_key',
      instead: 'const OPEN_OF_KEY = `:tenant IS NOT NULL AND concurrency_key',
      tests: [LIMITS],
    },
  ],
};

export const SET_LIMITS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/concurrency-keys.ts',
  tests: [LIMITS],
  mutants: [
    {
      name: 'setting a limit to what it is has an audit entry',
      text: '  WHERE present.max_running <> excluded.max_running\n',
      instead: '',
    },
    {
      name: 'a tenant deletes the limits of all tenants',
      text: 'DELETE FROM concurrency_limits WHERE tenant = :tenant AND concurrency_key = :key',
      instead: 'DELETE FROM concurrency_limits WHERE :tenant IS NOT NULL AND concurrency_key = :key',
      tests: [OTHERS],
    },
    {
      name: 'the list of the keys counts the jobs of all tenants',
      text: 'FROM jobs j WHERE j.tenant = :tenant AND j.concurrency_key = keys.key AND j.${OPEN}',
      instead: 'FROM jobs j WHERE j.concurrency_key = keys.key AND j.${OPEN}',
    },
    {
      name: 'the list of the keys has those of all tenants',
      text: 'WHERE tenant = :tenant AND concurrency_key > keys.key AND ${condition}',
      instead: 'WHERE concurrency_key > keys.key AND ${condition}',
    },
  ],
};
