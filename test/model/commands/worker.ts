import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createAttemptStore } from '../../../lambdas/adapters/aurora/attempt-store.ts';
import { settleDeliveries } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { execute } from '../../../lambdas/job/execute.ts';
import type { Settlement } from '../../../lambdas/job/settle.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import type { Actor } from '../world/actors.ts';
import { QUEUES, type Message, type QueueName } from '../world/queue.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';
import { openStepsOf } from './open-steps.ts';

/** JOB_TIMEOUT's default, in milliseconds. */
const FUNCTION_MS = 46_000;

const WORKERS = 2;

/** Delivers up to so many messages to a worker of their queue that is free. */
export const deliveries: fc.Arbitrary<Command> = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.constantFrom(...QUEUES))
  .map(([count, name]) =>
    command(
      `deliver ${count} of ${name}`,
      ({ actors, queue }) =>
        actors.active('worker').length < WORKERS && queue.visible().some((message) => message.queue === name),
      (world) => {
        startWorker(world, name, count);
      },
    ),
  );

/** One invocation of the worker Lambda, and what its event source mapping does with the answer. */
export function startWorker(world: World, queue: QueueName, count: number): void {
  const messages = world.queue.receive(queue, count);
  if (messages.length === 0) return;
  world.actors.start('worker', world.now + FUNCTION_MS, async (actor) => {
    const left = await handle(world, actor, queue, messages);
    const done = messages.filter(({ id }) => !left.has(id)).map(({ id }) => id);
    if (done.length === 0) return;
    const remove = (): void => {
      world.queue.remove(done);
    };
    await world.actors.ask(actor, 'sqs', `DeleteMessage ${done.join(', ')}`, remove).catch(() => undefined);
  });
}

/** As the worker's handler does it; returns the messages that stay. */
async function handle(
  world: World,
  actor: Actor,
  queueUrl: QueueName,
  messages: readonly Message[],
): Promise<Set<string>> {
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
        submitOf: () => submitsNothing,
        openSteps: openStepsOf(world, actor),
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
    queueUrl,
    log,
  });
  return new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
}
