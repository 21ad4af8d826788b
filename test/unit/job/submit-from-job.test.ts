import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import { job } from '../../../lambdas/job/definition.ts';
import { runnable } from '../../../lambdas/job/job-type.ts';
import type { SubmitFromJob } from '../../../lambdas/job/job-context.ts';
import { createSubmitFromJob } from '../../../lambdas/job/submit-from-job.ts';
import type { Faults } from './faults.ts';
import { SubmissionModel } from './submission-model.ts';

const resize = runnable(
  job('resize', {
    payload: z.object({ image: z.string() }),
    queue: 'images',
    retry: { attempts: 4 },
    priority: 2,
    concurrency: { key: 'payload.image', limit: 3 },
    rateLimit: { key: 'resize', limit: 10, perSeconds: 60 },
    run: () => null,
  }),
);
const gone = runnable(job('gone', { payload: z.unknown(), queue: 'gone', run: () => null }));
const TIMEOUTS: Readonly<Record<string, number>> = { default: 46, images: 600 };

const PARENT = uuidv7({ msecs: Date.parse('2026-01-01T00:00:00Z') });

function submitOf(model: SubmissionModel, parent = PARENT, faults: Faults = []): SubmitFromJob {
  return createSubmitFromJob(
    { jobId: parent, tenant: 'acme' },
    {
      ...model.portsOf(faults),
      jobTypes: { find: (name) => [resize, gone].find((each) => each.name === name) },
      timeoutOf: (queue) => TIMEOUTS[queue],
      retentionDays: 10,
      digest: (text) => new Uint8Array(createHash('sha256').update(text).digest()),
    },
  );
}

