import { describe, expect, it } from '@jest/globals';
import { DuplicateJobError, StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Fault } from './faults.ts';
import { SubmissionModel, WINDOW_SECONDS } from './submission-model.ts';

const WINDOW_MS = WINDOW_SECONDS * 1000;

// A first submission makes its calls in this order: the mark, the window, the row, the message.
const AT_MARK: Fault[] = [];
const AT_WINDOW = ['none'] as const;
const AT_ROW = ['none', 'none'] as const;
const AT_MESSAGE = ['none', 'none', 'none'] as const;

describe('a first submission', () => {
  it('opens the window, writes the row, wakes a worker, and returns the job as new', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit();
    expect(answer).toMatchObject({
      deduplicated: false,
      windowEndsAt: new Date(model.now + WINDOW_MS),
      job: { job_id: 'id-001' },
    });
    expect([...model.rows.keys()]).toEqual(['id-001']);
    expect(model.sent).toEqual([{ jobId: 'id-001', delaySeconds: 0, tenant: 'default', queue: 'default' }]);
    expect(model.violations).toEqual([]);
  });

  it('that adopts the key of a submission that died has the rest of that submission’s window', async () => {
    const model = new SubmissionModel();
    const windowEndsAt = new Date(model.now + WINDOW_MS);
    void model.submit({}, ['none', 'died after']);
    while (model.keys.size === 0) await Promise.resolve();
    model.now += WINDOW_MS - 2;
    const { answer } = await model.submit();
    expect(answer).toMatchObject({ deduplicated: false, windowEndsAt, job: { job_id: 'id-001' } });
    expect([...model.keys.values()]).toMatchObject([{ jobId: 'id-001', windowEndsAt }]);
    model.now += 1;
    expect((await model.submit()).answer).toMatchObject({ deduplicated: true, windowEndsAt });
    model.now += 1;
    expect((await model.submit()).answer).toMatchObject({
      deduplicated: false,
      windowEndsAt: new Date(model.now + WINDOW_MS),
    });
  });

  it('writes the submitted data', async () => {
    const model = new SubmissionModel();
    await model.submit({
      tenant: 'one',
      objectId: 'a',
      type: 'analyze',
      queue: 'images',
      payload: { seconds: 3 },
      delaySeconds: 7,
      maxAttempts: 5,
      timeoutSeconds: 9,
    });
    expect(model.rows.get('id-001')?.written).toEqual({
      batch_id: null,
      job_id: 'id-001',
      submission_id: 'id-001',
      tenant: 'one',
      object_id: 'a',
      type: 'analyze',
      queue: 'images',
      payload: { seconds: 3 },
      delay_seconds: 7,
      max_attempts: 5,
      timeout_seconds: 9,
      callback: null,
      submitted_by: 'key:0123456789abcdef',
    });
    expect(model.sent).toEqual([{ jobId: 'id-001', delaySeconds: 7, tenant: 'one', queue: 'images' }]);
  });

  it('returns the job as new even if the message could not be sent, and logs the failure', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit({}, [...AT_MESSAGE, 'refused']);
    expect(answer?.deduplicated).toBe(false);
    expect(model.sent).toEqual([]);
    expect(model.log.entries).toMatchObject([
      { level: 'debug', message: 'The job was accepted.', fields: { job_id: 'id-001' } },
      { level: 'warn', fields: { job_id: 'id-001' } },
    ]);
  });

  it('returns the job as new if the SDK had to retry the insertion', async () => {
    const model = new SubmissionModel();
    const { answer } = await model.submit({}, [...AT_ROW, 'doubled']);
    expect(answer?.deduplicated).toBe(false);
    expect(model.rows.size).toBe(1);
  });
});

describe('a duplicate', () => {
  it('gets the first job, without its own row or message', async () => {
    const model = new SubmissionModel();
    const first = await model.submit();
    model.now += WINDOW_MS - 1;
    const { answer } = await model.submit({ payload: { seconds: 9 } });
    expect(answer).toEqual({
      job: first.answer?.job,
      deduplicated: true,
      replaced: false,
      windowEndsAt: first.answer?.windowEndsAt,
    });
    expect(model.sent).toHaveLength(1);
  });

  it('makes calls only for the window and the job', async () => {
    const model = new SubmissionModel();
    await model.submit();
    expect(model.calls.splice(0)).toEqual(['the mark', 'the window', 'the row', 'the message']);
    await model.submit();
    expect(model.calls).toEqual(['the mark', 'the window', 'the job']);
  });

  it('that requests a refusal gets one with the job and the end of the window', async () => {
    const model = new SubmissionModel();
    await model.submit();
    const { error } = await model.submit({ onDuplicate: 'reject' });
    expect(error).toBeInstanceOf(DuplicateJobError);
    expect(error).toMatchObject({ jobId: 'id-001', windowEndsAt: new Date(model.now + WINDOW_MS) });
  });

  it('at the very end of the window opens a new one, even if the key is still there', async () => {
    const model = new SubmissionModel();
    await model.submit();
    model.now += WINDOW_MS;
    const { answer } = await model.submit();
    expect(answer).toMatchObject({ deduplicated: false, windowEndsAt: new Date(model.now + WINDOW_MS) });
    expect(model.rows.size).toBe(2);
  });

  it('after the key was deleted opens a new window', async () => {
    const model = new SubmissionModel();
    await model.submit();
    model.now += WINDOW_MS;
    model.deleteExpiredKeys();
    expect((await model.submit()).answer?.deduplicated).toBe(false);
  });

  it('has the same tenant and object', async () => {
    const model = new SubmissionModel();
    await model.submit({ tenant: 'one', objectId: 'a' });
    expect((await model.submit({ tenant: 'two', objectId: 'a' })).answer?.deduplicated).toBe(false);
    expect((await model.submit({ tenant: 'one', objectId: 'b' })).answer?.deduplicated).toBe(false);
  });
});

