import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ApiClient, JobView, SubmittedView } from '../helpers/api-client.ts';
import { runCommand } from '../../bin/command-line/program.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { createErrand, type LogLine, type LogOptions } from 'errand-client';
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

/** Returns the place of some code as a stack trace shows it. `call` is the part of the code that the trace points to. */
function placeOf(file: string, code: string, call: string): string {
  const lines = readFileSync(`${FOLDER}/${file}`, 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes(code));
  return `${FOLDER}/${file}:${line + 1}:${(lines[line] ?? '').indexOf(call) + 1}`;
}

/** Returns the functions' log lines about a job, without their timestamps. */
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
    expect(stack).toContain(`(${placeOf('report.ts', 'could not be written', 'new Error')})`);
    expect(stack).toContain('\nCaused by: TypeError: the figures are gone\n    at readFigures (');
    expect(stack).toContain(`(${placeOf('report.ts', 'the figures are gone', 'new TypeError')})`);
    expect(stack).toContain(`${placeOf('index.ts', 'writeReport();', 'writeReport')})`);
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
  it('fails only the attempt that caused it, immediately and with the reason, while the other jobs in the batch continue', async () => {
    // The queue fills while the only worker is busy, so the four jobs share a batch.
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
    const [error, cause, place] = attempt?.stack?.split('\n') ?? [];
    expect([error, cause]).toEqual([
      'Error: uncaught: thrown by a timer',
      'Caused by: Error: thrown by a timer',
    ]);
    expect(place).toMatch(/^ {4}at /);
    expect(place).toContain(`${placeOf('index.ts', 'thrown by a timer', 'new Error')})`);
    expect(attempt?.log.map(({ message }) => message)).toEqual(['Starting.', 'Told to stop.']);
  }, 60_000);
});

describe('a job that ends the process', () => {
  it('is named in the log with the exit code and the line that called `exit`, and runs again', async () => {
    const [job] = await finish({ type: 'quit', payload: {} });
    if (!job) throw new Error('No job was submitted.');
    expect(job).toMatchObject({ status: 'success', attempt: 2 });
    expect((await attemptsAt(job)).map(({ outcome }) => outcome)).toEqual(['lost', 'success']);
    const logged = loggedAbout(job);
    expect(logged).toContain(
      `ERROR ErrandWorkerFunction  The process exited during the attempt. The job runs again when its lease ends. event=process_exited queue=default job_id=${job.job_id} attempt=1 tenant=default exit_code=3 stack=Error: The process exited.`,
    );
    expect(logged).toContain(`${placeOf('index.ts', 'process.exit(3)', 'exit(3)')})`);
  }, 60_000);
});

/** Returns the expected log lines of a `talk` job, without their timestamps. */
const linesOf = (name: string, attempt = 1) => [
  {
    attempt,
    level: 'info',
    message: `${name} starts.`,
    fields: { page: 1, job_id: 'of the handler', queue: 'too' },
  },
  { attempt, level: 'info', message: `${name} has 3 pages.`, fields: {} },
  { attempt, level: 'warn', message: `${name} is tired.`, fields: {} },
  { attempt, level: 'debug', message: `${name} ends.`, fields: {} },
];

