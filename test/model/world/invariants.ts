import { isDeepStrictEqual } from 'node:util';
import { BULK_JOB_TYPE } from '../../../lambdas/job/catalogue.ts';
import {
  JOB_STATUSES,
  TRANSITIONS,
  isTerminal,
  type JobEvent,
  type JobStatus,
} from '../../../lambdas/job/status.ts';
import type { AttemptRow, HistorySums, JobRow, Rows } from './rows.ts';
import { MOST_WAITS, type World } from './world.ts';

/** What each statement may do to a job. One that is not listed moves none. */
const EVENTS: Readonly<Record<string, readonly JobEvent[]>> = {
  'claim-jobs': ['claim', 'reclaim', 'lose', 'notice_cancel'],
  'record-results': ['succeed', 'fail', 'retry_later', 'notice_cancel'],
  'record-results-with-logs': ['succeed', 'fail', 'retry_later', 'notice_cancel'],
  'settle-dead-letters': ['lose', 'notice_cancel'],
  'fail-without-queue': ['lose_queue', 'notice_cancel'],
  'cancel-job': ['cancel'],
  'resubmit-job': ['resubmit'],
  'bulk-cancel': ['cancel'],
  'bulk-retry': ['resubmit'],
};

/**
 * Holds after every step, whatever has happened before.
 * @throws an Error that names everything that does not hold
 */
