import fc from 'fast-check';
import type { Statement } from '../../../lambdas/adapters/aurora/data-api.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { World } from '../world/world.ts';
import { activityOf, REQUEST_MS } from './api.ts';
import { command, type Command } from './command.ts';

const PAUSABLE = [
  { kind: 'queue', name: 'default' },
  { kind: 'queue', name: 'images' },
  { kind: 'type', name: 'sleep' },
] as const;
type Pausable = (typeof PAUSABLE)[number];

const KEY = 'customer';
const LIMITS = [0, 1, 2, null] as const;

const WOKEN = `json_build_object('jobId', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)::text`;

function named(name: string, sql: string): Statement {
  return { name, sql };
}

const PAUSE = named(
  'pause',
  `INSERT INTO pauses (tenant, kind, name) VALUES ('default', :kind, :name) ON CONFLICT DO NOTHING`,
);
const RESUME = named('resume', 'DELETE FROM pauses WHERE kind = :kind AND name = :name');
const WAKE_RESUMED = named('wake-resumed', `SELECT ${WOKEN} FROM wake_resumed('default', :queue, 100)`);
const SET_LIMIT = named(
  'set-limit',
  `INSERT INTO concurrency_limits (tenant, concurrency_key, max_running) VALUES ('default', '${KEY}', :most::integer)
   ON CONFLICT (tenant, concurrency_key) DO UPDATE SET max_running = excluded.max_running`,
);
const CLEAR_LIMIT = named('clear-limit', 'DELETE FROM concurrency_limits');
const WAKE_PARKED = named(
  'wake-parked',
  `SELECT ${WOKEN}
   FROM (SELECT job_id FROM jobs WHERE concurrency_key = '${KEY}' AND status IN ('created', 'running') LIMIT 1) AS of_key,
     wake_parked(ARRAY[of_key.job_id], '{}', 100)`,
);

export const pauses: fc.Arbitrary<Command> = fc.constantFrom(...PAUSABLE).map(({ kind, name }) =>
  command(
    `pause the ${kind} ${name}`,
    () => true,
    (world) => {
      change(world, [[PAUSE, { kind, name }]]);
    },
  ),
);

export const resumes: fc.Arbitrary<Command> = fc.constantFrom(...PAUSABLE).map((paused) =>
  command(
    `resume the ${paused.kind} ${paused.name}`,
    () => true,
    (world) => {
      resume(world, paused);
    },
  ),
);

export const limitChanges: fc.Arbitrary<Command> = fc.constantFrom(...LIMITS).map((most) =>
  command(
    `set the limit of the key to ${String(most)}`,
    () => true,
    (world) => {
      setLimit(world, most);
    },
  ),
);

function resume(world: World, { kind, name }: Pausable): void {
  const queues = kind === 'queue' ? [name] : ['default', 'images'];
  change(world, [[RESUME, { kind, name }], ...queues.map((queue): Change => [WAKE_RESUMED, { queue }])]);
}

function setLimit(world: World, most: number | null): void {
  change(world, [most === null ? [CLEAR_LIMIT, {}] : [SET_LIMIT, { most }], [WAKE_PARKED, {}]]);
}

/** Ends all pauses, and clears the limit that was set. */
export function removeObstacles(world: World): void {
  for (const paused of PAUSABLE) resume(world, paused);
  setLimit(world, null);
}

type Change = readonly [Statement, Record<string, string | number>];

/** A request that marks the activity first, as every request does that may leave jobs to the sweeper, and sends messages last. */
function change(world: World, statements: readonly Change[]): void {
  world.actors.start('api', world.now + REQUEST_MS, async (actor) => {
    const dataApi = world.dataApi(actor);
    const queue = world.jobQueue(actor);
    try {
      await activityOf(world, actor, 0).mark();
      for (const [statement, parameters] of statements) {
        const woken = await dataApi.query<{ jobId: string; tenant: string; queue: string }>(
          statement,
          parameters,
        );
        if (woken.length > 0) await queue.send(woken.map((job) => ({ ...job, delaySeconds: 0 })));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailableError))
        world.violations.push(`A change of flow control failed: ${String(error)}`);
    }
  });
}
