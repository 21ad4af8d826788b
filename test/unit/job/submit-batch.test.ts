import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicateJobError, StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Submission } from '../../../lambdas/job/submit.ts';
import { FAULTS, type Faults } from './faults.ts';
import {
  jobsOfOverlappingWindows,
  scheduledModel,
  SubmissionModel,
  WINDOW_SECONDS,
} from './submission-model.ts';

const WINDOW_MS = WINDOW_SECONDS * 1000;

const DEBOUNCE = {
  onDuplicate: 'replace',
  delaySeconds: 5,
  debounce: { seconds: 5, maxSeconds: 20 },
} as const;

describe('a batch of submissions', () => {
  it('has one outcome for each, in order, and makes one call each for all windows, rows and messages', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch([
      { objectId: 'a', payload: 1, delaySeconds: 5 },
      { objectId: null, payload: 2 },
      { objectId: 'b', payload: 3 },
    ]);
    expect(outcomes.map((outcome) => model.payloadOf(outcome))).toEqual([1, 2, 3]);
    expect(outcomes.map(({ answer }) => answer?.deduplicated)).toEqual([false, false, false]);
    expect(outcomes.map(({ answer }) => answer?.windowEndsAt === null)).toEqual([false, true, false]);
    expect(model.sent).toEqual([
      { jobId: 'id-001', delaySeconds: 5, tenant: 'default', queue: 'default' },
      { jobId: 'id-002', delaySeconds: 0, tenant: 'default', queue: 'default' },
      { jobId: 'id-003', delaySeconds: 0, tenant: 'default', queue: 'default' },
    ]);
    expect(model.calls).toEqual(['the mark', 'the windows', 'the row', 'the message']);
  });

  it('that is empty only marks the activity', async () => {
    const model = new SubmissionModel();
    expect(await model.submitBatch([])).toEqual([]);
    expect(model.calls).toEqual(['the mark']);
  });

  it('distinguishes duplicates from new ones, reads the former in one call, and writes the latter', async () => {
    const model = new SubmissionModel();
    await model.submitBatch([{ objectId: 'a' }, { objectId: 'b' }]);
    model.calls.splice(0);
    const outcomes = await model.submitBatch([
      { objectId: 'a' },
      { objectId: 'c' },
      { objectId: 'b', onDuplicate: 'reject' },
    ]);
    expect(outcomes[0]?.answer).toMatchObject({ deduplicated: true, job: { job_id: 'id-001' } });
    expect(outcomes[1]?.answer?.deduplicated).toBe(false);
    expect(outcomes[2]?.error).toMatchObject({ name: 'DuplicateJobError', jobId: 'id-002' });
    expect(model.calls).toEqual([
      'the mark',
      'the windows',
      // Checks whether the dedup windows of the two existing keys have ended.
      'the windows',
      'the job',
      'the row',
      'the message',
    ]);
    expect(model.rows.size).toBe(3);
  });

  it('treats further submissions of an object as duplicates of the first', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch([
      { objectId: 'a', payload: 'first' },
      { objectId: 'a', payload: 'second' },
      { objectId: 'a', onDuplicate: 'reject' },
      { objectId: null },
      { objectId: null },
    ]);
    expect(outcomes[0]?.answer).toMatchObject({ deduplicated: false });
    expect(outcomes[1]?.answer).toMatchObject({ deduplicated: true });
    expect(outcomes.slice(0, 2).map((outcome) => model.payloadOf(outcome))).toEqual(['first', 'first']);
    expect(outcomes[2]?.error).toBeInstanceOf(DuplicateJobError);
    expect(outcomes.slice(3).map(({ answer }) => answer?.deduplicated)).toEqual([false, false]);
    expect(model.rows.size).toBe(3);
  });

  it('returns the job for a duplicate even if an earlier duplicate in the batch is refused', async () => {
    const model = new SubmissionModel();
    await model.submit({ objectId: 'a' });
    const [first, second] = await model.submitBatch([
      { objectId: 'a', onDuplicate: 'reject' },
      { objectId: 'a', onDuplicate: 'return' },
    ]);
    expect(first?.error).toBeInstanceOf(DuplicateJobError);
    expect(second?.answer).toMatchObject({ deduplicated: true, job: { job_id: 'id-001' } });
  });

  it.each(['partly refused', 'partly lost'] as const)(
    'continues with the others if one window cannot be opened (%s)',
    async (fault) => {
      const model = new SubmissionModel();
      const outcomes = await model.submitBatch(
        [{ objectId: 'a' }, { objectId: 'b' }, { objectId: 'a' }],
        ['none', fault],
      );
      expect(outcomes[0]?.error).toBeInstanceOf(StoreUnavailableError);
      expect(outcomes[1]?.answer?.deduplicated).toBe(false);
      expect(outcomes[2]?.error).toBeInstanceOf(StoreUnavailableError);
      expect(model.rows.size).toBe(1);
    },
  );

  it('opens no window if the call fails as a whole', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch(
      [{ objectId: 'a' }, { objectId: 'b' }, { objectId: null }],
      ['none', 'refused'],
    );
    expect(outcomes.map(({ error }) => error?.name)).toEqual([
      'StoreUnavailableError',
      'StoreUnavailableError',
      undefined,
    ]);
    expect(model.rows.size).toBe(1);
  });

  it('with a single window opens it like a single submission', async () => {
    const model = new SubmissionModel();
    await model.submitBatch([{ objectId: 'a' }, { objectId: null }, { objectId: 'a' }]);
    expect(model.calls).toEqual(['the mark', 'the window', 'the row', 'the message']);
  });

  it('reopens the windows of started debounced jobs together', async () => {
    const model = new SubmissionModel();
    const debounced = ['a', 'b', 'c'].map((objectId) => ({ ...DEBOUNCE, objectId }));
    await model.submitBatch(debounced);
    model.start('a');
    model.start('b');
    model.calls.splice(0);
    const outcomes = await model.submitBatch(debounced);
    expect(outcomes.map(({ answer }) => answer?.deduplicated)).toEqual([false, false, true]);
    expect(model.calls).toEqual([
      'the mark',
      'the windows',
      'the windows',
      'the replacement',
      'the windows',
      'the row',
      'the message',
    ]);
    expect(model.rows.size).toBe(5);
  });

  it('continues with the new ones if the duplicates’ jobs cannot be read', async () => {
    const model = new SubmissionModel();
    await model.submit({ objectId: 'a' });
    const outcomes = await model.submitBatch(
      [{ objectId: 'a' }, { objectId: 'b' }],
      ['none', 'none', 'none', 'refused'],
    );
    expect(model.calls.at(-3)).toBe('the job');
    expect(outcomes[0]?.error).toBeInstanceOf(StoreUnavailableError);
    expect(outcomes[1]?.answer?.deduplicated).toBe(false);
  });

  it('releases its windows if its rows are refused', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch(
      [{ objectId: 'a' }, { objectId: 'b' }, { objectId: null }],
      ['none', 'none', 'refused'],
    );
    expect(model.calls).toEqual(['the mark', 'the windows', 'the row', 'the releases']);
    for (const { error } of outcomes) expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(model.keys.size).toBe(0);
    expect(model.violations).toEqual([]);
  });

  it('logs each window that it could not release', async () => {
    const model = new SubmissionModel();
    await model.submitBatch([{ objectId: 'a' }, { objectId: 'b' }], ['none', 'none', 'refused', 'refused']);
    expect(model.log.entries.map(({ level, message }) => [level, message])).toEqual(
      [1, 2].map(() => [
        'warn',
        "The dedup key was not released; the object's next submission will take it over.",
      ]),
    );
    expect(model.keys.size).toBe(2);
  });

  it.each(['lost', 'late'] as const)('keeps its windows if its rows may exist (%s)', async (fault) => {
    const model = new SubmissionModel();
    await model.submitBatch([{ objectId: 'a' }, { objectId: 'b' }], ['none', 'none', fault]);
    expect(model.keys.size).toBe(2);
    const outcomes = await model.submitBatch([{ objectId: 'b' }, { objectId: 'a' }]);
    expect(outcomes.map(({ answer }) => answer?.job.job_id)).toEqual(['id-002', 'id-001']);
    expect(model.rows.size).toBe(2);
  });

  it('returns its jobs as new even if their messages cannot be sent', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch([{ objectId: 'a' }], ['none', 'none', 'none', 'refused']);
    expect(outcomes[0]?.answer?.deduplicated).toBe(false);
    expect(model.log.entries).toMatchObject([
      { level: 'debug', message: 'The job was accepted.', fields: { job_id: 'id-001' } },
      { level: 'warn', fields: { job_id: 'id-001' } },
    ]);
  });
});

