import { describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { FinalError, job, RetryLaterError } from 'errand/jobs';
import { runJob } from 'errand/testing';
import * as z from 'zod';
import { BUILT_IN_JOBS } from '../../../lambdas/testing/memory-submissions.ts';
import { builtInCatalogue } from '../../../lib/jobs/built-in-jobs.ts';
import { PROJECT } from '../../helpers/stack.ts';

const greet = job('greet', {
  payload: z.object({ name: z.string().min(1), times: z.int().default(1) }),
  retry: { attempts: 3, baseSeconds: 4 },
  run({ name, times }, { progress, log }) {
    progress(0.5, `about to greet ${name}`);
    log.info('Greeting.', { length: name.length });
    return { greeting: `Hello, ${name}`.repeat(times), at: new Date(0) };
  },
});

/** Defines a job that throws an error. */
function failing(error: unknown) {
  return job('failing', {
    payload: z.object({}),
    retry: { attempts: 3, baseSeconds: 4 },
    run() {
      throw error;
    },
  });
}

describe('runJob', () => {
  it('returns the result as clients read it, and the handler’s reports', async () => {
    const run = await runJob(greet, { name: 'Ada' });
    expect(run).toMatchObject({
      status: 'success',
      result: { greeting: 'Hello, Ada', at: '1970-01-01T00:00:00.000Z' },
      progress: [{ fraction: 0.5, note: 'about to greet Ada' }],
      logs: [{ level: 'info', message: 'Greeting.', fields: { length: 3 } }],
      submitted: [],
      files: [],
    });
  });

  it('refuses an invalid payload like a submission, and names every field', async () => {
    await expect(runJob(greet, { name: '', times: 1.5 })).rejects.toMatchObject({
      name: 'InvalidRequestError',
      errors: [{ field: 'payload.name' }, { field: 'payload.times' }],
    });
  });

  it('refuses a payload that JSON cannot express', async () => {
    const big = job('big', { payload: z.object({ id: z.bigint() }), run: () => null });
    await expect(runJob(big, { id: 1n })).rejects.toThrow("payload: can't be written as JSON");
  });

  it('returns the error of an attempt that is retried, and the back-off', async () => {
    const error = new Error('The receiver is down.');
    expect(await runJob(failing(error), {}, { attempt: 2 })).toMatchObject({
      status: 'retry',
      afterSeconds: 8,
      error,
    });
  });

  it('returns the delay of a RetryLaterError', async () => {
    const error = new RetryLaterError('Busy.', { afterSeconds: 90 });
    expect(await runJob(failing(error), {})).toMatchObject({ status: 'retry', afterSeconds: 90, error });
  });

  it('fails the job at a FinalError, and at the last attempt', async () => {
    const final = new FinalError('Never.');
    expect(await runJob(failing(final), {})).toMatchObject({ status: 'failed', error: final });
    const error = new Error('Down.');
    expect(await runJob(failing(error), {}, { attempt: 3 })).toMatchObject({ status: 'failed', error });
  });

  it('fails the job if its result cannot be stored', async () => {
    const large = job('large', { payload: z.object({}), run: () => 'x'.repeat(300_000) });
    const { status, error } = await runJob(large, {});
    expect(status).toBe('failed');
    expect(String(error)).toContain('Write it elsewhere and return a reference to it.');
  });

  it('fails the attempt at an error outside the promise of the handler', () => {
    // The program runs in a separate process, because Jest would catch an unhandled rejection.
    const program = `
      import { job } from 'errand/jobs';
      import { runJob } from 'errand/testing';
      const payload = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      const stray = job('stray', {
        payload,
        retry: { attempts: 1 },
        async run() {
          void Promise.reject(new Error('Nobody awaits me.'));
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        },
      });
      const { status, error } = await runJob(stray, {});
      process.stdout.write(status + ': ' + error.message + ' ' + process.listenerCount('unhandledRejection'));`;
    const words = ['-C', 'errand-source', '--input-type=module', '-e', program];
    const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: PROJECT, encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'failed: uncaught: Nobody awaits me. 0', stderr: '' });
  });

  it('ends an attempt at its timeout, which works with fake timers', async () => {
    jest.useFakeTimers();
    try {
      let signal: AbortSignal | undefined;
      const slow = job('slow', {
        payload: z.object({}),
        timeoutSeconds: 20,
        async run(_payload, context) {
          signal = context.signal;
          await new Promise(() => undefined);
        },
      });
      const running = runJob(slow, {});
      await jest.advanceTimersByTimeAsync(20_000);
      const { status, error } = await running;
      expect({ status, message: (error as Error).message, aborted: signal?.aborted }).toEqual({
        status: 'failed',
        message: 'exceeded the timeout of 20 s',
        aborted: true,
      });
    } finally {
      jest.useRealTimers();
    }
  });

  it('cancels the attempt when the signal fires', async () => {
    const controller = new AbortController();
    const waiting = job('waiting', {
      payload: z.object({}),
      async run(_payload, { signal }) {
        controller.abort();
        await wait(60_000, undefined, { signal });
      },
    });
    expect(await runJob(waiting, {}, { signal: controller.signal })).toMatchObject({ status: 'canceled' });
  });

  it('reads the test’s files, and returns the job’s files', async () => {
    const upper = job('upper', {
      payload: z.object({ file: z.string() }),
      async run({ file }, { files, signal }) {
        const { stream } = await files.open(file, signal);
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return files.write(Buffer.concat(chunks).toString().toUpperCase(), { contentType: 'text/plain' });
      },
    });
    const key = 'uploads/default/a';
    const { result, files } = await runJob(upper, { file: key }, { files: { [key]: 'hello' } });
    expect(files).toEqual([
      { file: result?.file, content: new Uint8Array(Buffer.from('HELLO')), contentType: 'text/plain' },
    ]);
    const missing = await runJob(upper, { file: key });
    expect(missing).toMatchObject({ status: 'failed', error: expect.any(FinalError) as unknown });
    await expect(runJob(upper, { file: key }, { files: { a: 'hello' } })).rejects.toThrow(
      'files: "a" can\'t be the key of a file of the tenant "default". Use "uploads/default/a".',
    );
  });

  describe('submit', () => {
    const album = job('album', {
      payload: z.object({ names: z.array(z.string()) }),
      async run({ names }, { submit }) {
        const jobs = await Promise.all(names.map((name) => submit('greet', { name }, { objectId: name })));
        return jobs.map(({ jobId }) => jobId);
      },
    });

    it('records the submitted jobs', async () => {
      const { submitted, result = [] } = await runJob(album, { names: ['Ada', 'Ada', 'Bob'] });
      expect(submitted).toMatchObject([
        { type: 'greet', payload: { name: 'Ada' }, options: { objectId: 'Ada' }, deduplicated: false },
        { payload: { name: 'Ada' }, deduplicated: true },
        { payload: { name: 'Bob' }, deduplicated: false },
      ]);
      expect(submitted.map(({ jobId }) => jobId)).toEqual(result);
      expect(new Set(result).size).toBe(2);
    });

    it('checks types and payloads against the jobs file, if the test passes it', async () => {
      const invalid = await runJob(album, { names: [''] }, { jobs: { greet, album } });
      expect(String(invalid.error)).toContain('submit("greet"): payload.name ');
      const unknown = await runJob(album, { names: ['Ada'] }, { jobs: { album } });
      expect(String(unknown.error)).toContain('submit("greet"): there is no such job type.');
      const known = await runJob(album, { names: ['Ada'] }, { jobs: { greet, album } });
      expect(known.status).toBe('success');
    });

    it('knows the built-in job types', () => {
      expect(BUILT_IN_JOBS).toEqual(builtInCatalogue.jobs.map(({ name }) => name));
    });
  });

  it('refuses an attempt that the job cannot have', async () => {
    await expect(runJob(greet, { name: 'Ada' }, { attempt: 4 })).rejects.toThrow(
      "attempt is 4. Use a whole number from 1 to 3, the job's attempts (`maxAttempts` changes them).",
    );
  });
});
