import { runAttempt } from './attempt.ts';
import { DATA_API_MS } from './aurora-times.ts';
import type { BatchOfTenant } from './batches/wake-on-complete.ts';
import { DEFAULT_QUEUE } from './definition.ts';
import { familiesOf, followEndedJobs } from './ended-jobs.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { JobFiles } from './job-files.ts';
import type { RunnableJobTypes } from './job-type.ts';
import type { AttemptResult, AttemptStore, Claim, ClaimedJob, Recorded } from './attempt-store.ts';
import type { Clock } from './clock.ts';
import type { JobOfTenant, JobQueue, WakeUp } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import { runElsewhere, type RanElsewhere } from './pinned-jobs.ts';
import { jobsOf, settle, wholeSeconds, type Delivery, type Settlement } from './settle.ts';
import type { Tracer } from './tracer.ts';
import type { SubmitFromJob } from './job-context.ts';
import type { OpenSteps } from './steps/attempt-steps.ts';
import { byVersion, type Versions } from './versions.ts';

export interface ExecutePorts {
  store: AttemptStore;
  queue: JobQueue;
  jobTypes: RunnableJobTypes;
  clock: Clock;
  log: ServiceLog;
  /** Returns a tenant's files, for its jobs to read and write. */
  filesOf: (tenant: string) => JobFiles;
  /** Returns the function that a job calls to submit other jobs. */
  submitOf: (job: ClaimedJob) => SubmitFromJob;
  /** Loads the code that runs steps. @default - jobs have no steps */
  openSteps?: OpenSteps;
  /** Identifies this invocation. Repeating a claim with the same value returns the same result. */
  worker: string;
  /** The function's remaining time in milliseconds. */
  remainingMs: () => number;
  /**
   * Returns the messages of unstarted jobs to the queue. Called before the worker runs a job that may crash
   * the process.
   * @default - the worker has no messages of unstarted jobs
   */
  giveBackWaiting?: (() => Promise<void>) | undefined;
  /** The worker's versions. @default - this code runs every job */
  versions?: Versions | undefined;
  /** Creates the spans of attempts. @default - no spans */
  tracer?: Tracer | undefined;
}

/**
 * Runs the jobs named in a batch of deliveries. Claims the jobs in one statement, runs them in parallel, records their
 * outcomes in one statement, and decides what happens to each delivery. Only the attempt that holds a job's lease records
 * its outcome. If a job is leased by another worker, has ended or is not due, its delivery changes nothing.
 *
 * @throws StoreUnavailableError if claiming or recording fails; every delivery then stays on the queue
 */
export async function execute(deliveries: readonly Delivery[], ports: ExecutePorts): Promise<Settlement[]> {
  const jobIds = [...new Set(deliveries.flatMap(jobsOf))];
  return executeJobs(jobIds, deliveries, ports);
}

/**
 * Like {@link execute}, but also runs jobs without a delivery.
 *
 * @param deliveries the deliveries of the jobs that have one
 */
export async function executeJobs(
  jobIds: readonly string[],
  deliveries: readonly Delivery[],
  ports: ExecutePorts,
): Promise<Settlement[]> {
  const claims = await ports.store.claim(jobIds, ports.worker, ports.remainingMs());
  for (const claim of claims) logLostAttempt(claim, ports.log);
  const sentAgain = await sendClaimed(claims, ports);
  if (claims.some((claim) => claim.verdict === 'claimed' && claim.runsAlone)) await ports.giveBackWaiting?.();
  const jobs = claims.flatMap((claim) => (claim.verdict === 'claimed' ? [claim.job] : []));
  const { results, settlements: elsewhere } = await runJobs(jobs, deliveries, ports);
  const recorded = results.length > 0 ? await ports.store.record(results) : [];
  logOutcomes(jobs, results, recorded, ports.log);
  const guarded = await sendRecorded(jobs, recorded, deliveries, ports);
  const finished = claims.filter((claim) => claim.verdict === 'finished');
  const ended = { batches: endedBatches(claims, recorded), ...familiesOf([...finished, ...recorded]) };
  await followEndedJobs(ended, ports);
  return settle(deliveries, { claims, recorded, guarded, sentAgain, elsewhere }, ports.log);
}

/** Runs the jobs in parallel. Jobs that are pinned to another version run on that version. */
async function runJobs(
  jobs: readonly ClaimedJob[],
  deliveries: readonly Delivery[],
  ports: ExecutePorts,
): Promise<RanElsewhere> {
  const { here, elsewhere } = byVersion(jobs, ports.versions);
  const remainingMs = ports.remainingMs();
  const deadlineMs = remainingMs - reserveMs(remainingMs);
  const [results, others] = await Promise.all([
    runHere(here, deadlineMs, ports),
    // Another version records its jobs' outcomes before the deadline, and its response arrives slightly later.
    runElsewhere(
      elsewhere,
      deliveries,
      { remainingMs: deadlineMs, waitMs: (deadlineMs + remainingMs) / 2 },
      ports,
    ),
  ]);
  return { ...others, results: [...results, ...others.results] };
}

async function runHere(
  jobs: readonly ClaimedJob[],
  deadlineMs: number,
  ports: ExecutePorts,
): Promise<AttemptResult[]> {
  if (jobs.length === 0) return [];
  const heartbeat = startHeartbeat(jobs, ports);
  try {
    const run = (job: ClaimedJob): Promise<AttemptResult> =>
      runAttempt(job, heartbeat.pulseOf(job.jobId), deadlineMs, ports);
    const { tracer } = ports;
    tracer?.claimed(jobs);
    return await Promise.all(jobs.map((job) => (tracer ? tracer.attempt(job, run) : run(job))));
  } finally {
    heartbeat.end();
  }
}