describe('concurrent batches and single submissions', () => {
  const anySubmission: fc.Arbitrary<Partial<Submission>> = fc.record({
    objectId: fc.constantFrom('a', 'b', 'c', null),
    onDuplicate: fc.constantFrom('return', 'reject'),
  });
  const anyReplacement: fc.Arbitrary<Partial<Submission>> = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom<Partial<Submission>>({ onDuplicate: 'replace' }, DEBOUNCE),
    )
    .map(([objectId, options]) => ({ objectId, ...options }));
  const anyFaults: fc.Arbitrary<Faults> = fc.array(
    fc.oneof(fc.constant('none' as const), fc.constantFrom(...FAULTS)),
    { maxLength: 8 },
  );
  const batchesOf = (submission: fc.Arbitrary<Partial<Submission>>) =>
    fc.array(fc.tuple(fc.array(submission, { minLength: 1, maxLength: 5 }), anyFaults), {
      minLength: 1,
      maxLength: 4,
    });
  const anyBatches = batchesOf(anySubmission);

  /**
   * Events during the submissions: either time passes and DynamoDB may delete expired items, or a worker starts an object's job.
   */
  const anyEvents = fc.array(
    fc.oneof(
      fc.record({ ms: fc.constantFrom(1, WINDOW_MS - 1, WINDOW_MS), deletes: fc.boolean() }),
      fc.record({ starts: fc.constantFrom('a', 'b', 'c') }),
    ),
    { maxLength: 6 },
  );
  type Event = { ms: number; deletes: boolean } | { starts: string };

  async function race(
    scheduler: fc.Scheduler,
    batches: readonly (readonly [Partial<Submission>[], Faults])[],
    events: readonly Event[] = [],
  ) {
    const model = scheduledModel(scheduler);
    for (const event of events) {
      void scheduler.schedule(Promise.resolve(), JSON.stringify(event)).then(() => {
        if ('starts' in event) {
          model.start(event.starts);
          return;
        }
        model.now += event.ms;
        if (event.deletes) model.deleteExpiredKeys();
      });
    }
    for (const [batch, faults] of batches) {
      const [first] = batch;
      void (batch.length === 1 && first ? model.submit(first, faults) : model.submitBatch(batch, faults));
    }
    await scheduler.waitIdle();
    return model;
  }

  it('have one job per object, even if calls fail, are late or are repeated, and processes die', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), anyBatches, async (scheduler, batches) => {
        const model = await race(scheduler, batches);
        expect(jobsOfOverlappingWindows(model)).toEqual([]);
        expect(model.violations).toEqual([]);
        for (const { submission, answer } of model.outcomes) {
          if (!answer) continue;
          expect(model.rows.get(answer.job.job_id)?.job.object_id).toBe(submission.objectId);
        }
        const created = model.outcomes.flatMap(({ answer }) =>
          answer?.deduplicated === false ? [answer.job.job_id] : [],
        );
        expect(new Set(created).size).toBe(created.length);
      }),
      { numRuns: 500 },
    );
  });

  it('have one job per object and window, while windows end, expire and are deleted, and debounced jobs start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        batchesOf(fc.oneof(anySubmission, anyReplacement)),
        anyEvents,
        async (scheduler, batches, events) => {
          const model = await race(scheduler, batches, events);
          expect(jobsOfOverlappingWindows(model)).toEqual([]);
          expect(model.violations).toEqual([]);
          for (const { submission, answer, error } of model.outcomes) {
            if (answer) expect(model.rows.get(answer.job.job_id)?.job.object_id).toBe(submission.objectId);
            else expect([StoreUnavailableError, DuplicateJobError]).toContain(error?.constructor);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('all get their object’s only job, and are refused as duplicates only on request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), anyBatches, async (scheduler, batches) => {
        const model = await race(
          scheduler,
          batches.map(([batch]) => [batch, []]),
        );
        expect(model.outcomes).toHaveLength(batches.flatMap(([batch]) => batch).length);
        for (const { submission, answer, error } of model.outcomes) {
          if (answer) continue;
          expect(error).toBeInstanceOf(DuplicateJobError);
          expect(submission.onDuplicate).toBe('reject');
        }
      }),
      { numRuns: 500 },
    );
  });
});
