import type { MutantGroup } from '../mutant.ts';

const FLOW = 'test/store/flow-control.test.ts';
const KEYS = 'test/store/concurrency-keys.test.ts';
const LIMITS = 'test/store/concurrency-limits.test.ts';
const PAUSES = 'test/store/pauses.test.ts';
const LOCKS = 'test/store/flow-locks.test.ts';
const RACES = 'test/store/flow-races.test.ts';

export const FLOW_CONTROL: MutantGroup = {
  file: 'migrations/0021-flow-control.sql',
  tests: [KEYS, FLOW],
  mutants: [
    {
      name: 'a job that was woken to use a slot has none',
      text: "CASE WHEN wake_at IS NULL THEN 'parked' ELSE 'slot' END",
      instead: "CASE WHEN wake_at IS NULL THEN 'parked' ELSE 'none' END",
    },
    {
      name: 'the limit that an operator set is ignored',
      text: 'WHERE l.tenant = of_job.tenant AND l.concurrency_key = of_job.concurrency_key),',
      instead: 'WHERE false),',
      tests: [KEYS, LIMITS],
    },
    {
      name: 'the limit that an operator set applies to all tenants',
      text: 'WHERE l.tenant = of_job.tenant AND l.concurrency_key = of_job.concurrency_key),',
      instead: 'WHERE l.concurrency_key = of_job.concurrency_key LIMIT 1),',
      tests: [LIMITS, KEYS],
    },
    {
      name: 'tenants share the slots of keys of the same name',
      text: 'WHERE j.tenant = of_job.tenant AND j.concurrency_key = of_job.concurrency_key AND j.status IN',
      instead: 'WHERE j.concurrency_key = of_job.concurrency_key AND j.status IN',
    },
    {
      name: 'a free slot wakes one job too many',
      text: 'EXIT WHEN free_slots(parked, starting) <= 0;',
      instead: 'EXIT WHEN free_slots(parked, starting) < 0;',
    },
    {
      name: 'parked jobs start in the order of their ids',
      text: 'ORDER BY start_rank(j.priority, j.due_at)\n      LIMIT most',
      instead: 'ORDER BY j.job_id\n      LIMIT most',
    },
    {
      name: 'a job that starts by its own message is woken as well',
      text: 'AND j.job_id <> ALL (starting)\n',
      instead: '\n',
    },
    {
      name: 'the end of a job wakes another tenant’s job',
      text: 'WHERE j.tenant = of_key.tenant AND j.concurrency_key = of_key.concurrency_key AND',
      instead: 'WHERE j.concurrency_key = of_key.concurrency_key AND',
    },
    {
      name: 'the attempt of a lost job that is parked stays open',
      text: '  PERFORM lose_attempt(parked_id);\n',
      instead: '',
      tests: [FLOW],
    },
    {
      name: 'the end of a pause wakes jobs of a queue that is paused',
      text: "IF EXISTS (SELECT FROM pauses p WHERE p.tenant = of_tenant AND p.kind = 'queue' AND p.name = of_queue) THEN",
      instead: 'IF false THEN',
      tests: [FLOW, PAUSES],
    },
    {
      name: 'the end of a pause wakes jobs of a type that is paused',
      text: "CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END = of_queue\n        AND NOT EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)",
      instead: "CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END = of_queue",
      tests: [FLOW, PAUSES],
    },
    {
      name: 'the end of a pause wakes another tenant’s jobs',
      text: "WHERE j.tenant = of_tenant AND j.held_by = 'pause'",
      instead: "WHERE j.held_by = 'pause'",
      tests: [PAUSES, FLOW],
    },
    {
      name: 'the sweeper waits for the locks of keys',
      text: "IF pg_try_advisory_xact_lock(flow_lock('concurrency key', place.tenant, place.name)) THEN",
      instead:
        "PERFORM pg_advisory_xact_lock(flow_lock('concurrency key', place.tenant, place.name));\n    IF true THEN",
      tests: [LOCKS],
    },
    {
      name: 'the sweeper does not wake jobs of an ended pause',
      text: "IF place.held_by = 'pause' THEN",
      instead: "IF place.held_by = 'none' THEN",
      tests: [FLOW, PAUSES],
    },
  ],
};

