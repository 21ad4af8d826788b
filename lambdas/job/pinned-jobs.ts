import { notRun } from './attempt.ts';
import type { AttemptResult, ClaimedJob } from './attempt-store.ts';
import type { Clock } from './clock.ts';
import type { ServiceLog } from './log.ts';
import type { Delivery, Settlement, SettlementOfMessage } from './settle.ts';
import type { PinnedBatch, PinnedSettlements, Versions } from './versions.ts';

/** The results of handing jobs over to other worker versions. */
export interface RanElsewhere {
  /** The settlement of each job's message, by job id. */
  readonly settlements: ReadonlyMap<string, SettlementOfMessage>;
  /** The results of jobs that could not be handed over. The results have not been recorded yet. */
  readonly results: readonly AttemptResult[];
}

export interface PinnedPorts {
  readonly versions?: Versions | undefined;
  readonly clock: Pick<Clock, 'random'>;
  readonly log: ServiceLog;
  /** Identifies this invocation. */
  readonly worker: string;
}

/**
 * Runs jobs on the worker versions that they started on, with one invocation per version.
 *
 * @param limits `remainingMs`: the time until the jobs' outcomes must be recorded; `waitMs`: how long to wait for the
 * response; both in milliseconds
 */
export async function runElsewhere(
  elsewhere: ReadonlyMap<string, readonly ClaimedJob[]>,
  deliveries: readonly Delivery[],
  limits: { readonly remainingMs: number; readonly waitMs: number },
  { versions, clock, log, worker }: PinnedPorts,
): Promise<RanElsewhere> {
  const settlements = new Map<string, SettlementOfMessage>();
  const results: AttemptResult[] = [];
  const withMessage = new Set(
    deliveries.filter(({ also = [] }) => also.length === 0).map(({ jobId }) => jobId),
  );
  const runIn = async (version: string, jobs: readonly ClaimedJob[], { run }: Versions): Promise<void> => {
    const fields = { version, job_ids: jobs.map(({ jobId }) => jobId) };
    log.info('jobs_handed_over', 'Jobs continue on the worker version that they started on.', fields);
    const batch: PinnedBatch = {
      worker,
      remainingMs: limits.remainingMs,
      jobs: jobs.map(({ jobId }) => ({ jobId, hasMessage: withMessage.has(jobId) })),
    };
    try {
      const answer = await run(version, batch, AbortSignal.timeout(Math.max(0, Math.floor(limits.waitMs))));
      // Without a response, the jobs may still be running. Leave the jobs' messages alone, as if this worker had crashed:
      // the leases and messages ensure that the jobs finish.
      for (const { jobId } of jobs) settlements.set(jobId, answer?.[jobId] ?? { action: 'leave' });
    } catch (error) {
      log.error(
        'jobs_not_handed_over',
        'Jobs could not be handed over to the worker version that they started on.',
        {
          ...fields,
          error,
        },
      );
      results.push(...jobs.map((job) => notRun(job, error, clock.random())));
    }
  };
  if (versions) await Promise.all([...elsewhere].map(([version, jobs]) => runIn(version, jobs, versions)));
  return { settlements, results };
}

/** Builds the deliveries of a batch that is handed over to an earlier version. */
export function deliveriesOf({ jobs }: PinnedBatch): Delivery[] {
  return jobs.filter(({ hasMessage }) => hasMessage).map(({ jobId }) => ({ id: jobId, jobId }));
}

/** Builds the response of the earlier version that ran a batch. */
export function toPinnedSettlements(settlements: readonly Settlement[]): PinnedSettlements {
  return Object.fromEntries(settlements.map(({ delivery, ...settlement }) => [delivery.jobId, settlement]));
}
