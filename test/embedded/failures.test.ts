import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient, JobView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import type { Attempt } from '../../lambdas/job/job.ts';
import { metricDescriptions } from '../../lambdas/metrics/descriptions.ts';
import { brokenRulesOf } from '../helpers/embedded-metric-format.ts';

const FOLDER = 'test/jobs-files/failures';

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({
    JOBS: `${FOLDER}/index.ts`,
    JOB_BATCH_SIZE: '4',
    JOB_PREFETCH: '1',
    JOB_TIMEOUT: '7',
    VISIBILITY_TIMEOUT: '8',
  });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function finish(...jobs: object[]): Promise<JobView[]> {
  const { body } = await api.call<{ items: { job: SubmittedView }[] }>('POST', '/v1/jobs/batch', { jobs });
  return Promise.all(body.items.map(({ job }) => api.finished(job.job_id, 60_000)));
}

async function attemptsAt({ job_id: jobId }: JobView): Promise<Attempt[]> {
  const { body } = await api.call<{ items: Attempt[] }>('GET', `/v1/jobs/${jobId}/attempts`);
  return body.items;
}

/** The log lines of a job from their level on, one below the other. */
function loggedAbout({ job_id: jobId }: JobView): string {
  const lines = cloud.logs.filter((line) => line.includes(`job_id=${jobId}`));
  return lines.map((line) => line.replace(/^[\d:]+ /, '')).join('\n');
}

describe('an attempt that throws', () => {
  it("keeps the user's own lines, the cause and the last log lines, and logs the error with the job's id", async () => {
    const [job] = await finish({ type: 'report', payload: { secret: 'not to be told' } });
    if (!job) throw new Error('No job was submitted.');
    expect(job).toMatchObject({ status: 'failed', message: 'the report could not be written' });

    const [attempt] = await attemptsAt(job);
    expect(attempt).toMatchObject({
      outcome: 'failed',
      log: [
        {
          time: expect.any(String),
          level: 'info',
          message: 'Reading the figures.',
          fields: { month: 'May' },
        },
        { level: 'warn', message: 'Some are missing.', fields: { missing: ['rent'] } },
      ],
    });
    const stack = attempt?.stack ?? '';
    expect(stack).toMatch(/^Error: the report could not be written\n {4}at writeReport \(/);
    expect(stack).toContain(`(${FOLDER}/report.ts:6:11)`);
    expect(stack).toContain('\nCaused by: TypeError: the figures are gone\n    at readFigures (');
    expect(stack).toContain(`(${FOLDER}/report.ts:11:9)`);
    expect(stack).toContain(`${FOLDER}/index.ts:13:5)`);
    expect(JSON.stringify(attempt)).not.toContain('not to be told');

    expect(stack).not.toMatch(/chunk-/);

    const jobId = job.job_id;
    expect(loggedAbout(job)).toContain(
      `ERROR ErrandWorkerFunction  The attempt failed. event=attempt_failed queue=default job_id=${jobId} attempt=1 tenant=default type=report outcome=failed error=${stack}`,
    );
  }, 60_000);

  it('that exceeds its timeout keeps its last log lines', async () => {
    const [job] = await finish({ type: 'hang', payload: {} });
    if (!job) throw new Error('No job was submitted.');
    expect(await attemptsAt(job)).toMatchObject([
      {
        outcome: 'timeout',
        stack: null,
        log: [{ level: 'info', message: 'Waiting for a lock.', fields: { lock: 'ledger' } }],
      },
    ]);
  }, 60_000);
});

describe('an error outside the promise of a handler', () => {
  it('fails the attempt that caused it, at once and with its reason, while its neighbors go on', async () => {
    // The queue fills while the only worker is busy, so that the four share a batch.
    const busy = await api.submit({ payload: { seconds: 2 } });
    await api.until(busy.job_id, ['running']);
    const stray = (how: string): object => ({ type: 'stray', payload: { how } });
    const [threw, rejected, ...others] = await finish(
      stray('throw'),
      stray('reject'),
      stray('neither'),
      stray('neither'),
    );
    if (!threw || !rejected) throw new Error('No job was submitted.');
    expect(threw).toMatchObject({ status: 'failed', message: 'uncaught: thrown by a timer' });
    expect(rejected).toMatchObject({ status: 'failed', message: 'uncaught: nobody waits for this' });
    for (const other of others) {
      expect(other).toMatchObject({ status: 'success', attempt: 1, result: 'undisturbed' });
    }

    const [attempt] = await attemptsAt(threw);
    expect(attempt?.stack).toMatch(
      /^Error: uncaught: thrown by a timer\nCaused by: Error: thrown by a timer\n {4}at .*test\/jobs-files\/failures\/index\.ts:30:15\)/,
    );
    expect(attempt?.log.map(({ message }) => message)).toEqual(['Starting.', 'Told to stop.']);
  }, 60_000);
});

