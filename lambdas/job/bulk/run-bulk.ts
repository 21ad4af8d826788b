import type { Clock } from '../clock.ts';
import { followEndedJobs } from '../ended-jobs.ts';
import { ThrottledError } from '../errors.ts';
import type { JobContext } from '../job-context.ts';
import type { JobFilter } from '../job-filter.ts';
import type { JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import {
  filterOf,
  type BulkAction,
  type BulkCounts,
  type BulkPosition,
  type BulkRoundResult,
  type BulkStore,
} from './bulk-change.ts';

export interface BulkPorts {
  readonly store: Omit<BulkStore, 'count'>;
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** The maximum number of unfinished jobs per tenant; 0 for no limit. */
  readonly maxJobsInFlight: number;
  readonly log: ServiceLog;
}

/** A bulk job's payload: the change, and the filter for the jobs to change. */
export interface BulkRequest {
  readonly action: BulkAction;
  readonly filter: JobFilter;
}

type Attempt = Pick<JobContext, 'jobId' | 'tenant' | 'deadline' | 'signal' | 'progress' | 'log'>;

/** The maximum number of jobs that each statement examines and changes. */
const ROUND = 1_000;

/** The minimum time left for another round and for recording the outcome, in milliseconds. */
const LEAST_ROUND_MS = 1_000;

/** The minimum remaining time for another round, as a multiple of the longest round's duration so far. */
const PATIENCE = 3;

/**
 * The number of messages per call to `queue.send`. SQS accepts only ten messages per request, so the calls run in
 * parallel to save time.
 */
const SENT_AT_ONCE = 100;

/**
 * Runs one attempt of a bulk job in rounds, until all jobs older than the bulk job have been examined, or the attempt is
 * almost out of time. Every round stores its position. If this attempt crashes, the next attempt continues from that
 * position.
 *
 * @throws ThrottledError if the job continues in another attempt
 */
export async function runBulk(
  { action, filter }: BulkRequest,
  attempt: Attempt,
  ports: BulkPorts,
): Promise<BulkCounts> {
  const { tenant, jobId, signal } = attempt;
  const { store, clock } = ports;
  const begun = await store.begin(tenant, jobId);
  const search = {
    ...filterOf(action, filter),
    createdBefore: earliest(filter.createdBefore, begun.createTime),
  };
  let { position } = begun;
  let sending: Promise<void> = Promise.resolve();
  let longestMs = 0;
  try {
    report(position, begun.createTime, attempt);
    while (!position.isDone) {
      signal.throwIfAborted();
      const startedAt = clock.now().getTime();
      const round = await store.change({
        tenant,
        jobId,
        action,
        filter: search,
        position,
        limit: ROUND,
        maxJobsInFlight: ports.maxJobsInFlight,
        newId: clock.newId(),
      });
      warnOfSkipped(action, round.position.skipped - position.skipped, attempt);
      position = round.position;
      report(position, begun.createTime, attempt);
      // A round's messages are sent while the next round runs.
      await sending;
      sending = send(round, attempt, ports);
      if (round.isWithoutRoom) throw new ThrottledError(waitsForRoom(ports.maxJobsInFlight));
      longestMs = Math.max(longestMs, clock.now().getTime() - startedAt);
      const leftMs = attempt.deadline.getTime() - clock.now().getTime();
      if (!position.isDone && leftMs < Math.max(LEAST_ROUND_MS, PATIENCE * longestMs))
        throw new ThrottledError('Continues in another attempt.', { afterSeconds: 0 });
    }
  } finally {
    await sending;
  }
  const { matched, changed, skipped } = position;
  return { matched, changed, skipped };
}

function waitsForRoom(maxJobsInFlight: number): string {
  return `Waits until the tenant has fewer than ${maxJobsInFlight} unfinished jobs.`;
}

/**
 * Returns the exclusive end of the bulk change's time range: the filter's end or the millisecond after the bulk job's
 * creation, whichever is earlier. The store compares times at millisecond precision, so jobs created in the same
 * millisecond as the bulk job are included.
 */
function earliest(given: string | undefined, createTime: string): string {
  const end = new Date(Date.parse(createTime) + 1).toISOString();
  return given !== undefined && given < end ? given : end;
}

/**
 * Sends a round's messages, and does the follow-up work for the jobs that the round ended. The sweeper sends any message
 * that could not be sent.
 */
async function send({ wakeUps, ended }: BulkRoundResult, { log }: Attempt, ports: BulkPorts): Promise<void> {
  const parts = Array.from({ length: Math.ceil(wakeUps.length / SENT_AT_ONCE) }, (_, index) =>
    wakeUps.slice(index * SENT_AT_ONCE, (index + 1) * SENT_AT_ONCE),
  );
  const unsent = await Promise.all(
    parts.map((part) => ports.queue.send(part.map((wakeUp) => ({ ...wakeUp, delaySeconds: 0 })))),
  );
  const count = unsent.flat().length;
  if (count > 0) log.warn('Some jobs could not be woken now; the sweeper will wake them.', { jobs: count });
  await followEndedJobs(ended, ports);
}

const SKIPPED: Readonly<Record<BulkAction, string>> = {
  cancel: 'Skipped running jobs that have already been asked to stop.',
  retry: 'Skipped jobs whose queue no longer exists in this deployment.',
  delete: 'Skipped jobs.',
};

function warnOfSkipped(action: BulkAction, jobs: number, { log }: Attempt): void {
  if (jobs > 0) log.warn(SKIPPED[action], { jobs });
}

/**
 * Reports how far the bulk change has advanced, as a fraction of the time range from the first examined job's submission
 * to the bulk job's submission. Jobs are changed in id order, and ids start with the submission time.
 */
function report(position: BulkPosition, createTime: string, { progress }: Attempt): void {
  const { firstId, lastId, isDone, matched, changed, skipped } = position;
  const note = `${matched} matched, ${changed} changed, ${skipped} skipped`;
  if (isDone) progress(1, note);
  else if (firstId === null || lastId === null) progress(0, note);
  else {
    const [first, last, end] = [timeOf(firstId), timeOf(lastId), Date.parse(createTime)];
    progress(end > first ? Math.min(0.99, Math.max(0, (last - first) / (end - first))) : 0, note);
  }
}

/** Returns the timestamp in a UUIDv7, in milliseconds since 1970. */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
