import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicateJobError, StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import type { Submission } from '../../../lambdas/job/submit.ts';
import { FAULTS, type Faults } from './faults.ts';
import { scheduledModel, type SubmissionModel } from './submission-model.ts';

const RUNS = { numRuns: 400 };

interface Attempt {
  overrides: Partial<Submission>;
  faults: Faults;
}

const REPLACE = { onDuplicate: 'replace' } as const;
const DEBOUNCE = { ...REPLACE, delaySeconds: 5, debounce: { seconds: 5, maxSeconds: 20 } };

/** Generates submissions. Each submission's payload is its number. */
const attempts: fc.Arbitrary<Attempt[]> = fc
  .array(
    fc.record({
      overrides: fc.constantFrom<Partial<Submission>>({}, REPLACE, REPLACE, DEBOUNCE, DEBOUNCE),
      faults: fc.array(fc.oneof(fc.constant('none' as const), fc.constantFrom('none' as const, ...FAULTS)), {
        maxLength: 8,
      }),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((all) =>
    all.map((attempt, number) => ({ ...attempt, overrides: { ...attempt.overrides, payload: number } })),
  );

/**
 * Sends all submissions concurrently, one or two per request, and starts the object's job `starts` times. The scheduler chooses the order of the
 * steps.
 */
async function race(
  scheduler: fc.Scheduler,
  all: readonly Attempt[],
  { starts, inBatches }: { starts: number; inBatches: boolean },
): Promise<SubmissionModel> {
  const model = scheduledModel(scheduler);
  for (let at = 0; at < all.length; at += inBatches ? 2 : 1) {
    const [one, other] = all.slice(at, inBatches ? at + 2 : at + 1);
    if (!one) break;
    if (other) void model.submitBatch([one.overrides, other.overrides], [...one.faults, ...other.faults]);
    else void model.submit(one.overrides, one.faults);
  }
  for (let start = 0; start < starts; start += 1) {
    void scheduler.schedule(Promise.resolve(), 'a worker starts the job').then(() => model.start('object'));
  }
  await scheduler.waitIdle();
  return model;
}

/** Returns the payloads that each job has had, in order. */
function payloadsOf(model: SubmissionModel): Map<string, Json[]> {
  return new Map(
    [...model.rows].map(([jobId, { written, replacements }]) => [
      jobId,
      [written.payload, ...replacements.map(({ payload }) => payload)],
    ]),
  );
}

const anyRace = {
  starts: fc.nat({ max: 3 }),
  inBatches: fc.boolean(),
};

describe('concurrent submissions that replace or debounce', () => {
  it('are each applied at most once, despite failures, deaths, delays and retries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts, fc.record(anyRace), async (scheduler, all, how) => {
        const model = await race(scheduler, all, how);
        const applied = [...payloadsOf(model).values()].flat();
        expect(new Set(applied).size).toBe(applied.length);
        expect(model.violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it('get correct results: a new or replaced job has had their payload, and any other job had already started', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts, fc.record(anyRace), async (scheduler, all, how) => {
        const model = await race(scheduler, all, how);
        const payloads = payloadsOf(model);
        for (const { submission, answer } of model.outcomes) {
          if (!answer) continue;
          const { job, deduplicated, replaced } = answer;
          const hasHad = payloads.get(job.job_id)?.includes(submission.payload);
          // In a batch, a later submission for the same object may have replaced this submission's payload.
          if (!how.inBatches && (replaced || !deduplicated)) expect(hasHad).toBe(true);
          if (submission.onDuplicate === 'replace' && !replaced && deduplicated)
            expect(job.status).not.toBe('created');
        }
      }),
      RUNS,
    );
  });

  it('have one waiting job', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts, fc.record(anyRace), async (scheduler, all, how) => {
        const model = await race(scheduler, all, how);
        const waiting = [...model.rows.values()].filter(({ job }) => job.status === 'created');
        expect(waiting.length).toBeLessThanOrEqual(1);
        // A job that was not debounced keeps its dedup window even after it has started, so there is at most one such job.
        const others = [...model.rows.values()].filter(({ job }) => !job.debounced);
        expect(others.length).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  it('fail only if a store is unavailable, and leave a state that the next submission can complete', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts, fc.record(anyRace), async (scheduler, all, how) => {
        const model = await race(scheduler, all, how);
        for (const { error } of model.outcomes)
          if (error) expect([StoreUnavailableError, DuplicateJobError]).toContain(error.constructor);
        const next = model.submit({ ...REPLACE, payload: 'next' });
        await scheduler.waitIdle();
        const { answer } = await next;
        const isTaken = answer?.replaced === true || answer?.deduplicated === false;
        expect(isTaken || answer?.job.status === 'running').toBe(true);
        if (isTaken) expect(model.payloadOf(await next)).toBe('next');
      }),
      RUNS,
    );
  });
});