describe('a submission without an object_id', () => {
  it('is never a duplicate, and opens no window', async () => {
    const model = new SubmissionModel();
    for (const onDuplicate of ['return', 'reject', 'return'] as const) {
      const { answer } = await model.submit({ objectId: null, onDuplicate });
      expect(answer).toMatchObject({ deduplicated: false, windowEndsAt: null });
    }
    expect(model.rows.size).toBe(3);
    expect(model.keys.size).toBe(0);
    expect(model.violations).toEqual([]);
  });

  it('is refused if the activity cannot be marked', async () => {
    const model = new SubmissionModel();
    const { error } = await model.submit({ objectId: null }, ['refused']);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(model.rows.size).toBe(0);
  });
});

describe('a submission', () => {
  const cases = [
    { where: 'the mark', before: AT_MARK, faults: ['refused', 'lost', 'late'], keyStays: true },
    { where: 'the window', before: AT_WINDOW, faults: ['refused'], keyStays: false },
    { where: 'the window', before: AT_WINDOW, faults: ['lost', 'late'], keyStays: true },
    { where: 'the row', before: AT_ROW, faults: ['refused'], keyStays: false },
    { where: 'the row', before: AT_ROW, faults: ['resuming', 'lost', 'late'], keyStays: true },
  ] as const;
  const rows = cases.flatMap(({ faults, ...rest }) => faults.map((fault) => ({ ...rest, fault })));

  it.each(rows)(
    'that fails at $where ($fault) is refused, and its key stays: $keyStays',
    async ({ before, fault, keyStays }) => {
      const model = new SubmissionModel();
      const { error } = await model.submit({}, [...before, fault]);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(model.keys.size).toBe(keyStays ? 1 : 0);
      expect(model.violations).toEqual([]);
    },
  );

  it.each(rows)(
    'that fails at $where ($fault) is completed by the next submission, with one row',
    async ({ before, fault, keyStays }) => {
      const model = new SubmissionModel();
      await model.submit({}, [...before, fault]);
      const { answer } = await model.submit();
      expect([...model.rows.keys()]).toEqual([answer?.job.job_id]);
      if (keyStays) expect(answer?.job.job_id).toBe('id-001');
    },
  );

  it.each([
    ['before the window is open', AT_WINDOW, 'died before', 'id-002'],
    ['with the window open', AT_WINDOW, 'died after', 'id-001'],
    ['before the row is written', AT_ROW, 'died before', 'id-001'],
    ['with the row written', AT_ROW, 'died after', 'id-001'],
    ['before the message is sent', AT_MESSAGE, 'died before', 'id-001'],
  ] as const)(
    'that dies %s is completed by the next submission, with one row',
    async (_when, before, fault, jobId) => {
      const model = new SubmissionModel();
      void model.submit({}, [...before, fault]);
      const { answer } = await model.submit();
      expect(answer?.job.job_id).toBe(jobId);
      expect([...model.rows.keys()]).toEqual([jobId]);
    },
  );
});

describe('a submission while the database resumes', () => {
  it.each(['return', 'reject'] as const)(
    'is not a duplicate of itself when the client sends it again, with on_duplicate %s',
    async (onDuplicate) => {
      const model = new SubmissionModel();
      await model.submit({ onDuplicate }, [...AT_ROW, 'resuming']);
      const { answer } = await model.submit({ onDuplicate });
      expect(answer).toMatchObject({ deduplicated: false, job: { job_id: 'id-001' } });
      expect([...model.rows.keys()]).toEqual(['id-001']);
      expect(model.violations).toEqual([]);
    },
  );
});

describe('the key of a submission whose row was refused', () => {
  it('stays if the release fails, which is logged', async () => {
    const model = new SubmissionModel();
    const { error } = await model.submit({}, [...AT_ROW, 'refused', 'refused']);
    expect(error).toMatchObject({ store: 'aurora' });
    expect(model.keys.get('["default","object"]')).toMatchObject({ jobId: 'id-001' });
    expect(model.log.entries).toMatchObject([{ level: 'warn' }]);
    expect((await model.submit()).answer?.job.job_id).toBe('id-001');
  });

  it('stays if the submission had only adopted it', async () => {
    const model = new SubmissionModel();
    // The second submission adopts the key, because the key's job has no row. The second submission's own row is then refused, but it must not
    // release a key that it did not create.
    void model.submit({}, [...AT_ROW, 'died before']);
    await model.submit({}, ['none', 'none', 'none', 'none', 'refused']);
    expect(model.keys.get('["default","object"]')).toMatchObject({ jobId: 'id-001', owner: 'id-002' });
    expect((await model.submit()).answer?.job.job_id).toBe('id-001');
    expect(model.violations).toEqual([]);
  });
});
