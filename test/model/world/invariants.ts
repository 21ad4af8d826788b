import { isDeepStrictEqual } from 'node:util';
import { BULK_JOB_TYPE } from '../../../lambdas/job/catalogue.ts';
import { TRANSITIONS, isTerminal, type JobEvent, type JobStatus } from '../../../lambdas/job/status.ts';
import { isParked, isParkedForNothing, problemsOfFlow, problemsOfSuspects } from './flow-invariants.ts';
import type { AttemptRow, JobRow, Rows } from './rows.ts';
import { forgottenFamilies, problemsOfSteps } from './step-invariants.ts';
import { problemsOfBatches, problemsOfCounts, problemsOfHistory } from './sum-invariants.ts';
import { MOST_WAITS, type World } from './world.ts';

/** The events that each statement may cause. Statements that are not listed cause no events. */
const EVENTS: Readonly<Record<string, readonly JobEvent[]>> = {
  'claim-jobs': ['claim', 'reclaim', 'lose', 'notice_cancel', 'hold', 'expire', 'cancel'],
  'record-results': ['succeed', 'fail', 'retry_later', 'notice_cancel', 'suspend'],
  'settle-dead-letters': ['lose', 'notice_cancel'],
  'fail-without-queue': ['lose_queue', 'notice_cancel'],
  'cancel-job': ['cancel'],
  'resubmit-job': ['resubmit'],
  'bulk-cancel': ['cancel'],
  'cancel-children': ['cancel'],
  'bulk-retry': ['resubmit'],
};

/**
 * Checks the invariants, which must hold after every step, no matter what happened before. @throws Error that names all violations
 */
