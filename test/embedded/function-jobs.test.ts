import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandbox } from '../helpers/embedded.ts';
import { needPackages } from '../helpers/system-packages.ts';

let cloud: Cloud;
/** Jobs that take long to end, so that the other tests run meanwhile. */
let killed: string;
let canceled: string;

beforeAll(async () => {
  await needPackages('A Python function', ['python3']);
  cloud = await startCloud(
    { JOBS: 'test/function-jobs/jobs.ts', JOB_TIMEOUT: '7', JOB_PREFETCH: '8', VISIBILITY_TIMEOUT: '8' },
    { app: 'test/function-jobs/app.ts' },
  );
  killed = await runAndKill();
  canceled = await runAndCancel();
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Runs a job whose worker is killed while it waits for the function. */
async function runAndKill(): Promise<string> {
  const { job_id: jobId } = await cloud.api.submit({ type: 'act', payload: { how: 'return', seconds: 1 } });
  await cloud.api.until(jobId, ['running']);
  const { pid } = await busySandbox(cloud, cloud.output('WorkerFunctionName'));
  process.kill(pid, 'SIGKILL');
  return jobId;
}

async function runAndCancel(): Promise<string> {
  const { job_id: jobId } = await cloud.api.submit({ type: 'act', payload: { how: 'return', seconds: 6 } });
  await cloud.api.until(jobId, ['running']);
  await cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
  return jobId;
}

async function run(type: string, payload: object, more: object = {}): Promise<JobView> {
  const { job_id: jobId } = await cloud.api.submit({ type, payload, ...more });
  return cloud.api.finished(jobId);
}

describe('a job that runs in a Python function', () => {
  it('succeeds with what the function returns', async () => {
    expect(await run('report', { numbers: [1, 2, 6] })).toMatchObject({
      status: 'success',
      result: { mean: 3, largest: 6 },
    });
  });

  it('gives the function the job, the attempt, the payload and the deadline', async () => {
    const before = Date.now();
    const { job_id: jobId, result } = await run('act', { how: 'return' });
    const { event } = result as { event: Record<string, unknown> };
    expect(event).toEqual({
      job_id: jobId,
      type: 'act',
      tenant: 'default',
      attempt: 1,
      payload: { how: 'return', seconds: 0 },
      deadline: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    const deadline = Date.parse(event.deadline as string);
    expect(deadline).toBeGreaterThan(before);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 7_000);
  });

  it("fails with the function's error and its Python stack, after all attempts", async () => {
    const job = await run('act', { how: 'fail' });
    expect(job).toMatchObject({ status: 'failed', attempt: 3, message: 'the numbers\ndo not add up' });
    const [attempt] = await cloud.api.attempts(job.job_id);
    expect(attempt?.stack).toMatch(
      /^ValueError: the numbers\ndo not add up\n {2}File ".*act\.py", line \d+, in handler\n {4}fail_deep_inside\(\)\n(.*\n)* {2}File ".*act\.py", line \d+, in fail_deep_inside\n {4}raise ValueError\(/,
    );
    expect(attempt?.stack).not.toContain('bootstrap.py');
  });

  it('fails at once with a FinalError', async () => {
    expect(await run('act', { how: 'final' })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'no use',
    });
  });

  it('runs again after the seconds of a RetryLaterError', async () => {
    const job = await run('act', { how: 'later' });
    expect(job).toMatchObject({ status: 'success', attempt: 2 });
    const [first, second] = await cloud.api.attempts(job.job_id);
    expect(first).toMatchObject({ outcome: 'failed', message: '1 s: busy' });
    expect(Date.parse(second?.start_time ?? '') - Date.parse(first?.end_time ?? '')).toBeGreaterThanOrEqual(
      990,
    );
  });

  it.each([
    ['nul', /^The result contains the character NUL/],
    ['large', /^The result has 300002 bytes; at most \d+ are stored\. Write it elsewhere/],
  ])('fails at once if its result can’t be stored: %s', async (how, message) => {
    expect(await run('act', { how })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: expect.stringMatching(message),
    });
  });

  it("ends at the job's timeout, while the function runs on", async () => {
    expect(await run('act', { how: 'return', seconds: 3 }, { timeout_seconds: 1 })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'exceeded the timeout of 1 s',
    });
  });

  it('is canceled while its function runs', async () => {
    expect(await cloud.api.finished(canceled)).toMatchObject({ status: 'canceled', attempt: 1 });
  });

  it('runs again if its worker dies while it waits', async () => {
    expect(await cloud.api.finished(killed)).toMatchObject({ status: 'success', attempt: 2 });
    expect(await cloud.api.attempts(killed)).toMatchObject([{ outcome: 'lost' }, { outcome: 'success' }]);
  });
});

it('a function with no capacity left costs its jobs no attempt', async () => {
  const longest = await cloud.api.submit({ type: 'one-at-a-time', payload: { seconds: 2 } });
  await busySandbox(cloud, cloud.output('OneAtATimeName'));
  const others = await Promise.all(
    [1, 2].map(() => run('one-at-a-time', { seconds: 0 }, { max_attempts: 1 })),
  );
  for (const { job_id: jobId, ...job } of others) {
    expect(job.status).toBe('success');
    const attempts = await cloud.api.attempts(jobId);
    const last = attempts.pop();
    expect(last).toMatchObject({ attempt: job.attempt, outcome: 'success' });
    expect(job.max_attempts).toBe(job.attempt);
    expect(attempts.length).toBeGreaterThanOrEqual(1);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({
        outcome: 'throttled',
        message:
          'The function of the job type "one-at-a-time" has no capacity now: ReservedFunctionConcurrentInvocationLimitExceeded.',
      });
    }
  }
  expect(await cloud.api.finished(longest.job_id)).toMatchObject({ status: 'success', attempt: 1 });
});