describe('the log of a job', () => {
  it('contains only the lines of its own handler, from both log and console, when jobs run in parallel', async () => {
    const busy = await api.submit({ payload: { seconds: 2 } });
    await api.until(busy.job_id, ['running']);
    const names = ['Ada', 'Grace', 'Edith', 'Mary'];
    const jobs = await finish(...names.map((name) => ({ type: 'talk', payload: { name } })));
    for (const [index, job] of jobs.entries()) {
      const { body } = await api.call('GET', `/v1/jobs/${job.job_id}/logs`);
      expect(body).toMatchObject({ status: 'success', has_more: false, items: linesOf(names[index] ?? '') });
    }
    const [ada] = jobs;
    if (!ada) throw new Error('No job was submitted.');
    const about = `queue=default job_id=${ada.job_id} attempt=1 tenant=default type=talk`;
    const logged = loggedAbout(ada);
    expect(logged).toContain(`ErrandWorkerFunction  Ada has 3 pages. event=job_console ${about}`);
    expect(logged).toContain(`WARN ErrandWorkerFunction  Ada is tired. event=job_console ${about}`);
    expect(logged).toContain(`Ada starts. event=job_log ${about} page=1 job_id_=of the handler queue_=too`);
  }, 60_000);

  it('can be followed while the job runs', async () => {
    const errand = createErrand({ url: api.url });
    const { job_id: jobId } = await api.submit({ type: 'talk', payload: { name: 'Ada', seconds: 5 } });
    const lines: LogLine[] = [];
    const statuses: string[] = [];
    for await (const line of errand.logs(jobId, { follow: true })) {
      statuses.push((await api.job(jobId)).status);
      lines.push(line);
    }
    expect(lines).toMatchObject(linesOf('Ada'));
    expect([statuses[0], statuses.at(-1)]).toEqual(['running', 'success']);
  }, 60_000);

  it('keeps the lines of earlier attempts when a job fails and runs again', async () => {
    const [job] = await finish({ type: 'hang', payload: {}, max_attempts: 1 });
    if (!job) throw new Error('No job was submitted.');
    await api.call('POST', `/v1/jobs/${job.job_id}/retry`);
    await api.finished(job.job_id, 60_000);
    const errand = createErrand({ url: api.url });
    const attemptsOf = async (options?: LogOptions): Promise<string[]> => {
      const found: string[] = [];
      for await (const { attempt, message } of errand.logs(job.job_id, options))
        found.push(`${attempt} ${message}`);
      return found;
    };
    expect(await attemptsOf()).toEqual(['1 Waiting for a lock.', '2 Waiting for a lock.']);
    expect(await attemptsOf({ attempt: 2 })).toEqual(['2 Waiting for a lock.']);
  }, 60_000);
});

describe('errand logs', () => {
  async function logs(...words: string[]) {
    const ended = { code: 0, output: '', messages: '' };
    await runCommand(words, {
      environment: { ERRAND_URL: api.url },
      output: (line) => (ended.output += `${line}\n`),
      messages: { write: (line) => (ended.messages += line) },
      readInput: () => Promise.resolve(''),
      setExitCode: (code) => (ended.code = code),
    });
    return ended;
  }

  it('follows a job’s log until the job has ended', async () => {
    const { job_id: jobId } = await api.submit({ type: 'talk', payload: { name: 'Ada', seconds: 1 } });
    const { code, output, messages } = await logs('logs', jobId, '--follow');
    expect({ code, messages }).toEqual({ code: 0, messages: '' });
    expect(output.replaceAll(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /gm, '')).toBe(
      [
        '1 INFO  Ada starts. page=1 job_id=of the handler queue=too',
        '1 INFO  Ada has 3 pages.',
        '1 WARN  Ada is tired.',
        '1 DEBUG Ada ends.',
        '',
      ].join('\n'),
    );
  }, 60_000);

  it('shows one attempt’s lines, and with --json one object per line', async () => {
    const [job] = await finish({ type: 'talk', payload: { name: 'Grace' } });
    const jobId = job?.job_id ?? '';
    const { output } = await logs('--json', 'logs', jobId, '--attempt', '1');
    const lines = output.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(linesOf('Grace'));
    expect(await logs('logs', jobId, '--attempt', '2')).toEqual({ code: 0, output: '', messages: '' });
  }, 60_000);

  it('names a job that does not exist', async () => {
    const unknown = '01900000-0000-7000-8000-000000000000';
    const ended = await logs('logs', unknown);
    expect(ended.code).not.toBe(0);
    expect(ended.messages).toContain(unknown);
  });
});

/**
 * Sums, by job type, the metrics published since the log line with index `start`. Durations are counted instead of summed.
 */
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
  it('count each job and attempt once, by its outcome', async () => {
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
      // The first attempt ended the process, so the attempt's AttemptsStarted and WaitingTime were never published.
      quit: {
        ...accepted,
        ...{ AttemptsLost: 1, AttemptsStarted: 1, RunTime: 1, JobsSucceeded: 1, EndToEndTime: 1 },
      },
      stray: { ...accepted, ...started, JobsDeduplicated: 1, JobsSucceeded: 1, EndToEndTime: 1 },
      sleep: { ...accepted, JobsCanceled: 1 },
    });
  }, 90_000);
});

/**
 * Waits for the published metrics. A function may write its last log line after its response. By the time another job has ended, that line has
 * arrived.
 */
async function expectPublished(start: number, expected: object): Promise<void> {
  await finish({ type: 'report', payload: { secret: 'x' } });
  const published = publishedSince(start);
  delete published.report;
  expect(published).toEqual(expected);
}