function logLostAttempt(claim: Claim, log: ServiceLog): void {
  if (!('lost' in claim)) return;
  log.warn('attempt_lost', 'An attempt ended without a result: its worker crashed or was stopped.', {
    job_id: claim.jobId,
    ...claim.lost,
  });
}

/** Logs the recorded outcomes. `settle` logs the superseded attempts. */
function logOutcomes(
  jobs: readonly ClaimedJob[],
  results: readonly AttemptResult[],
  recorded: readonly Recorded[],
  log: ServiceLog,
): void {
  const outcomeOf = new Map(results.map(({ jobId, outcome }) => [jobId, outcome]));
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  for (const { jobId, recorded: isRecorded, status, dueInMs, lifetimeMs } of recorded) {
    if (!isRecorded) continue;
    const job = jobOf.get(jobId);
    log.debug('outcome_recorded', 'The outcome was recorded.', {
      job_id: jobId,
      attempt: job?.attempt,
      tenant: job?.tenant,
      type: job?.type,
      outcome: outcomeOf.get(jobId),
      status,
      due_in_ms: dueInMs,
      lifetime_ms: lifetimeMs,
    });
  }
}

/**
 * Sends messages for jobs that the claim woke or put off, and for the callbacks of jobs that the claim ended. If a
 * message can't be sent, the sweeper sends it. Call this before the claimed jobs run: they may take minutes, during which
 * the woken jobs would hold their slots, and a suspect may crash this process.
 *
 * @returns the jobs that were put off and have a new message
 */
async function sendClaimed(claims: readonly Claim[], { queue }: ExecutePorts): Promise<ReadonlySet<string>> {
  const putOff = claims.flatMap((claim) => (claim.verdict === 'putOff' ? [claim.job] : []));
  const jobs = claims.flatMap((claim) => [
    ...(claim.verdict === 'finished' && claim.callback ? [claim.callback] : []),
    ...(claim.woken ?? []),
  ]);
  const wakeUps = [...jobs, ...putOff].map(atOnce);
  const unsent = new Set(wakeUps.length > 0 ? await queue.send(wakeUps) : []);
  return new Set(putOff.map(({ jobId }) => jobId).filter((jobId) => !unsent.has(jobId)));
}

function atOnce(job: JobOfTenant): WakeUp {
  return { ...job, delaySeconds: 0 };
}

/** Returns the callback jobs that were written together with the outcomes. */
function callbacksOfRecorded(jobs: readonly ClaimedJob[], recorded: readonly Recorded[]): JobOfTenant[] {
  const callbackOf = new Map(recorded.map(({ jobId, callbackJobId }) => [jobId, callbackJobId]));
  return jobs.flatMap(({ jobId, tenant }) => {
    const callback = callbackOf.get(jobId);
    return callback ? [{ jobId: callback, tenant, queue: DEFAULT_QUEUE }] : [];
  });
}

/** Returns the batches of the jobs that ended in this invocation. These batches may now be complete. */
function endedBatches(claims: readonly Claim[], recorded: readonly Recorded[]): BatchOfTenant[] {
  const batchOf = new Map(recorded.map(({ jobId, batchId }) => [jobId, batchId]));
  return claims.flatMap((claim) => {
    if (claim.verdict === 'finished') return claim.endedIn ?? [];
    if (claim.verdict !== 'claimed') return [];
    const batchId = batchOf.get(claim.jobId);
    return batchId === undefined ? [] : { tenant: claim.job.tenant, batchId };
  });
}

/**
 * Sends messages for jobs that became due when the outcomes were recorded. Also sends a message for each retried job that has
 * no message of its own. A job has no message of its own if it ran in place of a less urgent job, or if its message names
 * several jobs. If a message can't be sent, the sweeper sends it.
 *
 * @returns the ids of the jobs that have their own message
 */
async function sendRecorded(
  jobs: readonly ClaimedJob[],
  recorded: readonly Recorded[],
  deliveries: readonly Delivery[],
  { queue }: ExecutePorts,
): Promise<ReadonlySet<string>> {
  const guarded = new Set(deliveries.filter((each) => jobsOf(each).length === 1).map(({ jobId }) => jobId));
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  const retries = recorded.flatMap(({ jobId, recorded: isRecorded, status, isParked, dueInMs }): WakeUp[] => {
    const job = jobOf.get(jobId);
    if (!job || !isRecorded || status !== 'created' || isParked || guarded.has(jobId)) return [];
    return [{ jobId, tenant: job.tenant, queue: job.queue, delaySeconds: wholeSeconds(dueInMs) }];
  });
  const madeDue = [...callbacksOfRecorded(jobs, recorded), ...recorded.flatMap(({ woken = [] }) => woken)];
  const wakeUps = [...madeDue.map(atOnce), ...retries];
  const unsent = new Set(wakeUps.length > 0 ? await queue.send(wakeUps) : []);
  return new Set([...guarded, ...retries.map(({ jobId }) => jobId).filter((jobId) => !unsent.has(jobId))]);
}

/**
 * The minimum reserve, in milliseconds: enough to send messages to SQS, and for one slow Data API call that records the
 * outcomes.
 */
const LEAST_RESERVE_MS = DATA_API_MS.slow + 100;

/** The maximum reserve, in milliseconds: enough for a slow Data API call and three retries. */
const MOST_RESERVE_MS = 4 * DATA_API_MS.slow;

/**
 * Returns the part of the function's time that is reserved for recording the outcomes, in milliseconds. The reserve is a
 * tenth of the function's time, but at least 600 ms and at most 2 s, and never more than half of the time.
 */
export function reserveMs(functionMs: number): number {
  return Math.min(functionMs / 2, MOST_RESERVE_MS, Math.max(LEAST_RESERVE_MS, functionMs / 10));
}
