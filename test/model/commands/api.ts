import fc from 'fast-check';
import { createActivity } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { createJobStore } from '../../../lambdas/adapters/aurora/job-store.ts';
import { createSubmissionStore } from '../../../lambdas/adapters/aurora/submission-store.ts';
import { BULK_JOB_TYPE } from '../../../lambdas/job/catalogue.ts';
import { DuplicateJobError, StoreUnavailableError, TooManyJobsError } from '../../../lambdas/job/errors.ts';
import type { Activity } from '../../../lambdas/job/activity.ts';
import { submitBatch } from '../../../lambdas/job/submit-batch.ts';
import {
  submit,
  type Submission,
  type SingleSubmitPorts,
  type Submitted,
} from '../../../lambdas/job/submit.ts';
import type { Actor } from '../world/actors.ts';
import { activityClient } from '../world/table.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';

/** API Gateway gives a request up after this long, and so does the function, in milliseconds. */
export const REQUEST_MS = 30_000;

/** The longer jumps of the clock pass the end of a window, and the shorter ones do not. */
const WINDOW_SECONDS = 300;

const DAY_SECONDS = 86_400;

const submission: fc.Arbitrary<Submission> = fc.record({
  tenant: fc.constant('default'),
  objectId: fc.constantFrom('a', 'b', null),
  type: fc.constant('sleep'),
  queue: fc.constantFrom('default', 'default', 'images'),
  payload: fc.constant({}),
  delaySeconds: fc.constantFrom(0, 0, 0, 30, 2 * DAY_SECONDS),
  maxAttempts: fc.constantFrom(1, 2),
  timeoutSeconds: fc.constantFrom(20, 46),
  onDuplicate: fc.constantFrom('return' as const, 'reject' as const),
  callback: fc.constantFrom(null, null, { url: 'https://example.org', maxAttempts: 1, timeoutSeconds: 20 }),
  submittedBy: fc.constant('key:model'),
});

/** The instances of the api Lambda: each remembers when it left its mark. One whose invocation has died is replaced. */
const instances = new WeakMap<World, Map<number, { activity: Activity; actor: Actor }>>();

/** The mark of an instance, asked for by whichever invocation it has now. */
export function activityOf(world: World, actor: Actor, instance: number): Activity {
  const ofWorld = instances.get(world) ?? new Map<number, { activity: Activity; actor: Actor }>();
  instances.set(world, ofWorld);
  let present = ofWorld.get(instance);
  if (!present || present.actor.state === 'dead') {
    const holder = { actor };
    const client = activityClient((operation, input) => world.askForMark(holder.actor, operation, input));
    const activity = createActivity(client, 'table', world.clock.now);
    present = Object.assign(holder, { activity });
    ofWorld.set(instance, present);
  }
  present.actor = actor;
  return present.activity;
}

function portsOf(world: World, actor: Actor, instance: number): SingleSubmitPorts {
  const dataApi = world.dataApi(actor);
  return {
    submissions: createSubmissionStore(dataApi),
    store: createJobStore(dataApi, [...world.queue.names]),
    dedup: world.dedup(actor),
    queue: world.jobQueue(actor),
    activity: activityOf(world, actor, instance),
    limits: world.limits,
    clock: world.clock,
    log: world.log,
    dedupWindowSeconds: WINDOW_SECONDS,
  };
}

type Outcome = { submitted: Submitted } | { error: unknown };

/** A client, who asked at that moment, is told of the job, or of why there is none. */
function tell(world: World, askedAt: number, outcome: Outcome): void {
  if ('submitted' in outcome) {
    const { job, windowEndsAt } = outcome.submitted;
    tellOfJob(world, askedAt, job.job_id, windowEndsAt);
  } else if (outcome.error instanceof DuplicateJobError) {
    tellOfJob(world, askedAt, outcome.error.jobId, outcome.error.windowEndsAt);
  } else if (
    !(outcome.error instanceof StoreUnavailableError) &&
    !(outcome.error instanceof TooManyJobsError && world.limits.maxJobsInFlight > 0)
  ) {
    world.violations.push(`A submission failed: ${String(outcome.error)}`);
  }
}

/** All answers for a job name one end of its window, and who asks then or later gets another job. */
function tellOfJob(world: World, askedAt: number, jobId: string, windowEndsAt: Date | null): void {
  world.acknowledged.add(jobId);
  if (windowEndsAt === null) return;
  const end = windowEndsAt.getTime();
  const told = world.windowEnds.get(jobId) ?? end;
  world.windowEnds.set(jobId, told);
  if (end !== told) world.violations.push(`${jobId}: clients were told two ends, ${told} and ${end}.`);
  if (askedAt >= end)
    world.violations.push(`${jobId} was the answer at ${askedAt}, after its end at ${end}.`);
}

const instance = fc.nat({ max: 1 });

function submitting(what: fc.Arbitrary<Submission>): fc.Arbitrary<Command> {
  return fc.tuple(what, instance).map(([given, index]) =>
    command(
      `submit ${JSON.stringify(given)} at ${index}`,
      () => true,
      (world) => {
        const askedAt = world.now;
        world.actors.start('api', askedAt + REQUEST_MS, async (actor) => {
          const ports = portsOf(world, actor, index);
          const outcome = submit(given, ports).then(
            (submitted) => ({ submitted }),
            (error: unknown) => ({ error }),
          );
          tell(world, askedAt, await outcome);
        });
      },
    ),
  );
}

export const submits = submitting(submission);

/** Changes many jobs at once. The worker that gets the bulk job makes the changes. */
export const submitsBulk = submitting(
  fc.constantFrom('cancel', 'retry').map((action) => ({
    tenant: 'default',
    objectId: null,
    type: BULK_JOB_TYPE,
    queue: 'default',
    payload: { action, filter: {} },
    delaySeconds: 0,
    maxAttempts: 20,
    timeoutSeconds: 46,
    onDuplicate: 'return' as const,
    callback: null,
    submittedBy: 'key:model',
  })),
);

/** Jobs that wait for days: the sweeper rests until then, unless something tells it not to. */
export const submitsForLater = submitting(
  submission.map((given) => ({ ...given, delaySeconds: 2 * DAY_SECONDS })),
);

export const submitsBatch: fc.Arbitrary<Command> = fc
  .tuple(fc.array(submission, { minLength: 1, maxLength: 4 }), instance)
  .map(([given, index]) =>
    command(
      `submit a batch ${JSON.stringify(given)} at ${index}`,
      () => true,
      (world) => {
        const askedAt = world.now;
        world.actors.start('api', askedAt + REQUEST_MS, async (actor) => {
          const ports = portsOf(world, actor, index);
          const outcomes = await submitBatch('default', given, ports).catch((error: unknown) => [{ error }]);
          for (const outcome of outcomes) tell(world, askedAt, outcome);
        });
      },
    ),
  );
