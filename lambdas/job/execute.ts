import { runAttempt } from './attempt.ts';
import { DATA_API_MS } from './aurora-times.ts';
import { wakeOnComplete, type BatchOfTenant } from './batches/wake-on-complete.ts';
import { DEFAULT_QUEUE } from './definition.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { JobFiles } from './job-files.ts';
import type { RunnableJobTypes } from './job-type.ts';
import type { AttemptResult, AttemptStore, Claim, ClaimedJob, Recorded } from './attempt-store.ts';
import type { Clock } from './clock.ts';
import type { JobOfTenant, JobQueue } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import { isTerminal } from './status.ts';
import type { Tracer } from './tracer.ts';
import type { SubmitFromJob } from './job-context.ts';

/** One wake-up as the queue delivered it. */
export interface Delivery {
  /** Names the delivery in its batch. */
  id: string;
  jobId: string;
}

/** What becomes of a delivery: gone for good, back after some seconds, or left to its visibility timeout. */
export type Settlement<D = Delivery> =
  | { delivery: D; action: 'ack' }
  | { delivery: D; action: 'return'; afterSeconds: number }
  | { delivery: D; action: 'leave' };

export interface ExecutePorts {
  store: AttemptStore;
  queue: JobQueue;
  jobTypes: RunnableJobTypes;
  clock: Clock;
  log: ServiceLog;
  /** The files that a tenant's jobs may read. */
  filesOf: (tenant: string) => JobFiles;
  /** How a job submits others. */
  submitOf: (job: ClaimedJob) => SubmitFromJob;
  /** Names this invocation; a claim made under it can be repeated. */
  worker: string;
  /** Milliseconds until the function is stopped. */
  remainingMs: () => number;
  /** @default - no spans */
  tracer?: Tracer | undefined;
}

/**
 * Runs the jobs that a batch of deliveries wakes: claim them in one statement, run them side by side, record how they
 * ended in one statement, and say what becomes of each delivery. A job is written only by the attempt that holds its
 * lease; whatever else a delivery finds (a live lease, a terminal job, one not due) changes nothing.
 *
 * @throws StoreUnavailableError when the claim or the record can't be made; every delivery then stays on the queue
 */
export async function execute(deliveries: readonly Delivery[], ports: ExecutePorts): Promise<Settlement[]> {
  const claims = await claimJobs(deliveries, ports);
  for (const claim of claims) logLostAttempt(claim, ports.log);
  const jobs = claims.flatMap((claim) => (claim.verdict === 'claimed' ? [claim.job] : []));
  const results = await runJobs(jobs, ports);
  const recorded = results.length > 0 ? await ports.store.record(results) : [];
  logOutcomes(jobs, results, recorded, ports.log);
  await sendWakeUps(claims, recorded, deliveries, ports);
  await wakeOnComplete(endedBatches(claims, recorded), ports);
  return settle(deliveries, claims, recorded, ports.log);
}

async function claimJobs(deliveries: readonly Delivery[], ports: ExecutePorts): Promise<Claim[]> {
  const jobIds = [...new Set(deliveries.map(({ jobId }) => jobId))];
  return ports.store.claim(jobIds, ports.worker, ports.remainingMs());
}

async function runJobs(jobs: readonly ClaimedJob[], ports: ExecutePorts): Promise<AttemptResult[]> {
  if (jobs.length === 0) return [];
  const deadlineMs = ports.remainingMs() - reserveMs(ports.remainingMs());
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
  log.warn('attempt_lost', 'An attempt ended without an answer: its worker crashed or was stopped.', {
    job_id: claim.jobId,
    ...claim.lost,
  });
}

/** A superseded attempt is logged with its delivery. */
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
 * Sends the messages of jobs that the claim and the record made due: those that tell an outcome, parked ones that have a slot now, and
 * the next attempts of jobs that ran in place of a less urgent one, because no delivery here guards them. The sweeper sends whatever fails here.
 */
async function sendWakeUps(
  claims: readonly Claim[],
  recorded: readonly Recorded[],
  deliveries: readonly Delivery[],
  { queue }: ExecutePorts,
): Promise<void> {
  const delivered = new Set(deliveries.map(({ jobId }) => jobId));
  const jobOf = new Map(
    claims.flatMap((claim) => (claim.verdict === 'claimed' ? [[claim.jobId, claim.job]] : [])),
  );
  const wakeUps = [
    ...callbacksOf(claims, recorded).map((job) => ({ ...job, delaySeconds: 0 })),
    ...[...claims, ...recorded].flatMap(({ woken = [] }) =>
      woken.map((job) => ({ ...job, delaySeconds: 0 })),
    ),
    ...recorded.flatMap(({ jobId, status, dueInMs }) => {
      const job = jobOf.get(jobId);
      if (!job || status !== 'created' || delivered.has(jobId)) return [];
      return [{ jobId, tenant: job.tenant, queue: job.queue, delaySeconds: wholeSeconds(dueInMs) }];
    }),
  ];
  if (wakeUps.length > 0) await queue.send(wakeUps);
}