export const STARTS: MutantGroup = {
  file: 'migrations/0038-suspects-run-alone.sql',
  tests: [KEYS, FLOW],
  mutants: [
    {
      name: 'the jobs of a claim do not count against each other',
      text: 'starting := starting || own.job_id;',
      instead: 'NULL;',
    },
    {
      name: 'a paused queue goes on starting jobs',
      text: "OR EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'queue' AND p.name = j.queue)",
      instead: '',
      tests: [FLOW],
    },
    {
      name: 'a paused job type goes on starting jobs',
      text: "OR EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)\n      OR j.status",
      instead: 'OR j.status',
      tests: [FLOW],
    },
    {
      name: 'a pause of one tenant holds the jobs of all',
      text: "JOIN pauses p ON p.tenant = j.tenant AND (p.kind, p.name) IN (('queue', j.queue), ('type', j.type))",
      instead: "JOIN pauses p ON (p.kind, p.name) IN (('queue', j.queue), ('type', j.type))",
      tests: [FLOW],
    },
    {
      name: 'the pause of a queue holds the type of the same name',
      text: "AND (p.kind, p.name) IN (('queue', j.queue), ('type', j.type))",
      instead: 'AND p.name IN (j.queue, j.type)',
      tests: [FLOW],
    },
    {
      name: 'the end of a pause misses a job that is being parked',
      text: '    FOR SHARE OF p\n',
      instead: '',
      tests: [PAUSES],
    },
    {
      name: 'a delivery runs its own job although a more urgent one is due',
      text: "u.priority < j.priority AND u.status = 'created' AND u.wake_at IS NOT NULL",
      instead: 'false',
      tests: [FLOW],
    },
    {
      name: 'a delivery runs another tenant’s urgent job',
      text: 'WHERE j.tenant = own.tenant AND j.queue = own.queue AND j.priority = level',
      instead: 'WHERE j.queue = own.queue AND j.priority = level',
      tests: [FLOW],
    },
    {
      name: 'a delivery runs an urgent job of another queue',
      text: 'WHERE j.tenant = own.tenant AND j.queue = own.queue AND j.priority = level',
      instead: 'WHERE j.tenant = own.tenant AND j.priority = level',
      tests: [FLOW],
    },
    {
      name: 'urgent jobs keep a less urgent job waiting forever',
      text: "j.run_at <= LEAST(moment, COALESCE(own.due_at, own.run_at) + (own.priority - level) * interval '1 hour')",
      instead: 'j.run_at <= moment',
      tests: [FLOW],
    },
    {
      name: 'an urgent job of a paused type starts',
      text: "AND NOT EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)\n        -- A suspect",
      instead: '-- A suspect',
      tests: [FLOW],
    },
    {
      name: 'two deliveries of a batch run the same urgent job',
      text: 'AND j.job_id <> ALL (offered || urgent_ids)',
      instead: 'AND j.job_id <> ALL (offered)',
      tests: [FLOW],
    },
    {
      name: 'a claim waits for an urgent job that another transaction has locked',
      text: '      LIMIT 1\n      FOR UPDATE SKIP LOCKED;\n    END LOOP;',
      instead: '      LIMIT 1\n      FOR UPDATE;\n    END LOOP;',
      tests: [LOCKS, FLOW, RACES],
    },
    {
      name: 'a claim does not note which urgent job it runs',
      text: 'UPDATE jobs SET yielded_to = urgent.job_id, worker = by_worker WHERE job_id = own.job_id;',
      instead: '',
      tests: [FLOW],
    },
    {
      name: 'claims of one key do not wait for each other',
      text: '  PERFORM lock_flow_keys(offered || urgent_ids || dropped);\n',
      instead: '',
      tests: [RACES],
    },
    {
      name: 'a claim parks lost jobs before it has the locks of their keys',
      text: '  PERFORM lock_flow_keys(offered || urgent_ids || dropped);\n',
      instead:
        "  PERFORM park(id, 'pause') FROM unnest(paused) AS id;\n  PERFORM lock_flow_keys(offered || urgent_ids || dropped);\n",
      tests: [LOCKS],
    },
    {
      name: 'the slot of a job that a claim held back stays empty',
      text: "  IF dropped <> '{}' THEN\n    RETURN QUERY SELECT NULL::uuid, 'woken'",
      instead: "  IF false THEN\n    RETURN QUERY SELECT NULL::uuid, 'woken'",
    },
  ],
};
