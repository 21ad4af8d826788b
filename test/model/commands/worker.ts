import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createAttemptStore } from '../../../lambdas/adapters/aurora/attempt-store.ts';
import { settleDeliveries } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { execute, type Settlement } from '../../../lambdas/job/execute.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import type { Actor } from '../world/actors.ts';
import type { Message } from '../world/queue.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';

/** JOB_TIMEOUT's default, in milliseconds. */
const FUNCTION_MS = 46_000;

const WORKERS = 2;

/** Delivers up to so many messages to a worker that is free. */
export const deliveries: fc.Arbitrary<Command> = fc.integer({ min: 1, max: 2 }).map((count) =>
  command(
    `deliver ${count}`,
    ({ actors, queue }) => actors.active('worker').length < WORKERS && queue.visible().length > 0,
    (world) => {
      startWorker(world, count);
    },
  ),
);

/** One invocation of the worker Lambda, and what its event source mapping does with the answer. */
export function startWorker(world: World, count: number): void {
  const messages = world.queue.receive('main', count);
  if (messages.length === 0) return;
  world.actors.start('worker', world.now + FUNCTION_MS, async (actor) => {
    const left = await handle(world, actor, messages);
    const done = messages.filter(({ id }) => !left.has(id)).map(({ id }) => id);
    if (done.length === 0) return;
    const remove = (): void => {
      world.queue.remove(done);
    };
    await world.actors.ask(actor, 'sqs', `DeleteMessage ${done.join(', ')}`, remove).catch(() => undefined);
  });
}

/** As the worker's handler does it; returns the messages that stay. */
async function handle(world: World, actor: Actor, messages: readonly Message[]): Promise<Set<string>> {
  const { log, clock } = world;
  let settlements: Settlement[];
  try {
    settlements = await execute(
      messages.map(({ id, jobId }) => ({ id, jobId })),
      {
        store: createAttemptStore(world.dataApi(actor)),
        queue: world.jobQueue(actor),
        jobTypes: world.jobTypes(actor),
        clock,
        log,
        filesOf: memoryFiles(),
        worker: actor.name,
        remainingMs: () => actor.endsAt - world.now,
      },
    );
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) world.violations.push(`A worker failed: ${String(error)}`);
    return new Set(messages.map(({ id }) => id));
  }
  const records = messages.map(({ id }) => ({ messageId: id, receiptHandle: id })) as SQSRecord[];
  const failures = await settleDeliveries(settlements, records, {
    client: world.sqs(actor),
    queueUrl: 'queue',
    log,
  });
  return new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
}
