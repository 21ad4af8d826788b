import type { InvokeCommand } from '@aws-sdk/client-lambda';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createAttemptStore } from '../../../lambdas/adapters/aurora/attempt-store.ts';
import { createVersionInvoker } from '../../../lambdas/adapters/lambda/version-invoker.ts';
import { readDeliveries } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { settleDeliveries } from '../../../lambdas/adapters/sqs/settlements.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { execute, executeJobs, type ExecutePorts } from '../../../lambdas/job/execute.ts';
import { deliveriesOf, toPinnedSettlements } from '../../../lambdas/job/pinned-jobs.ts';
import type { Delivery, Settlement } from '../../../lambdas/job/settle.ts';
import type { PinnedBatch } from '../../../lambdas/job/versions.ts';
import { runInWaves } from '../../../lambdas/job/waves.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import type { Actor } from '../world/actors.ts';
import { BATCH_SIZE, QUEUES, type Message, type QueueName } from '../world/queue.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';
import { openStepsOf } from './open-steps.ts';

/** The default of JOB_TIMEOUT, in milliseconds. */
const FUNCTION_MS = 46_000;

const WORKERS = 2;

/** Delivers up to `count` messages from a queue to an idle worker. */
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

/** A period that is longer than a lease and the visibility timeout, in milliseconds. */
const AFTER_CRASH_MS = 61_000;

/** A worker crashes right after its claim. Then time passes until its leases have expired and its messages are visible again. */
export const crashes: fc.Arbitrary<Command> = fc.constantFrom(...QUEUES).map((name) =>
  command(
    `a worker of ${name} claims, crashes, and its leases expire`,
    ({ actors, queue }) =>
      actors.active('worker').length < WORKERS && queue.visible().some((message) => message.queue === name),
    async (world) => {
      const worker = startWorker(world, name, 2);
      await world.actors.settle();
      const claim = world.actors.calls.find(({ actor }) => actor === worker);
      if (!worker || !claim) return;
      await world.carryOut(claim, 'goes well', 'returns');
      world.actors.kill(worker);
      await world.advance(AFTER_CRASH_MS);
    },
  ),
);

/** Runs one invocation of the worker, and applies the response as the event source mapping would. */
export function startWorker(world: World, queue: QueueName, count: number): Actor | undefined {
  const messages = world.queue.receive(queue, count);
  if (messages.length === 0) return undefined;
  return world.actors.start('worker', world.now + FUNCTION_MS, async (actor) => {
    const left = await handle(world, actor, queue, messages);
    const done = messages.filter(({ id }) => !left.has(id)).map(({ id }) => id);
    if (done.length === 0) return;
    const remove = (): void => {
      world.queue.remove(done);
    };
    await world.actors.ask(actor, 'sqs', `DeleteMessage ${done.join(', ')}`, remove).catch(() => undefined);
  });
}

/** Handles messages as the worker's handler does, and returns the unfinished messages. */
async function handle(
  world: World,
  actor: Actor,
  queueUrl: QueueName,
  messages: readonly Message[],
): Promise<Set<string>> {
  const ports = portsOfWorker(world, actor, world.version);
  const sqs = { client: world.sqs(actor), queueUrl, log: world.log };
  const records = messages.map(({ id, body, receives }) => ({
    ...{ messageId: id, receiptHandle: id, body },
    attributes: { ApproximateReceiveCount: String(receives) },
  })) as SQSRecord[];
  const settlementsOf = async (
    some: readonly Delivery[],
    wave: number,
    giveBackWaiting: () => Promise<void>,
  ): Promise<Settlement[]> => {
    const worker = wave === 1 ? actor.name : `${actor.name}/${wave}`;
    try {
      return await execute(some, { ...ports, worker, giveBackWaiting });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError))
        world.violations.push(`A worker failed: ${String(error)}`);
      return some.map((delivery) => ({ delivery, action: 'leave' }));
    }
  };
  // Half of the workers are too slow for a second wave, and give back the jobs that do not fit into the first wave.
  const isSlow = messages.reduce((sum, { receives }) => sum + receives, 0) % 2 === 0;
  let giveBackOthers = (): void => undefined;
  const unfinished = await runInWaves(readDeliveries(records, world.log), {
    batchSize: BATCH_SIZE,
    remainingMs: ports.remainingMs,
    async run(some, wave, giveBackWaiting) {
      const settled = settlementsOf(some, wave, giveBackWaiting);
      if (isSlow) giveBackOthers();
      return settleDeliveries(await settled, records, sqs);
    },
    giveBack: (some) =>
      settleDeliveries(
        some.map((delivery) => ({ delivery, action: 'return', afterSeconds: 0 })),
        records,
        sqs,
      ),
    startTimer(_ms, onEnd) {
      giveBackOthers = onEnd;
      return { isOver: () => false, stop: () => undefined };
    },
  });
  return new Set(unfinished.map(({ itemIdentifier }) => itemIdentifier));
}

function portsOfWorker(world: World, actor: Actor, version: number): ExecutePorts {
  const { log, clock } = world;
  return {
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
    versions: {
      own: String(version),
      run: createVersionInvoker(lambdaOf(world, actor), 'worker', log),
    },
  };
}

/** The fields of Lambda's response that a worker reads. */
interface Answer {
  readonly FunctionError?: string;
  readonly Payload?: { transformToString(): string };
}

function asPayload(answer: object): NonNullable<Answer['Payload']> {
  return { transformToString: () => JSON.stringify(answer) };
}

/** Creates a Lambda client, which a worker uses to invoke other versions of the worker. */
function lambdaOf(world: World, actor: Actor): Parameters<typeof createVersionInvoker>[0] {
  const send = async ({ input }: InvokeCommand): Promise<Answer> => {
    const version = Number(input.Qualifier);
    // The promise is wrapped in an object. Otherwise, the call would not return until the other version's invocation ended.
    const invoked = await world.actors.ask<{ answer: Promise<Answer> }>(
      actor,
      'lambda',
      `Invoke ${version}`,
      () => {
        const answer = invokeVersion(world, version, input.Payload as unknown as string);
        // If the caller has died, nothing else handles the rejection.
        answer.catch(() => undefined);
        return { answer };
      },
    );
    return invoked.answer;
  };
  return { send } as Parameters<typeof createVersionInvoker>[0];
}

/** Runs one invocation of an earlier worker version on behalf of the current version. */
function invokeVersion(world: World, version: number, event: string): Promise<Answer> {
  const gone = { name: 'ResourceNotFoundException', $fault: 'client' };
  if (!world.isKept(version)) return Promise.reject(Object.assign(new Error('gone'), gone));
  const { pinned: batch } = JSON.parse(event) as { pinned: PinnedBatch };
  const deliveries = deliveriesOf(batch);
  const jobIds = batch.jobs.map(({ jobId }) => jobId);
  return new Promise((resolve) => {
    const invocation = world.actors.start('worker', world.now + batch.remainingMs, async (own) => {
      const ports = { ...portsOfWorker(world, own, version), worker: batch.worker };
      let settlements: Settlement[];
      try {
        settlements = await executeJobs(jobIds, deliveries, ports);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError))
          world.violations.push(`A version failed: ${String(error)}`);
        settlements = deliveries.map((delivery) => ({ delivery, action: 'leave' }));
      }
      resolve({ Payload: asPayload(toPinnedSettlements(settlements)) });
    });
    invocation.onDeath = () => {
      resolve({ FunctionError: 'Unhandled' });
    };
  });
}
