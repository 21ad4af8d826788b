import fc from 'fast-check';
import { createActivity } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { createBatchStore } from '../../../lambdas/adapters/aurora/batch-store.ts';
import { createJobStore } from '../../../lambdas/adapters/aurora/job-store.ts';
import { createSubmissionStore } from '../../../lambdas/adapters/aurora/submission-store.ts';
import { BULK_JOB_TYPE } from '../../../lambdas/job/catalogue.ts';
import { putBatch } from '../../../lambdas/job/batches/put-batch.ts';
import type { NewOnComplete } from '../../../lambdas/job/batches/batch.ts';
import {
  BatchClosedError,
  DuplicateJobError,
  StoreUnavailableError,
  TooManyJobsError,
} from '../../../lambdas/job/errors.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import type { Activity } from '../../../lambdas/job/activity.ts';
import { submitBatch } from '../../../lambdas/job/submit-batch.ts';
import {
  submit,
  type Submission,
  type SingleSubmitPorts,
  type Submitted,
} from '../../../lambdas/job/submit.ts';
import { FLOWS } from '../world/database.ts';
import type { Actor } from '../world/actors.ts';
import { activityClient } from '../world/table.ts';
import type { World } from '../world/world.ts';
import { command, type Command } from './command.ts';

/** The timeout of API Gateway and of the API function, in milliseconds. */
export const REQUEST_MS = 30_000;

/** The dedup window in seconds. Only the model's longest clock jumps exceed it. */
const WINDOW_SECONDS = 300;

const DAY_SECONDS = 86_400;

const DEBOUNCE = { seconds: 30, maxSeconds: 90 };

const plainSubmission: fc.Arbitrary<Submission> = fc.record({
  tenant: fc.constant('default'),
  objectId: fc.constantFrom('a', 'b', null),
  type: fc.constant('sleep'),
  queue: fc.constantFrom('default', 'default', 'images'),
  payload: fc.constantFrom<Json>(...FLOWS),
  delaySeconds: fc.constantFrom(0, 0, 0, 30, 2 * DAY_SECONDS),
  maxAttempts: fc.constantFrom(1, 2),
  timeoutSeconds: fc.constantFrom(20, 46),
  onDuplicate: fc.constantFrom('return' as const, 'reject' as const, 'replace' as const),
  dedupSeconds: fc.constantFrom(undefined, undefined, 20),
  callback: fc.constantFrom(null, null, { url: 'https://example.org', maxAttempts: 1, timeoutSeconds: 20 }),
  submittedBy: fc.constant('key:model'),
});

const submission: fc.Arbitrary<Submission> = fc.oneof(
  { weight: 2, arbitrary: plainSubmission },
  {
    weight: 1,
    arbitrary: plainSubmission.map((given) => ({
      ...given,
      objectId: given.objectId ?? 'a',
      onDuplicate: 'replace' as const,
      delaySeconds: DEBOUNCE.seconds,
      dedupSeconds: undefined,
      debounce: DEBOUNCE,
    })),
  },
);

/**
 * The API function's instances. Each instance remembers when it last updated the activity mark. If an instance's invocation dies, the instance is
 * replaced.
 */
const instances = new WeakMap<World, Map<number, { activity: Activity; actor: Actor }>>();

/** Returns an instance's activity log, and records which invocation now uses the instance. */
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