/** The jobs that tell the outcomes, which were written with them. */
function callbacksOf(claims: readonly Claim[], recorded: readonly Recorded[]): JobOfTenant[] {
  const callbackOf = new Map(recorded.map(({ jobId, callbackJobId }) => [jobId, callbackJobId]));
  return claims.flatMap((claim): JobOfTenant[] => {
    if (claim.verdict === 'finished') return claim.callback ? [claim.callback] : [];
    if (claim.verdict !== 'claimed') return [];
    const jobId = callbackOf.get(claim.jobId);
    return jobId ? [{ jobId, tenant: claim.job.tenant, queue: DEFAULT_QUEUE }] : [];
  });
}

/** The batches in which jobs have ended, as far as they may be completed. */
function endedBatches(claims: readonly Claim[], recorded: readonly Recorded[]): BatchOfTenant[] {
  const batchOf = new Map(recorded.map(({ jobId, batchId }) => [jobId, batchId]));
  return claims.flatMap((claim) => {
    if (claim.verdict === 'finished') return claim.endedIn ?? [];
    if (claim.verdict !== 'claimed') return [];
    const batchId = batchOf.get(claim.jobId);
    return batchId === undefined ? [] : { tenant: claim.job.tenant, batchId };
  });
}

/** Time for one slow Data API call, which records the outcome, and for the messages to SQS, in milliseconds. */
const LEAST_RESERVE_MS = DATA_API_MS.slow + 100;

/** Time for a slow call and three repetitions, in milliseconds. */
const MOST_RESERVE_MS = 4 * DATA_API_MS.slow;

/**
 * The part of the function's time that is kept for recording the outcome, in milliseconds: a tenth of it, at least 600 ms and at most 2 s, but
 * never more than half.
 */
export function reserveMs(functionMs: number): number {
  return Math.min(functionMs / 2, MOST_RESERVE_MS, Math.max(LEAST_RESERVE_MS, functionMs / 10));
}

function settle(
  deliveries: readonly Delivery[],
  claims: readonly Claim[],
  recorded: readonly Recorded[],
  log: ServiceLog,
): Settlement[] {
  const claimOf = new Map(claims.map((claim) => [claim.jobId, claim]));
  const recordOf = new Map(recorded.map((record) => [record.jobId, record]));
  return deliveries.map((delivery): Settlement => {
    const record = recordOf.get(delivery.jobId);
    if (record) return settleRecorded(delivery, record, log);
    return settleUnclaimed(delivery, claimOf.get(delivery.jobId), log);
  });
}

function settleRecorded(delivery: Delivery, record: Recorded, log: ServiceLog): Settlement {
  if (isTerminal(record.status)) return { delivery, action: 'ack' };
  if (record.status === 'created')
    return { delivery, action: 'return', afterSeconds: wholeSeconds(record.dueInMs) };
  // Another attempt holds the lease now. Its own delivery guards it; ours must neither remove nor delay that one.
  log.warn('attempt_superseded', 'A superseded attempt ended late; its outcome was not recorded.', {
    job_id: record.jobId,
  });
  return { delivery, action: 'leave' };
}

function settleUnclaimed(delivery: Delivery, claim: Claim | undefined, log: ServiceLog): Settlement {
  switch (claim?.verdict) {
    case 'finished':
    case 'parked':
      return { delivery, action: 'ack' };
    case 'yielded':
      // The message guards its own job still.
      return { delivery, action: 'return', afterSeconds: 0 };
    case 'waiting':
      return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.dueInMs) };
    case 'leased':
      return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.leaseEndsInMs) };
    case 'unknown':
      log.error('message_unknown', 'A message names a job that does not exist; it is dropped.', {
        job_id: delivery.jobId,
      });
      return { delivery, action: 'ack' };
    case 'claimed':
    case undefined:
      log.error('outcome_not_recorded', 'A claimed job was not recorded; its lease will end.', {
        job_id: delivery.jobId,
      });
      return { delivery, action: 'leave' };
  }
}

/** Rounded up, so that the message never comes before the moment: at least 1. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