export async function checkInvariants(world: World, before: Rows, after: Rows): Promise<void> {
  const problems = [
    ...[...before.jobs.keys()].filter((id) => !after.jobs.has(id)).map((id) => `${id} is gone.`),
    ...[...after.jobs.values()].flatMap((job) => problemsOfJob(world, job, before.jobs.get(job.job_id))),
    ...problemsOfLeases(world, after),
    ...problemsOfWindows(world, after),
    ...problemsOfEnds(world, after),
    ...problemsOfPayloads(world, after),
    ...problemsOfCounts(after),
    ...problemsOfBatches(before, after),
    ...problemsOfHistory(after),
    ...problemsOfFirings(world, after),
    ...problemsOfAudit(after),
    ...problemsOfWaits(world),
    ...problemsOfCallbacks(after),
    ...problemsOfLimits(world, after),
    ...problemsOfFlow(before, after),
    ...problemsOfSuspects(before, after),
    ...problemsOfSteps(world, before, after),
    ...(await problemsOfWays(world, after)),
    ...[...world.acknowledged]
      .filter((id) => !after.jobs.has(id))
      .map((id) => `${id} was named in a response, but does not exist.`),
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
    [attempts.length === attempt, `counts ${attempt} attempts, but recorded ${attempts.length}`],
    [attempt <= job.max_attempts, `had attempt ${attempt} of ${job.max_attempts}`],
    [
      open.length === (status === 'running' || job.continues ? 1 : 0),
      `is ${status} with ${open.length} open attempts`,
    ],
    [
      status !== 'running' || last?.worker === job.worker || wasContinued(job),
      'is run by a different worker than its attempt',
    ],
    [
      (job.lease_expires_at !== null) === (status === 'running'),
      `is ${status} with lease ${String(job.lease_expires_at)}`,
    ],
    [
      (job.wake_at === null) ===
        (isTerminal(status) || (isParked(job) && ['pause', 'concurrency'].includes(job.held_by ?? ''))),
      `is ${status}, held by ${String(job.held_by)}, and wakes at ${String(job.wake_at)}`,
    ],
    [job.start_time === (attempts[0]?.start_time ?? null), 'did not start with its first claim'],
    [(job.end_time !== null) === isTerminal(status), `is ${status} and ended at ${String(job.end_time)}`],
    // The handlers' code never changes in the model, so its steps always match the recorded steps.
    [!job.message?.startsWith('The recorded step'), `does not match its steps: ${String(job.message)}`],
    [
      !isTerminal(status) || !last || moment(job.end_time) >= moment(last.end_time),
      'ended before its attempt',
    ],
    [
      status !== 'success' || job.type === BULK_JOB_TYPE || hasSteps(job) || isResultOf(job, attempt),
      `has the result of another attempt: ${JSON.stringify(job.result)}`,
    ],
    [
      !job.message?.includes('broken on attempt') ||
        job.message === `broken on attempt ${attempt}` ||
        status !== 'failed',
      `failed on attempt ${attempt} with another attempt’s message: ${String(job.message)}`,
    ],
    ...rulesOfHistory(world, job, before),
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${id} ${problem}.`);
}

function hasSteps({ payload }: JobRow): boolean {
  return payload.steps !== undefined;
}

/** Whether a claim of the job continued an attempt. A claim that continues an attempt increases the fence, but not the number of attempts. */
function wasContinued({ fence, attempt }: JobRow): boolean {
  return fence > attempt;
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
        isReplaced(world, before) ||
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

/** Whether a submission may have replaced the job in this step. */
function isReplaced({ statements }: World, { status, start_time: startTime }: JobRow): boolean {
  return statements.includes('replace-jobs') && status === 'created' && startTime === null;
}

/**
 * Counts the attempts that were throttled in this step. Each throttled attempt gives the job another attempt, unless a cancellation was requested.
 */
function newlyThrottled({ status, attempts }: JobRow, before: JobRow): number {
  if (status === 'canceled') return 0;
  const throttled = (row: AttemptRow | undefined): boolean => row?.outcome === 'throttled';
  return attempts.filter((row, index) => throttled(row) && !throttled(before.attempts[index])).length;
}

/** Whether the statements can lead from one status to the other, if each statement causes at most one event, in any order. */
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
  // Each later wave of an invocation appends `/` and the wave's number to the worker's name.
  const worker = last?.worker.split('/')[0];
  return last?.outcome === 'success' && isDeepStrictEqual(result, { attempt, worker });
}

/** Checks that no two workers that may still be running hold the same job. */
function problemsOfLeases(world: World, { jobs }: Rows): string[] {
  const live = [...world.runs].filter(({ actor }) => actor.state === 'active' && world.now < actor.endsAt);
  const twice = live.filter((run) => live.some((other) => other !== run && other.jobId === run.jobId));
  const unknown = live.filter(({ jobId, attempt }) => (jobs.get(jobId)?.attempt ?? 0) < attempt);
  return [
    ...twice.map(
      ({ jobId, actor, attempt }) => `${jobId} is also run by ${actor.name}, as attempt ${attempt}.`,
    ),
    ...unknown.map(({ jobId, attempt }) => `${jobId} is run as attempt ${attempt}, which is not recorded.`),
  ];
}

/** Checks that overlapping windows of an object never have different jobs. */
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

/**
 * Checks that all responses for a job report the same window end, and that a submission at or after that end gets a different job. Debounced jobs are
 * exceptions: their window ends when the job starts, and responses report the end that is known at the time.
 */
function problemsOfEnds({ windowEnds }: World, { jobs }: Rows): string[] {
  const told = windowEnds.filter(({ jobId }) => jobs.get(jobId)?.debounced === false);
  const first = new Map(told.map(({ jobId, end }) => [jobId, end]));
  return told.flatMap(({ jobId, askedAt, end }) => [
    ...(end === first.get(jobId)
      ? []
      : [`${jobId}: responses reported two window ends, ${end} and another.`]),
    ...(askedAt < end ? [] : [`${jobId} was the response at ${askedAt}, after its window’s end at ${end}.`]),
  ]);
}

/**
 * Checks the payloads. Every submission must give its payload to exactly one job, exactly once. Each job must have the last payload that it received.
 * Clients must get correct responses.
 */
function problemsOfPayloads({ applied }: World, { jobs, payloads }: Rows): string[] {
  const last = new Map(payloads.map(({ job_id: id, submission }) => [id, submission]));
  const times = Map.groupBy(payloads, ({ submission }) => submission);
  return [
    ...[...times]
      .filter(([, all]) => all.length > 1)
      .map(([submission]) => `${submission} was applied twice.`),
    ...[...last]
      .filter(([id, submission]) => jobs.get(id)?.payload.submission !== submission)
      .map(([id, submission]) => `${id} does not have the payload of ${submission}, its last submission.`),
    ...applied
      .filter(({ jobId, submission }) => !times.get(submission)?.some(({ job_id: id }) => id === jobId))
      .map(
        ({ jobId, submission }) =>
          `${submission} was told that ${jobId} has its payload, which the job never had.`,
      ),
  ];
}

/** Checks that the number of waiting requests does not exceed the limit. */
function problemsOfWaits({ waiting }: World): string[] {
  const count = [...waiting].filter(({ state }) => state === 'active').length;
  return count > MOST_WAITS ? [`${count} requests wait.`] : [];
}

/**
 * Checks the callbacks. All submitted jobs have the `sleep` type, so every `webhook` job must be a callback, which reports an existing job's outcome.
 * No other job may report an outcome.
 */
function problemsOfCallbacks({ jobs }: Rows): string[] {
  return [...jobs.values()]
    .filter(({ type, outcome_of: told }) => (type === 'webhook') !== (told !== null && jobs.has(told)))
    .map(
      ({ job_id: id, type, outcome_of: told }) =>
        `${id} is a ${type} job that reports the outcome of ${String(told)}.`,
    );
}

/** Checks that each change has one audit entry, and that each job names its submitter. */
function problemsOfAudit({ jobs, unmatched }: Rows): string[] {
  const submitters = ['key:model', 'schedule:every'];
  return [
    ...unmatched,
    ...[...jobs.values()]
      .filter(({ type, submitted_by: by }) =>
        type === 'webhook'
          ? by !== null
          : !submitters.includes(by ?? '') && !['batch:', 'job:'].some((kind) => by?.startsWith(kind)),
      )
      .map(({ job_id: id, submitted_by: by }) => `${id} was submitted by ${String(by)}.`),
  ];
}

/** Checks that each firing is waiting in a queue or was handled, and that it submitted at most one job. */
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
      .map(({ job_id: id, object_id: object }) => `${id} is a second job for ${String(object)}.`),
  ];
}

/**
 * Checks the tenant's limit on jobs in flight. All jobs count toward the limit, except on_complete jobs. A callback job takes the place of the job
 * that ended.
 */
function problemsOfLimits({ limits }: World, { jobs }: Rows): string[] {
  // A suspended job does not count toward the limit, and may continue even if the limit is reached. The callback job that takes a suspended job's
  // place is exempt, too.
  const isExempt = (job: JobRow): boolean => {
    const reported = jobs.get(job.outcome_of ?? '');
    return wasSuspended(job) || (reported !== undefined && wasSuspended(reported));
  };
  const inFlight = [...jobs.values()].filter(
    // The limit does not apply to on_complete jobs, because closing a batch may submit such a job at any time.
    (job) => !isTerminal(job.status) && !job.submitted_by?.startsWith('batch:') && !isExempt(job),
  ).length;
  const { maxJobsInFlight: most } = limits;
  return most > 0 && inFlight > most ? [`${inFlight} jobs are in flight; the limit is ${most}.`] : [];
}

function wasSuspended(job: JobRow): boolean {
  return job.continues || wasContinued(job);
}

/**
 * The maximum time between a job's due time and a message that still counts as the job's wake-up, in milliseconds. Messages may arrive even later,
 * because a replacement may make a job due sooner.
 */
const LATEST_MESSAGE_MS = 3_600_000;

/**
 * Checks that every unfinished job will be woken, either by a message or by the sweeper.
 */
async function problemsOfWays(world: World, rows: Rows): Promise<string[]> {
  const { jobs } = rows;
  const { main, dead } = world.queue;
  const perJob = [...main, ...dead].flatMap((message) =>
    message.jobIds.map((jobId) => ({ ...message, jobId })),
  );
  const messages = Map.groupBy(perJob, ({ jobId }) => jobId);
  const isWoken = ({ job_id: id, wake_at: wakeAt }: JobRow): boolean =>
    messages
      .get(id)
      ?.some(({ visibleAt }) => visibleAt <= Math.max(world.now, moment(wakeAt)) + LATEST_MESSAGE_MS) ??
    false;
  // A parked job is woken by the change that removes its obstacle. If nothing holds a parked job back, the sweeper must find it.
  const left = [...jobs.values()].filter(
    (job) => !isTerminal(job.status) && !isWoken(job) && (!isParked(job) || isParkedForNothing(job, rows)),
  );
  const isSwept = await Promise.all(
    left.map(({ wake_at: wakeAt }) => world.table.sweeperWouldLook(Math.max(world.now, moment(wakeAt)) + 1)),
  );
  const forgotten = forgottenFamilies(world, rows).filter((id) => !messages.has(id));
  const areSweptSoon = await world.table.sweeperWouldLook(world.now + LATEST_MESSAGE_MS);
  return [
    ...left
      .filter((_, index) => !isSwept[index])
      .map(
        ({ job_id: id, status }) => `${id} is ${status}; no message wakes it, and the sweeper does not look.`,
      ),
    ...(areSweptSoon ? [] : forgotten).map((id) => `${id} is forgotten, and the sweeper does not look soon.`),
  ];
}

function moment(text: string | null): number {
  return text === null ? 0 : Date.parse(text);
}
