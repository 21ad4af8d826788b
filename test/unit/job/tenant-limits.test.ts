import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  StoreUnavailableError,
  TooManyJobsError,
  TooManySubmissionsError,
} from '../../../lambdas/job/errors.ts';
import { FAULTS } from './faults.ts';
import { jobsOfOverlappingWindows, scheduledModel, SubmissionModel } from './submission-model.ts';

/** Creates a model with the given limits. 0 means no limit. */
function limited(maxJobsInFlight: number, perSecond: number): SubmissionModel {
  const model = new SubmissionModel();
  model.limits = { maxJobsInFlight, perSecond };
  return model;
}

describe('a tenant with a limit on submissions a second', () => {
  it('needs one more call for a new job, but none for a duplicate', async () => {
    const model = limited(0, 5);
    await model.submit();
    expect(model.calls.splice(0)).toEqual(['the mark', 'the window', 'the rate', 'the row', 'the message']);
    await model.submit();
    expect(model.calls).toEqual(['the mark', 'the window', 'the job']);
  });

  it('is refused a new job above the limit, and gets it in the next second', async () => {
    const model = limited(0, 1);
    await model.submit({ objectId: 'a' });
    expect((await model.submit({ objectId: 'b' })).error).toBeInstanceOf(TooManySubmissionsError);
    expect((await model.submit({ objectId: 'a' })).answer?.deduplicated).toBe(true);
    expect(model.keys.size).toBe(1);
    model.now += 1000;
    expect((await model.submit({ objectId: 'b' })).answer?.deduplicated).toBe(false);
    expect(model.violations).toEqual([]);
  });

  it('gets the first jobs of a batch above the limit, and all duplicates', async () => {
    const model = limited(0, 2);
    await model.submit({ objectId: 'old' });
    model.now += 1000;
    const outcomes = await model.submitBatch(
      ['a', 'old', 'b', 'c', null, 'a'].map((objectId) => ({ objectId })),
    );
    expect(outcomes.map(({ answer, error }) => answer?.deduplicated ?? error?.name)).toEqual([
      false,
      true,
      false,
      'TooManySubmissionsError',
      'TooManySubmissionsError',
      true,
    ]);
    expect(model.rows.size).toBe(3);
    expect(model.sent).toHaveLength(3);
    expect([...model.keys.keys()]).toEqual(['["default","old"]', '["default","a"]', '["default","b"]']);
  });

  it('whose counter fails is asked to retry, and its window is closed', async () => {
    const model = limited(0, 2);
    const { error } = await model.submit({}, ['none', 'none', 'refused']);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(model.keys.size).toBe(0);
    expect(model.violations).toEqual([]);
  });
});

describe('a tenant with a limit on jobs in flight', () => {
  it('needs no additional call', async () => {
    const model = limited(1, 0);
    await model.submit();
    expect(model.calls).toEqual(['the mark', 'the window', 'the row', 'the message']);
  });

  it('is refused jobs above the limit, which leave nothing behind', async () => {
    const model = limited(1, 0);
    await model.submit({ objectId: 'a' });
    expect((await model.submit({ objectId: 'b' })).error).toBeInstanceOf(TooManyJobsError);
    expect((await model.submit({ objectId: null })).error).toBeInstanceOf(TooManyJobsError);
    expect((await model.submit({ objectId: 'a' })).answer?.deduplicated).toBe(true);
    expect([...model.keys.keys()]).toEqual(['["default","a"]']);
    expect(model.sent).toHaveLength(1);
    expect(model.violations).toEqual([]);
  });

  it('is not refused its own job if the SDK retries a call', async () => {
    const model = limited(1, 0);
    const { answer } = await model.submit({}, ['none', 'none', 'doubled']);
    expect(answer?.deduplicated).toBe(false);
  });

  it('keeps the window of a refusal that an earlier request may still undo', async () => {
    const model = limited(1, 0);
    await model.submit({ objectId: 'a' });
    const { error } = await model.submit({ objectId: 'b' }, ['none', 'none', 'doubled']);
    expect(error).toBeInstanceOf(TooManyJobsError);
    expect(model.keys.size).toBe(2);
    model.limits.maxJobsInFlight = 2;
    const { answer } = await model.submit({ objectId: 'b' });
    expect(answer?.job.job_id).toBe(model.keys.get('["default","b"]')?.jobId);
  });

  it('gets as many jobs of a batch as fit', async () => {
    const model = limited(2, 0);
    const outcomes = await model.submitBatch(['a', 'b', 'c'].map((objectId) => ({ objectId })));
    expect(outcomes.map(({ answer, error }) => answer?.deduplicated ?? error?.name)).toEqual([
      false,
      false,
      'TooManyJobsError',
    ]);
    expect(model.keys.size).toBe(2);
  });
});

describe('many concurrent submissions at the limits', () => {
  it('have one job per object and never exceed the limit, even if calls fail, are late or are repeated, and processes die', async () => {
    const submissions = fc.array(
      fc.tuple(
        fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 3 }),
        fc.array(fc.constantFrom('none' as const, 'none' as const, ...FAULTS), { maxLength: 8 }),
      ),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), submissions, async (scheduler, all) => {
        const model = scheduledModel(scheduler);
        model.limits = { maxJobsInFlight: 2, perSecond: 3 };
        for (const [objects, faults] of all) {
          void (objects.length === 1
            ? model.submit({ objectId: objects[0] ?? null }, faults)
            : model.submitBatch(
                objects.map((objectId) => ({ objectId })),
                faults,
              ));
        }
        await scheduler.waitIdle();
        expect(jobsOfOverlappingWindows(model)).toEqual([]);
        expect(model.violations).toEqual([]);
        expect(model.rows.size).toBeLessThanOrEqual(2);
      }),
      { numRuns: 400 },
    );
  });
});
