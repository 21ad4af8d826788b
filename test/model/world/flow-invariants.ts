import { isTerminal } from '../../../lambdas/job/status.ts';
import type { FlowState, JobRow, Rows } from './rows.ts';

/** The period of the jobs' rate limit, in milliseconds. The limit is one start per minute. */
const RATE_MS = 60_000;

/** Whether a job is parked: it has no message, and the sweeper does not poll it. */
export function isParked({ status, wake_at: wakeAt }: JobRow): boolean {
  return status === 'created' && wakeAt === null;
}

/** Whether the event that a parked job waits for has already happened. */
export function isParkedForNothing(job: JobRow, { jobs, flow }: Rows): boolean {
  if (!isParked(job)) return false;
  if (job.held_by === 'pause')
    return !flow.pauses.some(({ kind, name }) => name === (kind === 'queue' ? job.queue : job.type));
  const used = [...jobs.values()].filter((other) => usesSlot(other, job.concurrency_key)).length;
  return used < limitOf(job, flow);
}

/**
 * Checks that no rate limit is exceeded, and that no key has more running jobs than its limit. A key may exceed a limit that was lowered while its
 * jobs were running.
 */
export function problemsOfFlow(before: Rows, after: Rows): string[] {
  const running = [...after.jobs.values()].filter(({ status }) => status === 'running');
  const starting = running.filter(
    ({ job_id: id, concurrency_key: key }) => key !== null && before.jobs.get(id)?.status !== 'running',
  );
  const beyond = starting.flatMap((job) => {
    const count = running.filter(({ concurrency_key: key }) => key === job.concurrency_key).length;
    const most = Math.max(limitOf(job, before.flow), limitOf(job, after.flow));
    return count > most ? [`${job.job_id} started as job ${count} of its key, whose limit is ${most}.`] : [];
  });
  return [...beyond, ...problemsOfRates(after)];
}

/** Checks that no window has more than `limit + burst` starts. In the model, that maximum is two. */
function problemsOfRates({ jobs }: Rows): string[] {
  const starts = [...jobs.values()]
    .filter(({ rate_key: key }) => key !== null)
    .flatMap(({ attempts }) => attempts.map(({ start_time: time }) => Date.parse(time)))
    .sort((one, other) => one - other);
  const crowded = starts.filter((start, index) => {
    const third = starts[index + 2];
    return third !== undefined && third - start < RATE_MS;
  });
  return crowded.map((start) => `Three jobs of a rate limit started in the minute from ${start} on.`);
}

/** Checks that a worker that runs a job whose last attempt was lost does not start other jobs at the same time. */
export function problemsOfSuspects(before: Rows, after: Rows): string[] {
  const started = [...after.jobs.values()].filter((job) => startedAttempt(before.jobs.get(job.job_id), job));
  return started.filter(isSuspect).flatMap((suspect) => {
    const beside = started.filter(({ worker }) => worker === suspect.worker);
    return beside.length > 1
      ? [`${suspect.job_id} lost its last attempt, and started beside ${beside.length - 1} other jobs.`]
      : [];
  });
}

function startedAttempt(before: JobRow | undefined, { status, attempt }: JobRow): boolean {
  return status === 'running' && before !== undefined && attempt > before.attempt;
}

function isSuspect({ attempts }: JobRow): boolean {
  return attempts.at(-2)?.outcome === 'lost';
}

function usesSlot(job: JobRow, key: string | null): boolean {
  if (job.concurrency_key !== key || isTerminal(job.status)) return false;
  return job.status === 'running' || (job.held_by === 'concurrency' && job.wake_at !== null);
}

function limitOf({ concurrency_limit: limit }: JobRow, { limits }: FlowState): number {
  return limits[0]?.max_running ?? limit ?? Infinity;
}
