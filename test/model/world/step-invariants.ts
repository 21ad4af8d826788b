import { isDeepStrictEqual } from 'node:util';
import { isTerminal } from '../../../lambdas/job/status.ts';
import type { JobRow, Rows, StepRow } from './rows.ts';
import type { World } from './world.ts';

/**
 * Checks the steps. Acknowledged data must never be lost, and ended steps must not change. A suspended job must wait for an event that has not
 * happened yet.
 */
export function problemsOfSteps(world: World, before: Rows, after: Rows): string[] {
  const jobs = [...after.jobs.values()];
  return [
    ...jobs.flatMap((job) => problemsOfSuspension(world, job)),
    ...jobs.flatMap((job) => problemsOfJob(job, before.jobs.get(job.job_id), after)),
    ...lostSteps(world, after),
    ...lostSignals(world, after),
  ];
}

function problemsOfSuspension(world: World, job: JobRow): string[] {
  const { job_id: id, status, continues, waits_for: waitsFor, steps, expires_at: expiresAt } = job;
  const awaited = steps.filter((step) => step.awaited && step.status === 'waiting');
  const untaken = job.signals.filter(({ taken_by: by }) => by === null).map(({ name }) => name);
  const rules: [boolean, string][] = [
    [!continues || (status === 'created' && job.attempt > 0), `is ${status}, and continues`],
    [waitsFor === null || continues, `waits for ${String(waitsFor)}, and does not continue`],
    [waitsFor === null || awaited.length > 0, 'is suspended, but waits for no step'],
    [!continues || expiresAt !== null, 'is suspended without an end of its duration'],
    [
      !continues ||
        job.held_by !== null ||
        Date.parse(job.run_at) <= Math.max(world.now, Date.parse(expiresAt ?? '')),
      `is suspended until ${job.run_at}, beyond its end at ${String(expiresAt)}`,
    ],
    [
      !isSuspended(job, world.now) || !awaited.some(({ detail }) => untaken.includes(detail.signal ?? '')),
      'is suspended, although the signal that it waits for exists',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${id} ${problem}.`);
}

/** Whether a job is suspended, and is not due yet. */
function isSuspended({ status, continues, held_by: heldBy, run_at: runAt }: JobRow, now: number): boolean {
  return status === 'created' && continues && heldBy === null && Date.parse(runAt) > now;
}

function problemsOfJob(job: JobRow, before: JobRow | undefined, after: Rows): string[] {
  const { job_id: id, steps, signals, result } = job;
  const taken = steps.filter(
    ({ kind, status, timed_out: timedOut }) => kind === 'signal' && status === 'success' && !timedOut,
  );
  const values = result as { first?: unknown; last?: unknown } | null;
  const rules: [boolean, string][] = [
    ...(before?.steps ?? []).map((earlier): [boolean, string] => [
      isKept(earlier, steps),
      `changed its step ${earlier.step}`,
    ]),
    ...taken.map(({ step, result: received }): [boolean, string] => {
      const own = signals.filter(({ taken_by: by }) => by === step);
      return [
        own.length === 1 && isDeepStrictEqual(own[0]?.payload, received),
        `has the wrong signal in ${step}`,
      ];
    }),
    ...(before?.signals ?? []).map((earlier): [boolean, string] => [
      signals.some(
        ({ key, payload, taken_by: by }) =>
          key === earlier.key &&
          isDeepStrictEqual(payload, earlier.payload) &&
          (earlier.taken_by ?? by) === by,
      ),
      `changed its signal ${earlier.key}`,
    ]),
    ...steps
      .filter(({ kind }) => kind === 'map' || kind === 'result')
      .map((step): [boolean, string] => [
        step.status === 'waiting' || isFannedIn(step, id, after),
        `ended its step ${step.step} before its children had ended`,
      ]),
    [
      job.status !== 'success' ||
        job.payload.steps === undefined ||
        ['first', 'last'].every((name) =>
          isDeepStrictEqual(values?.[name as 'first'], steps.find(({ step }) => step === name)?.result),
        ),
      'has a result that does not match its steps',
    ],
    [
      new Set(steps.flatMap(({ detail }) => detail.version ?? [])).size <= 1,
      'ran in two versions of the worker',
    ],
    [
      job.parent_job_id === null || job.submitted_by === `job:${job.parent_job_id}`,
      `is a child, but was submitted by ${String(job.submitted_by)}`,
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${id} ${problem}.`);
}

/**
 * Whether a step was kept as required. A successful step must never change. Other steps may change, and a client's retry deletes them.
 */
function isKept(earlier: StepRow, steps: readonly StepRow[]): boolean {
  if (earlier.status !== 'success') return true;
  const now = steps.find(({ step }) => step === earlier.step);
  // A map step's results may be recorded after the step has ended.
  const result = earlier.kind === 'map' && earlier.result === null ? now?.result : earlier.result;
  // A client's retry unpins the job.
  const detail = now?.detail.version === undefined ? withoutVersion(earlier.detail) : earlier.detail;
  return isDeepStrictEqual({ ...earlier, awaited: now?.awaited, result, detail }, now);
}

function withoutVersion(detail: StepRow['detail']): StepRow['detail'] {
  return Object.fromEntries(Object.entries(detail).filter(([name]) => name !== 'version'));
}

/** Whether a step's children have ended. A child that a client has retried also counts as ended. */
function isFannedIn({ kind, step, detail }: StepRow, parentId: string, { jobs }: Rows): boolean {
  return [...jobs.values()]
    .filter((child) =>
      kind === 'map'
        ? child.parent_job_id === parentId && child.parent_step === step
        : child.job_id === detail.childJobId,
    )
    .every((child) => isTerminal(child.status) || child.resubmission_id !== null);
}

function lostSteps({ recordedSteps }: World, { jobs }: Rows): string[] {
  return [...recordedSteps].flatMap(([name, result]) => {
    const [id = '', step = ''] = name.split(' ');
    const stored = jobs.get(id)?.steps.find((each) => each.step === step);
    const isThere = stored?.status === 'success' && isDeepStrictEqual(stored.result, result);
    return isThere ? [] : [`${id} lost its step ${step}, which was acknowledged.`];
  });
}

function lostSignals({ acceptedSignals }: World, { jobs }: Rows): string[] {
  return [...acceptedSignals].flatMap((name) => {
    const [id = '', key = ''] = name.split(' ');
    return jobs.get(id)?.signals.some((signal) => signal.key === key)
      ? []
      : [`${id} lost the signal ${key}.`];
  });
}

/**
 * Returns the jobs that only the sweeper can wake or cancel: parents whose children have ended, and children of a canceled parent.
 */
export function forgottenFamilies(world: World, { jobs }: Rows): string[] {
  const isEnded = (childId: string | undefined): boolean => {
    const child = jobs.get(childId ?? '');
    return !child || isTerminal(child.status);
  };
  const isOver = ({ kind, step, detail }: StepRow, parentId: string): boolean =>
    kind === 'result'
      ? isEnded(detail.childJobId)
      : kind === 'map' &&
        [...jobs.values()].every(
          (child) =>
            child.parent_job_id !== parentId || child.parent_step !== step || isTerminal(child.status),
        );
  return [...jobs.values()].flatMap((job) => {
    const isForgotten =
      isSuspended(job, world.now) &&
      job.steps.some((step) => step.awaited && step.status === 'waiting' && isOver(step, job.job_id));
    const isOrphan =
      job.ends_with_parent &&
      !isTerminal(job.status) &&
      jobs.get(job.parent_job_id ?? '')?.status === 'canceled';
    return isForgotten || isOrphan ? [job.job_id] : [];
  });
}
