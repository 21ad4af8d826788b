import type { MutantGroup } from '../mutant.ts';

const CHILDREN = 'test/store/children.test.ts';
const FAMILIES = 'test/store/families.test.ts';
const EXAMINE = 'test/store/examine-parents.test.ts';
const SIGNALS = 'test/store/signals.test.ts';
const STEPS = 'test/store/steps.test.ts';
const RACES = 'test/store/step-races.test.ts';

export const CANCELED_CHILDREN: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/children.ts',
  tests: [CHILDREN],
  mutants: [
    {
      name: 'the children of a parent that goes on are canceled',
      text: " AND p.status = 'canceled'",
      instead: '',
    },
    {
      name: 'independent children are canceled with their parent',
      text: ' AND c.ends_with_parent',
      instead: '',
    },
    {
      name: 'the cancellation of children never comes to an end',
      text: 'AND c.ends_with_parent AND c.cancel_requested_at IS NULL',
      instead: 'AND c.ends_with_parent',
    },
    {
      name: 'a child that has ended meanwhile is canceled',
      text: "SELECT * FROM locked WHERE status IN ('created', 'running') AND cancel_requested_at IS NULL",
      instead: 'SELECT * FROM locked WHERE cancel_requested_at IS NULL',
    },
    {
      name: 'the cancellation of many children stops after the first statement',
      text: '(SELECT count(*) FROM chosen) = :limit',
      instead: '(SELECT count(*) FROM chosen) > :limit',
    },
    {
      name: 'the slots of canceled children stay empty',
      text: "WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL`;",
      instead: 'WHERE false`;',
    },
    {
      name: 'the callbacks of canceled children are not named',
      text: "'callback_job_id', CASE WHEN changed.end_time IS NOT NULL",
      instead: "'callback_job_id', CASE WHEN false",
    },
    {
      name: 'the batches of canceled children are not named',
      text: "'batch_id', CASE WHEN changed.end_time IS NOT NULL",
      instead: "'batch_id', CASE WHEN false",
    },
    {
      name: 'the grandchildren of a canceled job go on',
      text: "'has_children', CASE WHEN changed.status = 'canceled'",
      instead: "'has_children', CASE WHEN false",
    },
  ],
};

export const WAKE_UPS_OF_FAMILIES: MutantGroup = {
  file: 'migrations/0031-children.sql',
  tests: [CHILDREN, EXAMINE],
  mutants: [
    {
      name: 'every end of a child names its parent',
      text: 'SELECT count(*) < 100 + ended\n',
      instead: 'SELECT count(*) <= 100 + ended\n',
      tests: [FAMILIES],
    },
    {
      name: 'of many last children that end at once, none names the parent',
      text: 'SELECT count(*) < 100 + ended\n',
      instead: 'SELECT count(*) < ended\n',
      tests: [FAMILIES, CHILDREN],
    },
    {
      name: 'independent children count as children to cancel',
      text: ' AND child.ends_with_parent\n',
      instead: '\n',
      tests: [EXAMINE, FAMILIES],
    },
    {
      name: 'children that are to be canceled already count as children to cancel',
      text: '\n      AND child.cancel_requested_at IS NULL);',
      instead: ');',
      tests: [FAMILIES, EXAMINE],
    },
    {
      name: 'a job is woken by a step that it does not wait for',
      text: 's.job_id = of_job AND s.awaited AND is_step_over(s)',
      instead: 's.job_id = of_job AND is_step_over(s)',
    },
    {
      name: 'a parent is woken while children go on',
      text: '\n      AND j.run_at > clock_timestamp() AND is_wait_over(j.job_id)',
      instead: '\n      AND j.run_at > clock_timestamp()',
    },
    {
      name: 'the last two children both wake their parent',
      text: '\n      AND j.run_at > clock_timestamp() AND is_wait_over(j.job_id)',
      instead: '\n      AND is_wait_over(j.job_id)',
      equivalent:
        'The first wake-up sets waits_for to null under the lock of the row, so a second one does not find the job. The condition only describes suspended jobs.',
    },
    {
      name: 'a parent that was canceled is woken',
      text: "WHERE j.job_id = ANY (locked) AND j.status = 'created' AND j.continues AND j.held_by IS NULL AND j.waits_for = 'children'",
      instead: 'WHERE j.job_id = ANY (locked)',
    },
    {
      name: 'the end of a child does not see a suspension that is recorded at that moment',
      text: 'ORDER BY j.job_id FOR NO KEY UPDATE) AS parents',
      instead: 'ORDER BY j.job_id) AS parents',
      tests: [CHILDREN, RACES],
    },
    {
      name: 'the sweeper does not wake parents whose wake-up was lost',
      text: 'IF place = suspended AND is_wait_over(place) THEN',
      instead: 'IF false THEN',
      tests: [EXAMINE],
    },
    {
      name: 'the sweeper does not find the canceled parents of children that go on',
      text: 'IF place = with_children AND EXISTS',
      instead: 'IF false AND EXISTS',
      tests: [EXAMINE],
    },
    {
      name: 'the sweeper cancels the children of parents that go on',
      text: "EXISTS (SELECT FROM jobs p WHERE p.job_id = place AND p.status = 'canceled') AND",
      instead: '',
      tests: [EXAMINE],
    },
    {
      name: 'two sweeps examine the same parents one after the other',
      text: 'FROM examined_parents FOR UPDATE SKIP LOCKED',
      instead: 'FROM examined_parents FOR UPDATE',
      tests: [EXAMINE],
    },
    {
      name: 'each sweep examines the same first parents',
      text: 'UPDATE examined_parents SET last_id = COALESCE(place,',
      instead: 'UPDATE examined_parents SET last_id = COALESCE(NULL,',
      tests: [EXAMINE],
    },
  ],
};

