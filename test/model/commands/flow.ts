import fc from 'fast-check';
import { createFlowStore } from '../../../lambdas/adapters/aurora/flow-store.ts';
import type { AuditAction } from '../../../lambdas/job/audit.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { changeLimit, type ConcurrencyKeyPorts } from '../../../lambdas/job/flow/concurrency-keys.ts';
import {
  NothingToPauseError,
  pause,
  resume,
  type Pausable,
  type PausePorts,
} from '../../../lambdas/job/flow/pauses.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import type { Actor } from '../world/actors.ts';
import type { World } from '../world/world.ts';
import { activityOf, REQUEST_MS } from './api.ts';
import { command, type Command } from './command.ts';

const PAUSABLE: readonly Pausable[] = [
  { kind: 'queue', name: 'default' },
  { kind: 'queue', name: 'images' },
  { kind: 'type', name: 'sleep' },
];

const KEY = 'customer';
const LIMITS = [0, 1, 2, null] as const;

export const pauses: fc.Arbitrary<Command> = fc.constantFrom(...PAUSABLE).map((paused) =>
  command(
    `pause the ${paused.kind} ${paused.name}`,
    () => true,
    (world) => {
      change(world, (ports) => pause('default', paused, entry(world, actionOn(paused, 'pause')), ports));
    },
  ),
);

export const resumes: fc.Arbitrary<Command> = fc.constantFrom(...PAUSABLE).map((paused) =>
  command(
    `resume the ${paused.kind} ${paused.name}`,
    () => true,
    (world) => {
      endPause(world, paused);
    },
  ),
);

export const limitChanges: fc.Arbitrary<Command> = fc.constantFrom(...LIMITS).map((most) =>
  command(
    `set the key’s limit to ${String(most)}`,
    () => true,
    (world) => {
      setLimit(world, most);
    },
  ),
);

/** Ends all pauses, and removes the limit. */
export function removeObstacles(world: World): void {
  for (const paused of PAUSABLE) endPause(world, paused);
  setLimit(world, null);
}

function endPause(world: World, paused: Pausable): void {
  change(world, (ports) => resume('default', paused, entry(world, actionOn(paused, 'resume')), ports));
}

function setLimit(world: World, most: number | null): void {
  const action = most === null ? 'concurrency_limit.delete' : 'concurrency_limit.put';
  change(world, (ports) => changeLimit('default', KEY, most, entry(world, action), ports));
}

function actionOn<Verb extends 'pause' | 'resume'>({ kind }: Pausable, verb: Verb) {
  return kind === 'queue' ? (`queue.${verb}` as const) : (`job_type.${verb}` as const);
}

const entry = (world: World, action: AuditAction) => entryOf(action, world.clock.newId());

type FlowPorts = PausePorts & ConcurrencyKeyPorts;

/** Runs a request that changes a pause or a concurrency limit. */
function change(world: World, makeChange: (ports: FlowPorts) => Promise<unknown>): void {
  world.actors.start('api', world.now + REQUEST_MS, async (actor) => {
    try {
      await makeChange(portsOf(world, actor));
    } catch (error) {
      // The request fails with NothingToPauseError if a deployment has removed the queue.
      if (!(error instanceof StoreUnavailableError || error instanceof NothingToPauseError))
        world.violations.push(`A change of flow control failed: ${String(error)}`);
    }
  });
}

function portsOf(world: World, actor: Actor): FlowPorts {
  const store = createFlowStore(world.dataApi(actor));
  const startedAt = world.now;
  return {
    pauses: store,
    keys: store,
    activity: activityOf(world, actor, 0),
    queue: world.jobQueue(actor),
    queues: [...world.queue.names],
    types: ['sleep'],
    log: world.log,
    elapsedMs: () => world.now,
    leftMs: () => startedAt + REQUEST_MS - world.now,
  };
}
