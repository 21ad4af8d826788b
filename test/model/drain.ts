import { isTerminal } from '../../lambdas/job/status.ts';
import { removeObstacles } from './commands/flow.ts';
import { startScheduled } from './commands/firings.ts';
import { startDeadLetters, startSweeper } from './commands/menders.ts';
import { startWorker } from './commands/worker.ts';
import { FIRINGS, type QueueName } from './world/queue.ts';
import type { World } from './world/world.ts';

/** The interval at which EventBridge starts the sweeper, in milliseconds. */
const MINUTE = 60_000;

/** The maximum number of rounds. Every job needs fewer rounds for all its attempts and deliveries. */
const MAX_ROUNDS = 120;

/**
 * Lets all work finish after the faults. Removes pauses and limits, lets every call succeed and every handler return, delivers the messages, and runs
 * the sweeper every minute.
 *
 * @throws Error if a job does not become terminal
 */
export async function drain(world: World): Promise<void> {
  // Pause requests must finish first, so that no pause begins after all pauses have been removed.
  await finishActors(world);
  removeObstacles(world);
  await world.actors.settle();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await finishActors(world);
    const areTerminal = [...world.rows.jobs.values()].every(({ status }) => isTerminal(status));
    if (areTerminal && world.queue.firings.length === 0) return;
    const [message] = world.queue.visible();
    if (message?.queue === FIRINGS) startScheduled(world);
    else if (message) startWorker(world, message.queue as QueueName, 10);
    else if (world.queue.visible(world.queue.dead).length > 0) startDeadLetters(world);
    else {
      await world.advance(await untilNextMs(world));
      startSweeper(world);
    }
    await world.actors.settle();
  }
  const left = [...world.rows.jobs.values()].filter(({ status }) => !isTerminal(status));
  throw new Error(`Never terminal: ${JSON.stringify(left)}; queue: ${JSON.stringify(world.queue.main)}`);
}

async function finishActors(world: World): Promise<void> {
  for (;;) {
    const [call] = world.actors.calls;
    if (!call) break;
    await world.carryOut(call, 'goes well', 'returns');
    await world.check();
  }
}

/**
 * Returns the time until the next round, in milliseconds: a minute, or longer if no message is due and the sweeper is asleep.
 */
async function untilNextMs({ now, queue, table }: World): Promise<number> {
  if (await table.sweeperWouldLook(now)) return MINUTE;
  const times = [...queue.main, ...queue.dead].map(({ visibleAt }) => visibleAt);
  const dueAt = table.dueAt();
  const next = Math.min(...times, ...(dueAt === undefined ? [] : [dueAt]));
  return Math.min(Math.max(MINUTE, next - now), 10 * 86_400_000);
}
