import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicateJobError, StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Submission } from '../../../lambdas/job/submit.ts';
import { FAULTS, type Fault, type Faults } from './faults.ts';
import {
  jobsOfOverlappingWindows,
  scheduledModel,
  SubmissionModel,
  WINDOW_SECONDS,
  type Outcome,
} from './submission-model.ts';

const WINDOW_MS = WINDOW_SECONDS * 1000;
const RUNS = { numRuns: 400 };

interface Attempt {
  overrides: Partial<Submission>;
  faults: Faults;
}

function attempts(kinds: readonly Fault[], objectIds = ['a']): fc.Arbitrary<Attempt[]> {
  const fault = fc.oneof(fc.constant('none' as const), fc.constantFrom('none' as const, ...kinds));
  const attempt = fc.record({
    overrides: fc.record({
      objectId: fc.constantFrom(...objectIds),
      onDuplicate: fc.constantFrom('return' as const, 'reject' as const),
    }),
    faults: fc.array(fault, { maxLength: 8 }),
  });
  return fc.array(attempt, { minLength: 1, maxLength: 6 });
}

/** Clock jumps within a dedup window, to its end, or past it. The scheduler chooses when they happen. */
const clockJumps = fc.array(fc.constantFrom(1, WINDOW_MS / 3, WINDOW_MS - 1, WINDOW_MS), { maxLength: 4 });

/** Sends all submissions concurrently, and returns when none of them can continue. The scheduler chooses the order of the submissions' steps. */
async function race(scheduler: fc.Scheduler, all: readonly Attempt[], jumps: readonly number[] = []) {
  const model = scheduledModel(scheduler);
  for (const { overrides, faults } of all) void model.submit(overrides, faults);
  passTime(scheduler, model, jumps);
  await scheduler.waitIdle();
  return model;
}

function passTime(scheduler: fc.Scheduler, model: SubmissionModel, jumps: readonly number[]): void {
  for (const jump of jumps) {
    void scheduler.schedule(Promise.resolve(), `${jump} ms pass`).then(() => {
      model.now += jump;
      if (jump < WINDOW_MS) model.deleteExpiredKeys();
    });
  }
}

/** Returns the job id in a response or a refusal, if any. */
function toldOf({ answer, error }: Outcome): string[] {
  if (answer) return [answer.job.job_id];
  return error instanceof DuplicateJobError ? [error.jobId] : [];
}

function isCreated({ answer }: Outcome): boolean {
  return answer?.deduplicated === false;
}

describe('concurrent submissions of one object', () => {
  it('all get one job, which has one row, and one of them gets it as new', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts([]), async (scheduler, all) => {
        const model = await race(scheduler, all);
        const { outcomes } = model;
        expect(outcomes).toHaveLength(all.length);
        expect(outcomes.filter(isCreated)).toHaveLength(1);
        expect(new Set(outcomes.flatMap(toldOf))).toEqual(new Set(model.rows.keys()));
        expect(model.rows.size).toBe(1);
        expect(model.sent.map(({ jobId }) => jobId)).toEqual([...model.rows.keys()]);
        for (const { error } of outcomes) if (error) expect(error).toBeInstanceOf(DuplicateJobError);
      }),
      RUNS,
    );
  });

  it('have one row, even if calls fail, are late or are repeated, and processes die', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts(FAULTS), async (scheduler, all) => {
        const model = await race(scheduler, all);
        expect(model.rows.size).toBeLessThanOrEqual(1);
        for (const outcome of model.outcomes) {
          for (const jobId of toldOf(outcome)) expect(model.rows.has(jobId)).toBe(true);
        }
        expect(model.outcomes.filter(isCreated).length).toBeLessThanOrEqual(1);
        expect(model.violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it('fail only if a store is unavailable or a duplicate is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts(FAULTS), async (scheduler, all) => {
        const { outcomes } = await race(scheduler, all);
        for (const { error } of outcomes) {
          if (!error) continue;
          expect([StoreUnavailableError, DuplicateJobError]).toContain(error.constructor);
        }
      }),
      RUNS,
    );
  });

  it('leave a state that the next submission can complete: it gets the only job, new or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts(FAULTS), async (scheduler, all) => {
        const model = await race(scheduler, all);
        const holder = model.keys.get('["default","a"]');
        const next = model.submit({ objectId: 'a' });
        await scheduler.waitIdle();
        const { answer } = await next;
        expect([...model.rows.keys()]).toEqual([answer?.job.job_id]);
        // An existing key is never ignored: the next submission must use the job id in the key.
        if (holder) expect(answer?.job.job_id).toBe(holder.jobId);
      }),
      RUNS,
    );
  });
});

