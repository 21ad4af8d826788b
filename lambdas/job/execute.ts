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
  /** The files that a tenant's jobs may read. */
  filesOf: (tenant: string) => JobFiles;
  /** Returns the function with which a job submits other jobs. */
  submitOf: (job: ClaimedJob) => SubmitFromJob;
  /** Loads the code for steps. @default - jobs have no steps */
  openSteps?: OpenSteps;
  /** Identifies this invocation; a claim under this name can be repeated. */
  worker: string;
  /** The function's remaining time in milliseconds. */
  remainingMs: () => number;
  /**
   * Called before running a job that may crash the process: gives back the messages that this invocation has not started on.
   * @default - there are none
   */
  giveBackWaiting?: (() => Promise<void>) | undefined;
  /** The worker's versions. @default - this code runs every job */
  versions?: Versions | undefined;
  /** @default - no spans */
  tracer?: Tracer | undefined;
}

/**
 * Runs the jobs that a batch of deliveries wakes: claims them in one statement, runs them in parallel, records their outcomes
 * in one statement, and decides what to do with each delivery. Only the attempt that holds a job's lease writes the job; a
 * delivery that finds anything else (a live lease, a terminal job, a job that is not due) changes nothing.
 *
 * @throws StoreUnavailableError if claiming or recording fails, in which case every delivery stays on the queue
 */
export async function execute(deliveries: readonly Delivery[], ports: ExecutePorts): Promise<Settlement[]> {
  const jobIds = [...new Set(deliveries.flatMap(jobsOf))];
  return executeJobs(jobIds, deliveries, ports);
}

/**
 * Like {@link execute}, but some of the jobs may not have a delivery.
 *
 * @param deliveries the messages that name some of the jobs
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

/** Runs the jobs in parallel. Jobs that are pinned to another version run there. */
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
    // The other version records its results by the deadline, and its response takes a moment longer.
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

/** Logs the outcomes, except superseded attempts, which are logged with their deliveries. */
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
 * Sends messages for jobs that the claim made due or put off. The sweeper sends messages that fail here. Must be called
 * before the jobs run, which may take minutes: the woken jobs already have their slots, and a suspect may crash this process.
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

/** The callback jobs, which were written by the same statement as the outcomes. */
function callbacksOfRecorded(jobs: readonly ClaimedJob[], recorded: readonly Recorded[]): JobOfTenant[] {
  const callbackOf = new Map(recorded.map(({ jobId, callbackJobId }) => [jobId, callbackJobId]));
  return jobs.flatMap(({ jobId, tenant }) => {
    const callback = callbackOf.get(jobId);
    return callback ? [{ jobId: callback, tenant, queue: DEFAULT_QUEUE }] : [];
  });
}

/** The batches that may now be completed, because some of their jobs ended. */
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
 * Sends messages for jobs that the record made due. Also sends one for each retried job without its own delivery, because the
 * job ran in place of a less urgent job, or because its message names several jobs. The sweeper sends messages that fail
 * here.
 *
 * @returns the retried jobs that have their own message
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

/** Milliseconds for sending the messages to SQS and for one slow Data API call, which records the outcome. */
const LEAST_RESERVE_MS = DATA_API_MS.slow + 100;

/** Milliseconds for a slow call and three retries. */
const MOST_RESERVE_MS = 4 * DATA_API_MS.slow;

/**
 * The part of the function's time reserved for recording the outcome, in milliseconds: a tenth, at least 600 ms and at most 2
 * s, but never more than half.
 */
export function reserveMs(functionMs: number): number {
  return Math.min(functionMs / 2, MOST_RESERVE_MS, Math.max(LEAST_RESERVE_MS, functionMs / 10));
}
