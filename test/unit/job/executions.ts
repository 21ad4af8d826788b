import type { EndedJobsStore } from '../../../lambdas/job/ended-jobs.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { execute, executeJobs, type ExecutePorts } from '../../../lambdas/job/execute.ts';
import type { Delivery, Settlement } from '../../../lambdas/job/settle.ts';
import type { AttemptResult, Claim, Recorded } from '../../../lambdas/job/attempt-store.ts';
import type { WakeUp } from '../../../lambdas/job/job-queue.ts';
import type { Versions } from '../../../lambdas/job/versions.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { claimedJob, jobTypesOf, FIXED_CLOCK } from './attempts.ts';
import { WITHOUT_FOLLOWERS } from './without-followers.ts';

export const REMAINING_MS = 50_000.5;

export interface World {
  claims?: readonly Claim[];
  run?: (payload: unknown) => Promise<unknown>;
  /** Returns the store's response when a result is recorded. By default, every result is recorded. */
  recorded?: (result: AttemptResult) => Recorded;
  fails?: 'claim' | 'record';
  /** Jobs whose messages the queue refuses. */
  unsent?: readonly string[];
  versions?: Versions;
  /** The store's methods for the families and batches of ended jobs. @default - methods that return nothing */
  followers?: Partial<EndedJobsStore>;
  /** Runs on each call to the queue. */
  onSend?: () => void;
  giveBackWaiting?: ExecutePorts['giveBackWaiting'];
}

export const claimed = (jobId: string, payload: string | null = null): Claim => ({
  jobId,
  verdict: 'claimed',
  job: claimedJob({ jobId, payload }),
});

export const record = ({ jobId, status, retryInMs }: AttemptResult): Recorded => ({
  jobId,
  recorded: true,
  status,
  dueInMs: status === 'created' ? retryInMs : 0,
  callbackJobId: null,
});

export async function executeIn(world: World, jobIds: readonly string[]) {
  return deliverIn(
    world,
    jobIds.map((jobId, index): Delivery => ({ id: `message-${index}`, jobId })),
  );
}

/**
 * Executes jobs.
 *
 * @param jobIds the jobs to execute. @default - the deliveries' jobs
 */
export async function deliverIn(world: World, deliveries: readonly Delivery[], jobIds?: readonly string[]) {
  const calls: [string, ...unknown[]][] = [];
  const sent: WakeUp[] = [];
  const log = createRecordingLog();
  const unavailable = new StoreUnavailableError('aurora', 'unknown', new Error('gone'));
  const ports: ExecutePorts = {
    log,
    clock: FIXED_CLOCK,
    filesOf: memoryFiles(),
    submitOf: () => submitsNothing,
    worker: 'request-1',
    versions: world.versions,
    giveBackWaiting: world.giveBackWaiting,
    remainingMs: () => REMAINING_MS,
    jobTypes: jobTypesOf(world.run ?? (() => Promise.resolve('done'))),
    store: {
      ...WITHOUT_FOLLOWERS,
      ...world.followers,
      claim(...args) {
        calls.push(['claim', ...args]);
        return world.fails === 'claim'
          ? Promise.reject(unavailable)
          : Promise.resolve([...(world.claims ?? [])]);
      },
      record(results) {
        calls.push(['record', results]);
        return world.fails === 'record'
          ? Promise.reject(unavailable)
          : Promise.resolve(results.map(world.recorded ?? record));
      },
      beat: () => Promise.resolve([]),
    },
    queue: {
      send(wakeUps) {
        world.onSend?.();
        sent.push(...wakeUps);
        calls.push(['send', ...wakeUps.map(({ jobId }) => jobId)]);
        return Promise.resolve([...(world.unsent ?? [])]);
      },
    },
  };
  const settlements = await (jobIds ? executeJobs(jobIds, deliveries, ports) : execute(deliveries, ports));
  return { settlements, calls, sent, log: log.entries };
}

/** Executes one job for which the store returns `claim`, and returns the settlement. */
export async function settlementOf(claim: Claim, world: World = {}): Promise<Settlement> {
  const { settlements } = await executeIn({ claims: [claim], ...world }, [claim.jobId]);
  const [settlement] = settlements;
  if (!settlement) throw new Error('The delivery was not settled.');
  return settlement;
}