describe('submissions of several objects, over several windows', () => {
  it('have one job per object and window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        attempts(FAULTS, ['a', 'b']),
        clockJumps,
        async (scheduler, all, jumps) => {
          const model = await race(scheduler, all, jumps);
          expect(jobsOfOverlappingWindows(model)).toEqual([]);
          expect(model.violations).toEqual([]);
        },
      ),
      RUNS,
    );
  });

  it('each get a job of their own object, with its window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        attempts(FAULTS, ['a', 'b']),
        clockJumps,
        async (scheduler, all, jumps) => {
          const model = await race(scheduler, all, jumps);
          for (const { submission, answer } of model.outcomes) {
            if (!answer) continue;
            const windows = model.windows.filter(({ jobId }) => jobId === answer.job.job_id);
            const to = answer.windowEndsAt?.getTime();
            expect(windows).toContainEqual(expect.objectContaining({ objectId: submission.objectId, to }));
            expect(model.rows.get(answer.job.job_id)?.job.object_id).toBe(submission.objectId);
          }
        },
      ),
      RUNS,
    );
  });
});

describe('the end of a window', () => {
  it('is the same in every response for a job, and a submission at that time gets a new job', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts(FAULTS), clockJumps, async (scheduler, all, jumps) => {
        const model = await race(scheduler, all, jumps);
        expectOneEnd(model);
      }),
      RUNS,
    );
  });

  it('is the same in the responses to batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(attempts(FAULTS, ['a', 'b']), { minLength: 1, maxLength: 4 }),
        clockJumps,
        async (scheduler, batches, jumps) => {
          const model = scheduledModel(scheduler);
          for (const batch of batches) {
            const faults = batch.flatMap((attempt) => attempt.faults);
            void model.submitBatch(
              batch.map(({ overrides }) => overrides),
              faults,
            );
          }
          passTime(scheduler, model, jumps);
          await scheduler.waitIdle();
          expectOneEnd(model);
        },
      ),
      RUNS,
    );
  });

  /** Returns the end of each dedup window that a response or a refusal contains, with the job's id and the time of the request. */
  function endsTold({ outcomes }: SubmissionModel) {
    return outcomes.flatMap(({ askedAt, answer, error }) => {
      if (answer) return [{ askedAt, jobId: answer.job.job_id, end: answer.windowEndsAt?.getTime() ?? 0 }];
      return error instanceof DuplicateJobError
        ? [{ askedAt, jobId: error.jobId, end: error.windowEndsAt.getTime() }]
        : [];
    });
  }

  function expectOneEnd(model: SubmissionModel): void {
    const told = endsTold(model);
    for (const jobId of model.rows.keys()) {
      expect(new Set(told.filter((one) => one.jobId === jobId).map(({ end }) => end)).size).toBeLessThan(2);
    }
    for (const { askedAt, end } of told) expect(end).toBeGreaterThan(askedAt);
  }
});

describe('a first submission whose row is refused while another adopts its key', () => {
  /**
   * Runs a submission that fails to write its row, and another submission that adopts the first one's dedup key. `adoptsFirst` decides whether the
   * adoption precedes the failure.
   */
  async function adoptWhileRefused(adoptsFirst: boolean): Promise<SubmissionModel> {
    const gates: (() => void)[] = [];
    const model = new SubmissionModel((label) =>
      label === 'the row is refused' || (!adoptsFirst && label === 'the adoption is asked for')
        ? new Promise((resolve) => gates.push(resolve))
        : Promise.resolve(),
    );
    const refused = model.submit({}, ['none', 'none', 'refused']);
    await until(() => gates.length === 1);
    const adopting = model.submit();
    if (adoptsFirst) {
      await adopting;
      gates[0]?.();
    } else {
      await until(() => gates.length === 2);
      gates[0]?.();
      await refused;
      gates[1]?.();
    }
    await Promise.all([refused, adopting]);
    return model;
  }

  it('does not release the key if the adoption came first', async () => {
    const model = await adoptWhileRefused(true);
    expect([...model.rows.keys()]).toEqual(['id-001']);
    expect(model.keys.get('["default","object"]')).toMatchObject({ jobId: 'id-001', owner: 'id-002' });
  });

  it('releases the key if it was faster, and the other one reopens the window', async () => {
    const model = await adoptWhileRefused(false);
    expect([...model.rows.keys()]).toEqual(['id-003']);
    expect(model.keys.get('["default","object"]')).toMatchObject({ jobId: 'id-003' });
  });
});

/** Waits until the condition holds. */
async function until(isReached: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (isReached()) return;
    await Promise.resolve();
  }
  throw new Error('It was never reached.');
}
