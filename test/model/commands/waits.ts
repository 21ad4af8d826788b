import fc from 'fast-check';
import { createJobStore } from '../../../lambdas/adapters/aurora/job-store.ts';
import { createWaitSlots } from '../../../lambdas/adapters/dynamodb/wait-slots.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { MAX_WAIT_SECONDS, waitForEnd, type WaitSlots } from '../../../lambdas/job/wait.ts';
import type { Actor } from '../world/actors.ts';
import { waitSetsClient } from '../world/wait-sets.ts';
import { MOST_WAITS, type World } from '../world/world.ts';
import { REQUEST_MS } from './api.ts';
import { command, type Command } from './command.ts';

const LIMITS = { perTenant: MOST_WAITS, total: MOST_WAITS };

/** A client waits for an existing job to end. */
export const waits: fc.Arbitrary<Command> = fc.nat({ max: 7 }).map((index) =>
  command(
    `wait for job ${index}`,
    ({ rows }) => rows.jobs.size > 0,
    (world) => {
      const jobId = world.jobId(index) ?? '';
      world.actors.start('api', world.now + REQUEST_MS, async (actor) => {
        try {
          await waitAs(world, actor, jobId);
        } catch (error) {
          if (error instanceof StoreUnavailableError) return;
          world.violations.push(`The wait for ${jobId} failed: ${String(error)}`);
        }
      });
    },
  ),
);

async function waitAs(world: World, actor: Actor, jobId: string): Promise<void> {
  const store = createJobStore(world.dataApi(actor), [...world.queue.names]);
  const job = await store.get('default', jobId);
  if (!job) return;
  const { value: seen } = await waitForEnd('default', job, MAX_WAIT_SECONDS * 1000, {
    store,
    slots: watchedSlots(world, actor),
    elapsedMs: () => world.now,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    clock: world.clock,
    log: world.log,
  });
  if (seen.job_id !== jobId) world.violations.push(`A client waited for ${jobId}, but got ${seen.job_id}.`);
}

/** Creates an actor's wait slots. The world records the actors that hold a slot. */
function watchedSlots(world: World, actor: Actor): WaitSlots {
  const client = waitSetsClient((operation, input) =>
    world.actors.ask(actor, 'dynamodb', `${operation} ${input.Key.pk.S}`, () =>
      world.waitSets.carryOut(input),
    ),
  );
  const slots = createWaitSlots(client, 'table', LIMITS, world.clock);
  return {
    async take(tenant) {
      const slot = await slots.take(tenant);
      if (!slot) return undefined;
      world.waiting.add(actor);
      return {
        release() {
          world.waiting.delete(actor);
          return slot.release();
        },
      };
    },
  };
}

/** Checks that all slots are free a minute later, no matter how the waits ended. */
export async function expectFreeSlots(world: World): Promise<void> {
  await world.advance(60_000);
  const client = waitSetsClient((_operation, input) => Promise.resolve(world.waitSets.carryOut(input)));
  const slots = createWaitSlots(client, 'table', LIMITS, world.clock);
  for (let taken = 0; taken < MOST_WAITS; taken += 1) {
    if (!(await slots.take('default'))) throw new Error(`Only ${taken} wait slots are free.`);
  }
}
