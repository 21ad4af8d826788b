import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { sandboxesOf } from '../helpers/embedded.ts';

/**
 * Tests calls to the Runtime API that a job's code makes in addition to the runtime's calls.
 *
 * `ERRAND_RUNTIME_RUBBISH` sets the number of mutated calls. `ERRAND_RUNTIME_RUBBISH_SEED` selects other mutations.
 */
const { ERRAND_RUNTIME_RUBBISH: count = '400', ERRAND_RUNTIME_RUBBISH_SEED: seed = '20261129' } = process.env;

/** The number of calls that one job sends: low enough for the job to end within its timeout. */
const AT_ONCE = 100;

const PATIENCE_MS = 120_000 + 200 * Number(count);

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    JOBS: 'test/jobs-files/runtime-rubbish.ts',
    JOB_TIMEOUT: '60',
    // All jobs run in the same process.
    JOB_PREFETCH: '1',
  });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function run(type: string, payload: object): Promise<unknown> {
  const { job_id: jobId } = await cloud.api.submit({ type, payload });
  const job = await cloud.api.finished(jobId, 100_000);
  expect(job).toMatchObject({ status: 'success', attempt: 1 });
  return job.result;
}

async function expectWorkingCloud(): Promise<void> {
  expect(await run('asks-again', {})).toHaveLength(2);
}

describe('the Runtime API', () => {
  it(
    'refuses rubbish with a 4xx, and the next job runs',
    async () => {
      const faults: unknown[] = [];
      for (let sent = 0; sent < Number(count); sent += AT_ONCE) {
        const part = Math.min(AT_ONCE, Number(count) - sent);
        const result = await run('rubbish', { count: part, seed: Number(seed) + sent });
        expect(result).toMatchObject({ sent: part });
        faults.push(...(result as { faults: unknown[] }).faults);
      }
      expect(faults).toEqual([]);
      await expectWorkingCloud();
    },
    PATIENCE_MS,
  );

  it('returns the current invocation to a function that asks for the next one before it has responded', async () => {
    const [first, second] = (await run('asks-again', {})) as string[];
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
  });

  it.each([
    ['a response that is not JSON', { kind: 'response', body: '{"batchItem' }, [202, 400]],
    [
      'a response that names no message of the batch',
      { kind: 'response', body: '{"batchItemFailures":[null]}' },
      [202, 400],
    ],
    ['an error that is not JSON', { kind: 'error', body: 'oops' }, [202, 400]],
    ['a response that is too large', { kind: 'response', body: 'x'.repeat(100), times: 63_000 }, [413, 413]],
  ])(
    'accepts one response to an invocation: %s, sent twice by the job itself',
    async (_what, payload, statuses) => {
      expect(await run('responds', payload)).toEqual(statuses);
      await expectWorkingCloud();
    },
    PATIENCE_MS,
  );

  it('delivers the next invocation to the runtime, also if the function’s code waits for it as well', async () => {
    await run('waits-for-next', {});
    const before = await sandboxesOf(cloud, cloud.output('WorkerFunctionName'));
    await expectWorkingCloud();
    const after = await sandboxesOf(cloud, cloud.output('WorkerFunctionName'));
    expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
  });
});
