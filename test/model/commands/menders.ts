import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createHistoryRollUpStore } from '../../../lambdas/adapters/aurora/history-store.ts';
import { createMendingStore } from '../../../lambdas/adapters/aurora/mending-store.ts';
import { createPruneStore } from '../../../lambdas/adapters/aurora/prune-store.ts';
import { createActivityLog } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { readDeadLetters } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { createFiringQueue } from '../../../lambdas/adapters/sqs/firing-queue.ts';
import { createQueueDepth } from '../../../lambdas/adapters/sqs/job-queue.ts';
import { handleDeadLetters } from '../../../lambdas/job/dead-letter.ts';
import { resendFiring } from '../../../lambdas/job/schedules/resend-firing.ts';
import { sweep } from '../../../lambdas/job/sweep.ts';
import { FIRINGS } from '../world/queue.ts';
import { activityClient } from '../world/table.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';

/** The default of SWEEP_AFTER. */
export const SWEEP_AFTER_SECONDS = 60;

/** The timeout of the sweeper and of the dead-letter function, in milliseconds. */
const SWEEPER_MS = 50_000;
const DEAD_LETTER_MS = 60_000;

export const sweeps: fc.Arbitrary<Command> = fc.constant(
  command('sweep', ({ actors }) => actors.active('sweeper').length < 2, startSweeper),
);

export const deadLetters: fc.Arbitrary<Command> = fc.constant(
  command(
    'deliver dead letters',
    ({ actors, queue }) => actors.active('dead-letter').length < 2 && queue.visible(queue.dead).length > 0,
    startDeadLetters,
  ),
);

/** Runs one invocation of the sweeper. */
export function startSweeper(world: World): void {
  const { clock, log } = world;
  world.actors.start('sweeper', world.now + SWEEPER_MS, async (actor) => {
    const dataApi = world.dataApi(actor);
    await sweep({
      store: {
        ...createMendingStore(dataApi),
        ...createPruneStore(dataApi),
        ...createHistoryRollUpStore(dataApi),
      },
      queue: world.jobQueue(actor),
      queues: new Set(world.queue.names),
      depth: createQueueDepth(world.sqs(actor), world.queue.urls()),
      activity: createActivityLog(
        activityClient((operation, input) => world.askForMark(actor, operation, input)),
        'table',
        clock.now,
      ),
      clock,
      log,
      sweepAfterSeconds: SWEEP_AFTER_SECONDS,
      // The retention exceeds the duration of a run, so nothing expires.
      retentionDays: 3650,
      hasTime: () => world.now < actor.endsAt,
      // If a sweep fails, the next minute's sweep catches up.
    }).catch(() => undefined);
  });
}

/** Runs one invocation of the dead-letter function, and applies the response as the event source mapping would. */
export function startDeadLetters(world: World): void {
  const messages = world.queue.receive('dead', 2);
  if (messages.length === 0) return;
  const { log, clock } = world;
  world.actors.start('dead-letter', world.now + DEAD_LETTER_MS, async (actor) => {
    const records = messages.map(({ id, body }) => ({ messageId: id, body })) as SQSRecord[];
    const { wakeUps, firings } = readDeadLetters(records, log);
    const firingPorts = { firings: createFiringQueue(world.sqs(actor), FIRINGS), now: clock.now, log };
    const areSent = await Promise.all(firings.map(({ firing }) => resendFiring(firing, firingPorts)));
    const unsent = firings.filter((_, index) => !areSent[index]).map(({ id }) => id);
    const jobIds = [...new Set(wakeUps.map(({ jobId }) => jobId))];
    const store = createMendingStore(world.dataApi(actor));
    const queues = new Set(world.queue.names);
    const ports = { store, queue: world.jobQueue(actor), queues, log };
    const left = jobIds.length > 0 ? await handleDeadLetters(jobIds, ports).catch(() => jobIds) : [];
    const done = messages
      .filter(({ id, jobIds: all }) => !all.some((jobId) => left.includes(jobId)) && !unsent.includes(id))
      .map(({ id }) => id);
    if (done.length === 0) return;
    const remove = (): void => {
      world.queue.remove(done);
    };
    await world.actors.ask(actor, 'sqs', `DeleteMessage ${done.join(', ')}`, remove).catch(() => undefined);
  });
}