describe('a job that ends the process', () => {
  it('is named in the log with the exit code and the line that called it, and runs again', async () => {
    const [job] = await finish({ type: 'quit', payload: {} });
    if (!job) throw new Error('No job was submitted.');
    expect(job).toMatchObject({ status: 'success', attempt: 2 });
    expect((await attemptsAt(job)).map(({ outcome }) => outcome)).toEqual(['lost', 'success']);
    const logged = loggedAbout(job);
    expect(logged).toContain(
      `ERROR ErrandWorkerFunction  The process exited during the attempt. The job runs again when its lease ends. event=process_exited queue=default job_id=${job.job_id} attempt=1 tenant=default exit_code=3 stack=Error: The process exited.`,
    );
    expect(logged).toContain(`${FOLDER}/index.ts:48:32)`);
  }, 60_000);
});

/** What the functions have published since a line of the log, summed up for each job type; of times, how many. */
function publishedSince(start: number): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const line of cloud.logs.slice(start)) {
    const [json] = /\{"_aws":.*$/.exec(line) ?? [];
    if (json === undefined) continue;
    const published = JSON.parse(json) as Record<string, unknown>;
    expect(brokenRulesOf(published)).toEqual([]);
    expect(published).toMatchObject({ service: 'Errand', queue: 'default' });
    const ofType = (sums[String(published.type)] ??= {});
    for (const [name, value] of Object.entries(published)) {
      if (!(name in metricDescriptions)) continue;
      const isTime = name.endsWith('Time');
      ofType[name] = (ofType[name] ?? 0) + (isTime ? [value].flat().length : Number(value));
    }
  }
  return sums;
}

describe('the metrics', () => {
  it('count each job and attempt once, by how it ended', async () => {
    const start = cloud.logs.length;
    await finish({ type: 'leak', payload: { secret: 'x' } });
    await finish({ type: 'hang', payload: {} });
    await finish({ type: 'quit', payload: {} });
    const again = { type: 'stray', payload: { how: 'neither' }, object_id: 'metrics' };
    await finish(again, again);
    const { job_id: jobId } = await api.submit({ type: 'sleep', delay_seconds: 600 });
    await api.call('POST', `/v1/jobs/${jobId}/cancel`);
    await api.call('POST', `/v1/jobs/${jobId}/cancel`);

    const accepted = { JobsAccepted: 1 };
    const started = { AttemptsStarted: 1, WaitingTime: 1, RunTime: 1 };
    const failed = { ...accepted, ...started, JobsFailed: 1, EndToEndTime: 1 };
    await expectPublished(start, {
      leak: { ...failed, AttemptsFailed: 1 },
      hang: { ...failed, AttemptsTimedOut: 1 },
      // The process ended before it could publish that its first attempt had started.
      quit: {
        ...accepted,
        ...{ AttemptsLost: 1, AttemptsStarted: 1, RunTime: 1, JobsSucceeded: 1, EndToEndTime: 1 },
      },
      stray: { ...accepted, ...started, JobsDeduplicated: 1, JobsSucceeded: 1, EndToEndTime: 1 },
      sleep: { ...accepted, JobsCanceled: 1 },
    });
  }, 90_000);
});

/** The last line of a function may come after its answer, so a job that ends later shows that it has come. */
async function expectPublished(start: number, expected: object): Promise<void> {
  await finish({ type: 'report', payload: { secret: 'x' } });
  const published = publishedSince(start);
  delete published.report;
  expect(published).toEqual(expected);
}
