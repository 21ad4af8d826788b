import { describe, expect, it } from '@jest/globals';
import { DuplicateJobError } from '../../../lambdas/job/errors.ts';
import { SubmissionModel, WINDOW_SECONDS } from './submission-model.ts';

const REPLACE = { onDuplicate: 'replace' } as const;
const DEBOUNCE = { ...REPLACE, delaySeconds: 10, debounce: { seconds: 10, maxSeconds: 60 } };

describe('a submission that replaces', () => {
  it('creates a job if there is none, with the same calls as any other submission', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit(REPLACE);
    expect(answer).toMatchObject({ deduplicated: false, replaced: false });
    expect(model.calls).toEqual(['the mark', 'the window', 'the row', 'the message']);
  });

  it('replaces the payload of the waiting job, with the calls of a duplicate', async () => {
    const model = new SubmissionModel();
    const first = await model.submit({ payload: 'old' });
    model.calls.splice(0);
    const { answer } = await model.submit({ ...REPLACE, payload: 'new' });
    expect(answer).toMatchObject({
      deduplicated: true,
      replaced: true,
      windowEndsAt: first.answer?.windowEndsAt,
      job: { job_id: 'id-001', payload: 'new', result: null },
    });
    expect(model.calls).toEqual(['the mark', 'the window', 'the replacement']);
  });

  it('wakes a worker if the job is due sooner', async () => {
    const model = new SubmissionModel();
    await model.submit({ delaySeconds: 600 });
    await model.submit({ ...REPLACE, delaySeconds: 60 });
    expect(model.sent).toEqual([
      { jobId: 'id-001', delaySeconds: 600, tenant: 'default', queue: 'default' },
      { jobId: 'id-001', delaySeconds: 60, tenant: 'default', queue: 'default', isSooner: true },
    ]);
  });

  it('gets a started job, which does not change', async () => {
    const model = new SubmissionModel();
    await model.submit({ payload: 'old' });
    model.start('object');
    const { answer } = await model.submit({ ...REPLACE, payload: 'new' });
    expect(answer).toMatchObject({
      deduplicated: true,
      replaced: false,
      job: { status: 'running', payload: 'old' },
    });
  });

  it('is refused if the job has another type', async () => {
    const model = new SubmissionModel();
    await model.submit();
    const { error } = await model.submit({ ...REPLACE, type: 'analyze' });
    expect(error).toBeInstanceOf(DuplicateJobError);
    expect(error?.message).toContain(
      'job id-001 of the type "sleep", which a job of the type "analyze" can\'t replace: use another object_id',
    );
  });

  it('completes the job of a submission that died, with its own payload', async () => {
    const model = new SubmissionModel();
    void model.submit({ payload: 'old' }, ['none', 'none', 'died before']);
    const { answer } = await model.submit({ ...REPLACE, payload: 'new' });
    expect(answer).toMatchObject({
      deduplicated: false,
      replaced: false,
      job: { job_id: 'id-001', payload: 'new' },
    });
  });

  it.each(['lost', 'late', 'refused'] as const)(
    'can be submitted again if its replacement call fails (%s)',
    async (fault) => {
      const model = new SubmissionModel();
      await model.submit({ payload: 'old' });
      const { error } = await model.submit({ ...REPLACE, payload: 'new' }, ['none', 'none', fault]);
      expect(error).toMatchObject({ name: 'StoreUnavailableError' });
      const { answer } = await model.submit({ ...REPLACE, payload: 'new' });
      expect(answer).toMatchObject({ replaced: true, job: { job_id: 'id-001', payload: 'new' } });
      expect(model.rows.size).toBe(1);
    },
  );

  it('replaces once if the SDK sends the replacement twice, and gets replaced: true', async () => {
    const model = new SubmissionModel();
    await model.submit({ payload: 'old' });
    const { answer } = await model.submit({ ...REPLACE, payload: 'new' }, ['none', 'none', 'doubled']);
    expect(answer).toMatchObject({ replaced: true, job: { payload: 'new' } });
    expect(model.rows.get('id-001')?.replacements).toHaveLength(1);
  });
});

describe('a debounced submission', () => {
  it('opens a window that lasts until its job has started, and returns the time when the job is due', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit(DEBOUNCE);
    expect(answer).toMatchObject({ deduplicated: false, windowEndsAt: new Date(model.now + 10_000) });
    expect(model.rows.get('id-001')?.written).toMatchObject({ delay_seconds: 10, debounced: true });
    // The dedup key is kept beyond the maximum delay, because the job may start late.
    model.now += 60_000 + WINDOW_SECONDS * 1000 - 1;
    expect((await model.submit(DEBOUNCE)).answer).toMatchObject({
      replaced: true,
      job: { job_id: 'id-001' },
    });
  });

  it('delays the job again, and returns the new time', async () => {
    const model = new SubmissionModel();
    await model.submit(DEBOUNCE);
    model.now += 5_000;
    const { answer } = await model.submit({ ...DEBOUNCE, payload: 'new' });
    expect(answer).toMatchObject({
      deduplicated: true,
      replaced: true,
      windowEndsAt: new Date(model.now + 10_000),
      job: { job_id: 'id-001', payload: 'new' },
    });
    expect(model.rows.get('id-001')?.replacements).toMatchObject([
      { max_seconds: 60, window_ends_at: '2026-01-01T00:06:00.000Z', debounced: true },
    ]);
    expect(model.sent).toHaveLength(1);
  });

  it.each(['return', 'reject', 'replace'] as const)(
    'whose job has started does not affect the next submission, which creates a job, with on_duplicate %s',
    async (onDuplicate) => {
      const model = new SubmissionModel();
      await model.submit(DEBOUNCE);
      model.start('object');
      model.calls.splice(0);
      const { answer } = await model.submit({ onDuplicate, payload: 'new' });
      expect(answer).toMatchObject({ deduplicated: false, job: { job_id: 'id-003', payload: 'new' } });
      expect(model.calls).toEqual([
        'the mark',
        'the window',
        onDuplicate === 'replace' ? 'the replacement' : 'the job',
        'the window',
        'the row',
        'the message',
      ]);
    },
  );

  it('turns a submission without replace into a duplicate of the waiting job', async () => {
    const model = new SubmissionModel();
    await model.submit(DEBOUNCE);
    const end = new Date(model.now + 10_000);
    expect((await model.submit()).answer).toMatchObject({
      deduplicated: true,
      replaced: false,
      windowEndsAt: end,
    });
    expect((await model.submit({ onDuplicate: 'reject' })).error).toMatchObject({ windowEndsAt: end });
  });
});