describe('a job that submits others', () => {
  it("writes them for its own tenant, on their queue, with their type's limits", async () => {
    const model = new SubmissionModel();
    const { jobId } = await submitOf(model)('resize', { image: 'a.png' }, { delaySeconds: 7 });
    expect(model.rows.get(jobId)?.written).toMatchObject({
      tenant: 'acme',
      object_id: null,
      type: 'resize',
      queue: 'images',
      payload: { image: 'a.png' },
      max_attempts: 4,
      timeout_seconds: 600,
      delay_seconds: 7,
      priority: 2,
      concurrency: { key: 'a.png', limit: 3 },
      rate_limit: { key: 'resize', limit: 10, per_seconds: 60, burst: 1 },
    });
    expect(model.sent).toEqual([{ jobId, delaySeconds: 7, tenant: 'acme', queue: 'images' }]);
    expect(model.violations).toEqual([]);
  });

  it('can set the priority and the limits, or remove a limit', async () => {
    const model = new SubmissionModel();
    const options = { priority: 9, concurrency: null, rateLimit: { key: 'a', limit: 1, perSeconds: 1 } };
    const { jobId } = await submitOf(model)('resize', { image: 'a.png' }, options);
    const { written } = model.rows.get(jobId) ?? {};
    expect(written).toMatchObject({
      priority: 9,
      rate_limit: { key: 'a', limit: 1, per_seconds: 1, burst: 1 },
    });
    expect(written).not.toHaveProperty('concurrency');
  });

  it('can remove the rate limit only', async () => {
    const model = new SubmissionModel();
    const { jobId } = await submitOf(model)('resize', { image: 'a.png' }, { rateLimit: null });
    const { written } = model.rows.get(jobId) ?? {};
    expect(written).toMatchObject({ concurrency: { key: 'a.png', limit: 3 } });
    expect(written).not.toHaveProperty('rate_limit');
  });

  it('can set `onDuplicate` to "replace" with a debounce, which replaces anyway', async () => {
    const options = { objectId: 'a', debounce: { seconds: 5 }, onDuplicate: 'replace' as const };
    expect(await submitOf(new SubmissionModel())('resize', { image: 'a' }, options)).toMatchObject({
      deduplicated: false,
    });
  });

  it('creates no second job when a later attempt retries the submission, whatever happened to the first job', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('none', 'refused', 'lost', 'doubled'), { maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (faults, count) => {
          const model = new SubmissionModel();
          const attempt = async (plan: Faults): Promise<string[]> => {
            const submit = submitOf(model, PARENT, plan);
            const images = Array.from({ length: count }, (_, index) => `${index}.png`);
            const made = await Promise.all(images.map((image) => submit('resize', { image })));
            return made.map(({ jobId }) => jobId);
          };
          await attempt(faults as Faults).catch(() => undefined);
          model.now += 3_600_000; // An hour is longer than every dedup window.
          const jobIds = await attempt([]);
          expect([...model.rows.keys()].sort()).toEqual(jobIds.toSorted());
          expect(new Set(jobIds).size).toBe(count);
        },
      ),
    );
  });

  it('replaces the job of an object once, although a later attempt retries it after a newer replacement', async () => {
    const model = new SubmissionModel();
    const options = { objectId: 'a', onDuplicate: 'replace' as const, delaySeconds: 60 };
    const { jobId } = await submitOf(model, uuidv7())('resize', { image: 'first' }, options);
    const submit = submitOf(model);
    expect(await submit('resize', { image: 'older' }, options)).toEqual({
      jobId,
      deduplicated: true,
      replaced: true,
    });
    await submitOf(model, uuidv7())('resize', { image: 'newer' }, options);
    expect(await submitOf(model)('resize', { image: 'older' }, options)).toMatchObject({
      jobId,
      replaced: true,
    });
    expect(model.rows.get(jobId)?.job.payload).toEqual({ image: 'newer' });
    expect(model.rows.size).toBe(1);
  });

  it('debounces, and creates a new job after the debounced job has started', async () => {
    const model = new SubmissionModel();
    const options = { objectId: 'a', debounce: { seconds: 30 } };
    const first = await submitOf(model, uuidv7())('resize', { image: 'a' }, options);
    expect(await submitOf(model, uuidv7())('resize', { image: 'b' }, options)).toEqual({
      jobId: first.jobId,
      deduplicated: true,
      replaced: true,
    });
    model.start('a');
    const next = await submitOf(model, uuidv7())('resize', { image: 'c' }, options);
    expect(next).toMatchObject({ deduplicated: false, replaced: false });
    expect(next.jobId).not.toBe(first.jobId);
  });

  it('distinguishes submissions by their key, or otherwise by their order', async () => {
    const ids = async (...keys: (string | undefined)[]): Promise<string[]> => {
      const submit = submitOf(new SubmissionModel());
      const made = [];
      for (const key of keys)
        made.push(await submit('resize', { image: 'a' }, key === undefined ? {} : { key }));
      return made.map(({ jobId }) => jobId);
    };
    const [a = '', b = ''] = await ids('a', 'b');
    expect(await ids('b', 'a')).toEqual([b, a]);
    const [first = '', second = ''] = await ids(undefined, undefined);
    expect(await ids(undefined, undefined)).toEqual([first, second]);
    expect(new Set([a, b, first, second]).size).toBe(4);
  });

  it('numbers its submissions without a key from 1, so that the next release of Errand finds their jobs', async () => {
    const submit = submitOf(new SubmissionModel());
    const made = [await submit('resize', { image: 'a' }), await submit('resize', { image: 'a' })];
    const again = submitOf(new SubmissionModel());
    for (const [index, { jobId }] of made.entries()) {
      const key = `#${index + 1}`;
      expect(await again('resize', { image: 'a' }, { key })).toMatchObject({ jobId });
    }
  });

  it('gives jobs of other parents other ids, in their parents’ order', async () => {
    const other = uuidv7({ msecs: Date.parse('2026-01-01T00:00:01Z') });
    const { jobId: one } = await submitOf(new SubmissionModel())('resize', { image: 'a' });
    const { jobId: two } = await submitOf(new SubmissionModel(), other)('resize', { image: 'a' });
    expect(one < two).toBe(true);
    expect(one.slice(0, 13)).toBe(PARENT.slice(0, 13));
  });

  it.each<[what: string, submission: Parameters<SubmitFromJob>, message: string]>([
    ['an unknown type', ['resise', {}], 'submit("resise"): there is no such job type.'],
    ['a bulk job', ['bulk', {}], 'submit("bulk"): only POST /v1/jobs/bulk submits bulk jobs.'],
    [
      'a payload that does not fit',
      ['resize', {}],
      'submit("resize"): payload.image Invalid input: expected string, received undefined.',
    ],
    [
      'a payload that JSON cannot express',
      ['resize', { image: 'a', size: 1n }],
      'submit("resize"): its payload can\'t be written as JSON: Do not know how to serialize a BigInt.',
    ],
    ['a queue that is gone', ['gone', {}], 'submit("gone"): its queue "gone" does not exist.'],
    [
      'a delay that is too long',
      ['resize', { image: 'a' }, { delaySeconds: 901 }],
      'submit("resize"): delaySeconds is 901. Use a whole number from 0 to 900.',
    ],
    [
      'a debounce without an objectId',
      ['resize', { image: 'a' }, { debounce: { seconds: 5 } }],
      'submit("resize"): debounce needs objectId.',
    ],
    [
      'a debounce that is too long for a message',
      ['resize', { image: 'a' }, { objectId: 'a', debounce: { seconds: 901 } }],
      'submit("resize"): debounce.seconds is 901. Use a whole number from 1 to 900.',
    ],
    [
      'a debounce that ends before it begins',
      ['resize', { image: 'a' }, { objectId: 'a', debounce: { seconds: 9, maxSeconds: 5 } }],
      'submit("resize"): debounce.maxSeconds is 5. Use a whole number from 9 to 2592000.',
    ],
    [
      'a debounce with a delay',
      ['resize', { image: 'a' }, { objectId: 'a', debounce: { seconds: 9 }, delaySeconds: 5 }],
      'submit("resize"): set either debounce or delaySeconds.',
    ],
    [
      'a window in which its job could be deleted',
      ['resize', { image: 'a' }, { objectId: 'a', dedupSeconds: 864_000 }],
      'submit("resize"): dedupSeconds is 864000. Use a whole number from 1 to 863999.',
    ],
    [
      'a window without an objectId',
      ['resize', { image: 'a' }, { dedupSeconds: 60 }],
      'submit("resize"): dedupSeconds needs objectId.',
    ],
    [
      'a debounce with a window',
      ['resize', { image: 'a' }, { objectId: 'a', debounce: { seconds: 9 }, dedupSeconds: 60 }],
      'submit("resize"): set either debounce, whose window ends when the job starts, or dedupSeconds.',
    ],
    [
      'a debounce that returns the duplicate',
      ['resize', { image: 'a' }, { objectId: 'a', debounce: { seconds: 9 }, onDuplicate: 'return' }],
      'submit("resize"): onDuplicate is "return". With debounce, use "replace", or omit it.',
    ],
    [
      'a maximum duration of zero',
      ['resize', { image: 'a' }, { maxDurationSeconds: 0 }],
      'submit("resize"): maxDurationSeconds is 0. Use a whole number from 1 to 31536000.',
    ],
    [
      'a payload that has no value for its type’s key',
      ['resize', { image: '' }],
      'submit("resize"): payload.image must be a string of 1 to 128 characters without control characters: it is the key of the job type\'s concurrency.',
    ],
    [
      'an unknown way to treat duplicates',
      ['resize', { image: 'a' }, { objectId: 'a', onDuplicate: 'ignore' as 'return' }],
      'submit("resize"): onDuplicate is "ignore". Use "return", "reject" or "replace".',
    ],
    [
      'a replacement of nothing',
      ['resize', { image: 'a' }, { onDuplicate: 'replace' }],
      'submit("resize"): onDuplicate "replace" needs objectId.',
    ],
    [
      'a timeout beyond that of the queue',
      ['resize', { image: 'a' }, { timeoutSeconds: 601 }],
      'submit("resize"): timeoutSeconds is 601. Use a whole number from 1 to 600.',
    ],
    [
      'no attempt',
      ['resize', { image: 'a' }, { maxAttempts: 0 }],
      'submit("resize"): maxAttempts is 0. Use a whole number from 1 to 20.',
    ],
    [
      'a key without a value',
      ['resize', { image: 'a' }, { concurrency: { key: '', limit: 1 } }],
      'submit("resize"): concurrency.key is "". Use a string of 1 to 128 characters without control characters.',
    ],
  ])('is refused %s, before anything is written', async (_what, submission, message) => {
    const model = new SubmissionModel();
    await expect(submitOf(model)(...submission)).rejects.toThrow(new TypeError(message));
    expect(model.calls).toEqual([]);
  });
});