export async function checkInvariants(world: World, before: Rows, after: Rows): Promise<void> {
  const problems = [
    ...[...before.jobs.keys()].filter((id) => !after.jobs.has(id)).map((id) => `${id} is gone.`),
    ...[...after.jobs.values()].flatMap((job) => problemsOfJob(world, job, before.jobs.get(job.job_id))),
    ...problemsOfLeases(world, after),
    ...problemsOfWindows(world, after),
    ...problemsOfCounts(after),
    ...problemsOfHistory(after),
    ...problemsOfFirings(world, after),
    ...problemsOfAudit(after),
    ...problemsOfWaits(world),
    ...problemsOfCallbacks(after),
    ...problemsOfLimits(world, after),
    ...(await problemsOfWays(world, after)),
    ...[...world.acknowledged]
      .filter((id) => !after.jobs.has(id))
      .map((id) => `${id} was told, and is not there.`),
    ...world.log.entries
      .filter(({ message }) => message.includes('does not exist'))
      .map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`),
    ...world.violations,
  ];
  if (problems.length > 0)
    throw new Error([`After ${world.statements.join(', ') || 'no statement'}:`, ...problems].join('\n'));
}

function problemsOfJob(world: World, job: JobRow, before: JobRow | undefined): string[] {
  const { job_id: id, status, attempts, attempt } = job;
  const open = attempts.filter(({ outcome }) => outcome === null);
  const last = attempts.at(-1);
  const rules: [boolean, string][] = [
    [
      attempts.every((row, index) => row.attempt === index + 1),
      'has attempts that are not numbered from 1 on',
    ],
    [attempts.length === attempt, `counts ${attempt} attempts and recorded ${attempts.length}`],
    [attempt <= job.max_attempts, `had attempt ${attempt} of ${job.max_attempts}`],
    [open.length === (status === 'running' ? 1 : 0), `is ${status} with ${open.length} open attempts`],
    [status !== 'running' || last?.worker === job.worker, 'is run by another worker than its attempt'],
    [
      (job.lease_expires_at !== null) === (status === 'running'),
      `is ${status} with lease ${String(job.lease_expires_at)}`,
    ],
    [(job.wake_at === null) === isTerminal(status), `is ${status} and wakes at ${String(job.wake_at)}`],
    [job.start_time === (attempts[0]?.start_time ?? null), 'did not start with its first claim'],
    [(job.end_time !== null) === isTerminal(status), `is ${status} and ended at ${String(job.end_time)}`],
    [
      !isTerminal(status) || !last || moment(job.end_time) >= moment(last.end_time),
      'ended before its attempt',
    ],
    [
      status !== 'success' || job.type === BULK_JOB_TYPE || isResultOf(job, attempt),
      `has the result of another attempt: ${JSON.stringify(job.result)}`,
    ],
    [
      !job.message?.includes('broken on attempt') ||
        job.message === `broken on attempt ${attempt}` ||
        status !== 'failed',
      `failed on attempt ${attempt} with another one's message: ${String(job.message)}`,
    ],
    ...rulesOfHistory(world, job, before),
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${id} ${problem}.`);
}

function rulesOfHistory(world: World, job: JobRow, before: JobRow | undefined): [boolean, string][] {
  if (!before) return [[job.status === 'created', `began as ${job.status}`]];
  const isRetried = ['resubmit-job', 'bulk-retry'].some((name) => world.statements.includes(name));
  return [
    [isReachable(before.status, job.status, world.statements), `went from ${before.status} to ${job.status}`],
    [
      !isTerminal(before.status) || isRetried || isDeepStrictEqual(before, job),
      'was terminal and has changed',
    ],
    [
      job.max_attempts - before.max_attempts === newlyThrottled(job, before) ||
        (isRetried && job.max_attempts === before.max_attempts + 1),
      `went from ${before.max_attempts} attempts to ${job.max_attempts}`,
    ],
    [before.start_time === null || job.start_time === before.start_time, 'has started a second time'],
    [
      before.attempts.every(
        (row, index) => row.outcome === null || isDeepStrictEqual(row, job.attempts[index]),
      ),
      'has an attempt that had ended and has changed',
    ],
  ];
}

/** The attempts that were throttled since: each gives the job another one, unless it was to be canceled. */
function newlyThrottled({ status, attempts }: JobRow, before: JobRow): number {
  if (status === 'canceled') return 0;
  const throttled = (row: AttemptRow | undefined): boolean => row?.outcome === 'throttled';
  return attempts.filter((row, index) => throttled(row) && !throttled(before.attempts[index])).length;
}

/** By one event of each statement at the most, in any order. */
function isReachable(from: JobStatus, to: JobStatus, statements: readonly string[]): boolean {
  if (from === to) return true;
  return statements.some((statement, index) =>
    (EVENTS[statement] ?? []).some((event) => {
      const next = TRANSITIONS[event][from];
      return next !== undefined && isReachable(next, to, statements.toSpliced(index, 1));
    }),
  );
}

function isResultOf({ result, attempts }: JobRow, attempt: number): boolean {
  const last = attempts[attempt - 1];
  return last?.outcome === 'success' && isDeepStrictEqual(result, { attempt, worker: last.worker });
}

/** No two workers whose functions may still run have the same job at once. */
function problemsOfLeases(world: World, { jobs }: Rows): string[] {
  const live = [...world.runs].filter(({ actor }) => actor.state === 'active' && world.now < actor.endsAt);
  const twice = live.filter((run) => live.some((other) => other !== run && other.jobId === run.jobId));
  const unknown = live.filter(({ jobId, attempt }) => (jobs.get(jobId)?.attempt ?? 0) < attempt);
  return [
    ...twice.map(
      ({ jobId, actor, attempt }) => `${jobId} is run by ${actor.name} too, as attempt ${attempt}.`,
    ),
    ...unknown.map(({ jobId, attempt }) => `${jobId} is run as attempt ${attempt}, which is not recorded.`),
  ];
}

/** One job per object and window: no two windows of an object that overlap have a job each. */
function problemsOfWindows(world: World, { jobs }: Rows): string[] {
  const used = world.table.windows.filter(({ jobId }) => jobs.has(jobId));
  return used.flatMap((one, index) =>
    used
      .slice(index + 1)
      .filter(({ objectId, jobId, from, to }) => {
        return objectId === one.objectId && jobId !== one.jobId && from < one.to && one.from < to;
      })
      .map(({ jobId }) => `${one.objectId} has two jobs in one window, ${one.jobId} and ${jobId}.`),
  );
}

/** No more requests wait than may. */
function problemsOfWaits({ waiting }: World): string[] {
  const count = [...waiting].filter(({ state }) => state === 'active').length;
  return count > MOST_WAITS ? [`${count} requests wait.`] : [];
}

/** What was submitted here is of the type sleep: every webhook tells the outcome of a job that there is, and nothing else tells one. */
function problemsOfCallbacks({ jobs }: Rows): string[] {
  return [...jobs.values()]
    .filter(({ type, outcome_of: told }) => (type === 'webhook') !== (told !== null && jobs.has(told)))
    .map(
      ({ job_id: id, type, outcome_of: told }) =>
        `${id} is a ${type} that tells the outcome of ${String(told)}.`,
    );
}

function problemsOfCounts({ jobs, counts }: Rows): string[] {
  return JOB_STATUSES.flatMap((status) => {
    const rows = [...jobs.values()].filter((job) => job.status === status).length;
    const counted = counts[status] ?? 0;
    return rows === counted ? [] : [`${rows} jobs are ${status}, and ${counted} are counted.`];
  });
}

/** Each change has one entry in the audit, and each job says who submitted it. */
function problemsOfAudit({ jobs, unmatched }: Rows): string[] {
  const submitters = ['key:model', 'schedule:every'];
  return [
    ...unmatched,
    ...[...jobs.values()]
      .filter(({ type, submitted_by: by }) =>
        type === 'webhook' ? by !== null : !submitters.includes(by ?? ''),
      )
      .map(({ job_id: id, submitted_by: by }) => `${id} was submitted by ${String(by)}.`),
  ];
}

/** The history counts every job, end and attempt exactly once. A retry by a client reopens a job whose end stays counted. */
function problemsOfHistory({ jobs, history }: Rows): string[] {
  const rows = [...jobs.values()];
  const attempts = rows.flatMap((job) => job.attempts);
  const endedAs = (...ends: JobStatus[]): number => rows.filter(({ status }) => ends.includes(status)).length;
  const outcomes = (outcome: AttemptRow['outcome']): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  const expected: HistorySums = {
    accepted: rows.length,
    resubmitted: history.resubmitted,
    succeeded: endedAs('success'),
    unsuccessful: endedAs('failed', 'canceled') + history.resubmitted,
    started: attempts.length,
    failed: outcomes('failed'),
    timeout: outcomes('timeout'),
    lost: outcomes('lost'),
    throttled: outcomes('throttled'),
  };
  return isDeepStrictEqual(history, expected)
    ? []
    : [`The history has ${JSON.stringify(history)}, and the rows say ${JSON.stringify(expected)}.`];
}

/** A firing waits in a queue or was decided, and submits at most one job. */
function problemsOfFirings({ fired, queue }: World, { jobs, firings }: Rows): string[] {
  const waiting = queue.firings.map(({ body }) => (JSON.parse(body) as { fire_time: string }).fire_time);
  const decided = new Map(firings.map(({ fire_time: time, job_id: jobId }) => [time, jobId]));
  const submitted = [...jobs.values()].filter(({ object_id: object }) => object?.startsWith('schedule#'));
  return [
    ...[...fired]
      .filter((time) => !decided.has(time) && !waiting.includes(time))
      .map((time) => `The firing of ${time} is lost.`),
    ...submitted
      .filter(({ job_id: id, object_id: object }) => decided.get(object?.split('#')[2] ?? '') !== id)
      .map(({ job_id: id, object_id: object }) => `${id} is a second job of ${String(object)}.`),
  ];
}

/** However the tenant comes by its jobs: a job that tells an outcome takes the place of the one that has ended. */
function problemsOfLimits({ limits }: World, { jobs }: Rows): string[] {
  const inFlight = [...jobs.values()].filter(({ status }) => !isTerminal(status)).length;
  const { maxJobsInFlight: most } = limits;
  return most > 0 && inFlight > most ? [`${inFlight} jobs are in flight, of at most ${most}.`] : [];
}

/** Every job that is not terminal is woken: by a message, or by the sweeper once it should have been claimed. */
async function problemsOfWays(world: World, { jobs }: Rows): Promise<string[]> {
  const { main, dead } = world.queue;
  const woken = new Set([...main, ...dead].map(({ jobId }) => jobId));
  const left = [...jobs.values()].filter(({ job_id: id, status }) => !isTerminal(status) && !woken.has(id));
  const isSwept = await Promise.all(
    left.map(({ wake_at: wakeAt }) => world.table.sweeperWouldLook(Math.max(world.now, moment(wakeAt)) + 1)),
  );
  return left
    .filter((_, index) => !isSwept[index])
    .map(
      ({ job_id: id, status }) => `${id} is ${status}; no message wakes it, and the sweeper does not look.`,
    );
}

function moment(text: string | null): number {
  return text === null ? 0 : Date.parse(text);
}
