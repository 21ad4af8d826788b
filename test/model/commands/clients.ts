import { entryOf } from '../../helpers/audit-entries.ts';
import fc from 'fast-check';
import { createJobStore } from '../../../lambdas/adapters/aurora/job-store.ts';
import { cancel } from '../../../lambdas/job/cancel.ts';
import {
  MissingQueueError,
  StateConflictError,
  StoreUnavailableError,
  TooManyJobsError,
} from '../../../lambdas/job/errors.ts';
import type { Job } from '../../../lambdas/job/job.ts';
import { resubmit } from '../../../lambdas/job/resubmit.ts';
import type { Actor } from '../world/actors.ts';
import type { World } from '../world/world.ts';
import { activityOf, REQUEST_MS } from './api.ts';
import { command, type Command } from './command.ts';

/** Creates a command that sends a client's request for an existing job. */
function request(
  name: string,
  ask: (world: World, actor: Actor, jobId: string) => Promise<Job | undefined>,
): fc.Arbitrary<Command> {
  return fc.nat({ max: 7 }).map((index) =>
    command(
      `${name} job ${index}`,
      ({ rows }) => rows.jobs.size > 0,
      (world) => {
        const jobId = world.jobId(index) ?? '';
        world.actors.start('api', world.now + REQUEST_MS, async (actor) => {
          try {
            const job = await ask(world, actor, jobId);
            if (job?.job_id !== jobId)
              world.violations.push(`Job ${jobId} was requested, but ${String(job?.job_id)} was returned.`);
            else world.acknowledged.add(jobId);
          } catch (error) {
            if (error instanceof StoreUnavailableError || error instanceof StateConflictError) return;
            if (error instanceof MissingQueueError && world.rows.jobs.get(jobId)?.queue === 'images') return;
            if (error instanceof TooManyJobsError && world.limits.maxJobsInFlight > 0) return;
            world.violations.push(`The request to ${name} ${jobId} failed: ${String(error)}`);
          }
        });
      },
    ),
  );
}

export const reads = request('read', (world, actor, jobId) =>
  createJobStore(world.dataApi(actor), [...world.queue.names]).get('default', jobId),
);

export const cancels = request('cancel', (world, actor, jobId) =>
  cancel('default', jobId, entryOf('job.cancel', world.clock.newId()), {
    store: createJobStore(world.dataApi(actor), [...world.queue.names]),
    queue: world.jobQueue(actor),
    activity: activityOf(world, actor, 0),
    log: world.log,
  }),
);

export const retries = request('retry', (world, actor, jobId) =>
  resubmit('default', jobId, entryOf('job.retry', world.clock.newId()), {
    store: createJobStore(world.dataApi(actor), [...world.queue.names]),
    queue: world.jobQueue(actor),
    activity: activityOf(world, actor, 0),
    limits: world.limits,
    clock: world.clock,
    log: world.log,
  }),
);