export function portsOf(world: World, actor: Actor, instance: number): SingleSubmitPorts {
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

/**
 * Records a submission's response: a job, or the reason why no job was created.
 *
 * @param submitted the submission's number; undefined if a later submission in the same batch replaces it
 */
function tell(world: World, askedAt: number, outcome: Outcome, submitted?: number): void {
  if ('submitted' in outcome) {
    const { job, deduplicated, replaced, windowEndsAt } = outcome.submitted;
    tellOfJob(world, askedAt, job.job_id, windowEndsAt);
    if (submitted !== undefined && (replaced || !deduplicated))
      world.applied.push({ jobId: job.job_id, submission: submitted });
  } else if (outcome.error instanceof DuplicateJobError) {
    tellOfJob(world, askedAt, outcome.error.jobId, outcome.error.windowEndsAt);
  } else if (
    !(outcome.error instanceof StoreUnavailableError) &&
    !(outcome.error instanceof BatchClosedError) &&
    !(outcome.error instanceof TooManyJobsError && world.limits.maxJobsInFlight > 0)
  ) {
    world.violations.push(`A submission failed: ${String(outcome.error)}`);
  }
}

function tellOfJob(world: World, askedAt: number, jobId: string, windowEndsAt: Date | null): void {
  world.acknowledged.add(jobId);
  if (windowEndsAt !== null) world.windowEnds.push({ jobId, askedAt, end: windowEndsAt.getTime() });
}

/** Numbers a submission, and uses the number as the payload. */
function numbered(world: World, given: Submission): { number: number; submission: Submission } {
  world.submissions += 1;
  return {
    number: world.submissions,
    submission: {
      ...given,
      payload: { ...(given.payload as Record<string, Json>), submission: world.submissions },
    },
  };
}

/** Returns a batch's on_complete job. Every request submits the same job, but with a new id. */
function onCompleteOf({ clock }: World): NewOnComplete {
  return {
    ...{ job_id: clock.newId(), type: 'sleep', queue: 'default', payload: {} },
    ...{ max_attempts: 2, timeout_seconds: 20, callback: null },
  };
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
          const { number, submission: own } = numbered(world, given);
          const outcome = submit(own, ports).then(
            (submitted) => ({ submitted }),
            (error: unknown) => ({ error }),
          );
          tell(world, askedAt, await outcome, number);
        });
      },
    ),
  );
}

export const submits = submitting(submission);

/** Submits bulk jobs. When a worker runs a bulk job, it changes many jobs at once. */
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
    flow: { priority: 0 },
  })),
);

/** Submits jobs that wait for days. The sweeper sleeps until the jobs are due, unless something wakes it. */
export const submitsForLater = submitting(
  submission.map((given) => ({ ...given, delaySeconds: 2 * DAY_SECONDS })),
);

/** Submits jobs with steps, which start immediately. */
export const submitsInSteps = submitting(
  fc
    .tuple(plainSubmission, fc.constantFrom<Json>(...FLOWS.filter((flow) => 'steps' in flow)))
    .map(([given, payload]) => ({ ...given, objectId: null, delaySeconds: 0, payload })),
);

export const submitsBatch: fc.Arbitrary<Command> = fc
  .tuple(
    fc.array(submission, { minLength: 1, maxLength: 4 }),
    instance,
    fc.constantFrom(undefined, 'first', 'second'),
    fc.boolean(),
  )
  .map(([given, index, batchId, more]) =>
    command(
      `submit ${JSON.stringify(given)} with the batch ${String(batchId)}${more ? ', which stays open' : ''}, at ${index}`,
      () => true,
      (world) => {
        const askedAt = world.now;
        world.actors.start('api', askedAt + REQUEST_MS, async (actor) => {
          const ports = portsOf(world, actor, index);
          const own = given.map((each) => numbered(world, { ...each, batchId }));
          const submissions = own.map((each) => each.submission);
          const outcomes = await submitBatch('default', submissions, ports).catch((error: unknown) => [
            { error },
          ]);
          for (const [place, outcome] of outcomes.entries()) {
            const { objectId } = submissions[place] ?? { objectId: null };
            const isOnly = submissions.filter((each) => each.objectId === objectId).length === 1;
            tell(world, askedAt, outcome, isOnly || objectId === null ? own[place]?.number : undefined);
          }
          if (batchId === undefined) return;
          const closes = !more && outcomes.every((outcome) => 'submitted' in outcome);
          const dataApi = world.dataApi(actor);
          const batchPorts = {
            ...ports,
            store: createJobStore(dataApi, [...world.queue.names]),
            batches: createBatchStore(dataApi),
          };
          await putBatch('default', batchId, { onComplete: onCompleteOf(world), closes }, batchPorts).catch(
            (error: unknown) => {
              tell(world, askedAt, { error });
            },
          );
        });
      },
    ),
  );