describe('dedup_seconds', () => {
  it('is the length of the window that the submission opens', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit({ dedupSeconds: 7 });
    expect(answer?.windowEndsAt).toEqual(new Date(model.now + 7_000));
    model.now += 6_999;
    expect((await model.submit({ dedupSeconds: 1000 })).answer).toMatchObject({
      deduplicated: true,
      windowEndsAt: answer?.windowEndsAt,
    });
    model.now += 1;
    expect((await model.submit()).answer?.deduplicated).toBe(false);
  });
});

describe('a batch', () => {
  it('replaces the waiting jobs in one call, and wakes workers for those due sooner', async () => {
    const model = new SubmissionModel();
    await model.submitBatch([{ objectId: 'a', delaySeconds: 600 }, { objectId: 'b' }, { objectId: 'c' }]);
    model.start('c');
    model.calls.splice(0);
    model.sent.splice(0);
    const outcomes = await model.submitBatch([
      { objectId: 'a', ...REPLACE, payload: 'a' },
      { objectId: 'b', payload: 'b' },
      { objectId: 'c', ...REPLACE, payload: 'c' },
      { objectId: 'd', ...REPLACE, payload: 'd' },
    ]);
    expect(outcomes.map(({ answer }) => [answer?.deduplicated, answer?.replaced])).toEqual([
      [true, true],
      [true, false],
      [true, false],
      [false, false],
    ]);
    expect(outcomes.map((outcome) => model.payloadOf(outcome))).toEqual(['a', {}, {}, 'd']);
    expect(model.calls.filter((call) => call !== 'the windows').toSorted()).toEqual(
      ['the mark', 'the job', 'the replacement', 'the row', 'the message'].toSorted(),
    );
    expect(model.sent.map(({ jobId }) => jobId)).toEqual(['id-001', 'id-007']);
  });

  it('with several submissions of an object keeps the payload of the last replacement', async () => {
    const model = new SubmissionModel();
    const outcomes = await model.submitBatch([
      { objectId: 'a', payload: 1 },
      { objectId: 'a', payload: 2, ...REPLACE },
      { objectId: 'a', payload: 3 },
      { objectId: 'a', payload: 4, ...REPLACE },
      { objectId: 'a', payload: 5 },
    ]);
    expect(
      outcomes.map(({ answer }) => [answer?.job.job_id, answer?.deduplicated, answer?.replaced]),
    ).toEqual([
      ['id-001', false, false],
      ['id-001', true, true],
      ['id-001', true, false],
      ['id-001', true, true],
      ['id-001', true, false],
    ]);
    expect(model.payloadOf(outcomes[0])).toBe(4);
    expect(model.rows.size).toBe(1);
  });

  it('creates a new job for an object whose debounced job has started', async () => {
    const model = new SubmissionModel();
    await model.submit({ ...DEBOUNCE, objectId: 'a' });
    model.start('a');
    const [outcome] = await model.submitBatch([{ ...DEBOUNCE, objectId: 'a', payload: 'new' }]);
    expect(outcome?.answer).toMatchObject({ deduplicated: false, replaced: false });
    expect(model.payloadOf(outcome)).toBe('new');
    expect(model.rows.size).toBe(2);
  });

  it('refuses the submission whose job has another type, and accepts the others', async () => {
    const model = new SubmissionModel();
    await model.submit({ objectId: 'a' });
    const outcomes = await model.submitBatch([
      { objectId: 'a', type: 'analyze', ...REPLACE },
      { objectId: 'b', type: 'analyze', ...REPLACE },
    ]);
    expect(outcomes[0]?.error).toBeInstanceOf(DuplicateJobError);
    expect(outcomes[1]?.answer).toMatchObject({ deduplicated: false });
  });

  it('continues with the other submissions if the replacements fail', async () => {
    const model = new SubmissionModel();
    await model.submit({ objectId: 'a' });
    const outcomes = await model.submitBatch(
      [{ objectId: 'a', ...REPLACE }, { objectId: 'b' }],
      ['none', 'none', 'none', 'refused'],
    );
    expect(outcomes[0]?.error).toMatchObject({ name: 'StoreUnavailableError' });
    expect(outcomes[1]?.answer?.deduplicated).toBe(false);
  });
});