export const SENT_SIGNALS: MutantGroup = {
  file: 'migrations/0031-children.sql',
  tests: [SIGNALS],
  mutants: [
    {
      name: 'a client signals another tenant’s job',
      text: 'WHERE j.job_id = of_job AND j.tenant = of_tenant\n',
      instead: 'WHERE j.job_id = of_job\n',
    },
    {
      name: 'a signal misses a suspension that is recorded at that moment',
      text: 'j.tenant = of_tenant\n  FOR NO KEY UPDATE;',
      instead: 'j.tenant = of_tenant;',
    },
    {
      name: 'a signal that is repeated after a lost response does not wake the job',
      text: 'is_new := EXISTS (SELECT FROM audit_entries a WHERE a.tenant = of_tenant AND a.entry_id = entry);',
      instead: 'is_new := false;',
    },
    {
      name: 'a job that has ended accepts signals',
      text: 'IF own.end_time IS NOT NULL THEN',
      instead: 'IF false THEN',
    },
    {
      name: 'a job accepts one signal more than it may have',
      text: 's.job_id = of_job) >= most THEN',
      instead: 's.job_id = of_job) > most THEN',
    },
    {
      name: 'a signal of any name wakes a job',
      text: "AND s.kind = 'signal' AND s.detail ->> 'signal' = signal_name);",
      instead: "AND s.kind = 'signal');",
    },
    {
      name: 'a signal wakes a job by a step that it does not wait for now',
      text: "s.job_id = of_job AND s.awaited AND s.status = 'waiting' AND s.kind = 'signal'",
      instead: "s.job_id = of_job AND s.status = 'waiting' AND s.kind = 'signal'",
    },
    {
      name: 'a signal does not name the job that it woke',
      text: "'woken', CASE WHEN is_new AND",
      instead: "'woken', CASE WHEN false AND",
    },
    {
      name: 'a signal resets the time of a job that is due',
      text: 'AND j.held_by IS NULL AND j.waits_for IS NOT NULL\n      AND j.run_at > clock_timestamp()\n',
      instead: 'AND j.held_by IS NULL AND j.waits_for IS NOT NULL\n',
      equivalent:
        'If a job’s wake-up time is past, its message leads to a claim anyway. The signal would only set that time to now.',
    },
  ],
};

export const RECORDED_STEPS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/steps.ts',
  tests: [STEPS],
  mutants: [
    {
      name: 'a step is recorded without a look at the attempt',
      text: 'attempt = :attempt::integer AND fence = :fence::bigint',
      instead: ':attempt::integer > 0 AND fence = :fence::bigint',
    },
    {
      name: 'a step is recorded without a look at the fence',
      text: 'attempt = :attempt::integer AND fence = :fence::bigint',
      instead: 'attempt = :attempt::integer AND :fence::bigint > 0',
    },
    {
      name: 'a step is recorded for a job that does not run',
      text: " AND fence = :fence::bigint AND status = 'running'\n",
      instead: ' AND fence = :fence::bigint\n',
    },
    {
      name: 'a step is recorded after the outcome of its job',
      text: '\n  FOR NO KEY UPDATE\n)`',
      instead: '\n)`',
      tests: [STEPS, RACES],
    },
    {
      name: 'a step that has ended changes',
      text: "const IS_OPEN = `s.status = 'waiting' OR s.kind = 'checkpoint'`;",
      instead: 'const IS_OPEN = `true`;',
    },
    {
      name: 'a checkpoint is saved once only',
      text: "const IS_OPEN = `s.status = 'waiting' OR s.kind = 'checkpoint'`;",
      instead: "const IS_OPEN = `s.status = 'waiting'`;",
    },
    {
      name: 'the results of a map are lost',
      text: " OR (s.kind = 'map' AND s.result IS NULL)",
      instead: '',
      tests: ['test/store/waits-for-children.test.ts'],
    },
    {
      name: 'the results of a map change after they were recorded',
      text: "(s.kind = 'map' AND s.result IS NULL)",
      instead: "(s.kind = 'map')",
      tests: ['test/store/waits-for-children.test.ts', STEPS],
    },
  ],
};

export const APPROVALS: MutantGroup = {
  file: 'lambdas/adapters/aurora/sql/signals.ts',
  tests: [SIGNALS],
  mutants: [
    {
      name: 'an approval page shows the answer to another link',
      text: ' AND answer.key = :key\n',
      instead: ' AND :key IS NOT NULL\n',
    },
    {
      name: 'an approval page shows a step of any kind',
      text: " AND s.kind = 'approval'`",
      instead: '`',
    },
  ],
};
