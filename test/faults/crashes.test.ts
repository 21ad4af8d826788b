import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { createErrand } from 'errand-client';
import type { Template } from 'errand-local/template/template';
import { runCommand } from '../../bin/command-line/program.ts';
import { ApiClient, type JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandbox, callsOf, invoke, resetAwsCalls, sql } from '../helpers/embedded.ts';
import { armFaults, disarmFault, strikesOf } from '../helpers/faults.ts';

let cloud: Cloud;
let api: ApiClient;
let worker: string;

beforeAll(async () => {
  cloud = await startCloud(
    { JOB_TIMEOUT: '3', JOB_PREFETCH: '2', VISIBILITY_TIMEOUT: '4' },
    { faults: true, edit: shortenApi },
  );
  api = cloud.api;
  worker = cloud.output('WorkerFunctionName');
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/**
 * The API function's timeout in seconds. The API stops waiting for the database four seconds before the timeout. A deployed API times out after 29 s,
 * so it waits for the database for up to 25 s.
 */
const API_TIMEOUT = 6;

function shortenApi({ Resources: resources }: Template): void {
  const apis = Object.entries(resources).filter(([id]) => /^ErrandApiFunction[0-9A-F]{8}$/.test(id));
  expect(apis).toHaveLength(1);
  Object.assign(apis[0]?.[1].Properties ?? {}, { Timeout: API_TIMEOUT });
}

async function send(queue: string, jobId: string): Promise<void> {
  const body = JSON.stringify({ job_id: jobId });
  await cloud.sqs.send(new SendMessageCommand({ QueueUrl: cloud.output(queue), MessageBody: body }));
}

/** Inserts a job's row without sending its message, like a submission that crashes after the insert. */
async function writeJobWithoutMessage(overrides: {
  dueSecondsAgo: number;
  tenant?: string;
}): Promise<string> {
  const jobId = uuidv7();
  await sql(
    cloud,
    `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
     VALUES (:id::uuid, :id::uuid, :tenant, 'sleep', '{"seconds": 0}', 2, 3,
             now() - :ago::interval, now() - :ago::interval)`,
    { id: jobId, ago: `${overrides.dueSecondsAgo} s`, tenant: overrides.tenant ?? 'default' },
  );
  return jobId;
}

/** Counts a tenant's unfinished jobs. */
async function openJobsOf(tenant: string): Promise<number> {
  const [[count = ''] = []] = await sql(
    cloud,
    'SELECT CAST(count(*) AS text) FROM jobs WHERE tenant = :tenant AND end_time IS NULL',
    { tenant },
  );
  return Number(count);
}

describe('a job that takes too long', () => {
  it('fails at its timeout, before the function is killed', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 10 } });
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'failed', attempt: 1, message: 'exceeded the timeout of 3 s' });
    expect(job.end_time).not.toBeNull();
    expect(await api.attempts(jobId)).toMatchObject([{ outcome: 'timeout' }]);
  });

  it('can have its own shorter timeout', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 10 }, timeout_seconds: 1 });
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'failed', message: 'exceeded the timeout of 1 s' });
    const ran = Date.parse(job.end_time ?? '') - Date.parse(job.start_time ?? '');
    expect(ran).toBeGreaterThanOrEqual(1_000);
    // The job's own timeout stopped the job before JOB_TIMEOUT had elapsed.
    expect(ran).toBeLessThan(3_000);
  });
});

describe('a worker', () => {
  it('that is killed with SIGKILL has its job rerun, which succeeds as attempt 2', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 1 } });
    await api.until(jobId, ['running']);
    process.kill((await busySandbox(cloud, worker)).pid, 'SIGKILL');
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'success', attempt: 2, message: null });
    expect(await api.attempts(jobId)).toMatchObject([
      { attempt: 1, outcome: 'lost' },
      { attempt: 2, outcome: 'success' },
    ]);
  });

  it('that never yields is killed at the function timeout, and its job is rerun until no attempts are left', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 1 } });
    for (const attempt of [1, 2]) {
      await api.untilJob(jobId, (job) => job.status === 'running' && job.attempt === attempt);
      // SIGSTOP freezes the process: its timers do not fire, and it does not handle the abort signal.
      process.kill((await busySandbox(cloud, worker)).pid, 'SIGSTOP');
    }
    const job = await api.finished(jobId);
    expect(job).toMatchObject({
      status: 'failed',
      attempt: 2,
      message: 'The worker stopped without an answer on attempt 2 of 2.',
    });
    expect(await api.attempts(jobId)).toMatchObject([{ outcome: 'lost' }, { outcome: 'lost' }]);
  }, 60_000);

  it('never runs more than JOB_PREFETCH jobs in parallel', async () => {
    const { body } = await api.call<{ items: { job: JobView }[] }>('POST', '/v1/jobs/batch', {
      jobs: Array.from({ length: 20 }, () => ({ payload: { seconds: 0.2 } })),
    });
    const jobs = await Promise.all(body.items.map(({ job }) => api.finished(job.job_id)));
    expect(jobs.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'success'));

    const attempts = (await Promise.all(jobs.map(({ job_id: jobId }) => api.attempts(jobId)))).flat();
    expect(attempts).toHaveLength(20);
    const moments = attempts.flatMap(({ start_time: start, end_time: end }) => [
      { at: Date.parse(start), change: 1 },
      { at: Date.parse(end ?? ''), change: -1 },
    ]);
    // Times have millisecond precision, so one attempt's end and another's start may coincide. In this case, the end is sorted first.
    moments.sort((a, b) => a.at - b.at || a.change - b.change);
    let running = 0;
    const most = Math.max(...moments.map(({ change }) => (running += change)));
    expect(most).toBe(2);
  }, 60_000);
});

describe('a message', () => {
  it('that is delivered twice runs its job only once', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0.5 } });
    await send('QueueUrl', jobId);
    await api.finished(jobId);
    await send('QueueUrl', jobId);
    const witness = await api.submit({ payload: { seconds: 0 } });
    await api.finished(witness.job_id);
    expect(await api.attempts(jobId)).toHaveLength(1);
  });

  it('that is not a wake-up is ignored', async () => {
    for (const body of ['rubbish', '{}', '{"job_id": 7}', JSON.stringify({ job_id: uuidv7() })]) {
      await cloud.sqs.send(new SendMessageCommand({ QueueUrl: cloud.output('QueueUrl'), MessageBody: body }));
    }
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 } });
    expect((await api.finished(jobId)).status).toBe('success');
  });

  it('that was lost is resent by the sweeper', async () => {
    const jobId = await writeJobWithoutMessage({ dueSecondsAgo: 300 });
    // This submission updates the activity mark, so that the sweeper looks for jobs.
    await api.finished((await api.submit({ payload: { seconds: 0 } })).job_id);
    expect(await invoke(cloud, cloud.output('SweeperFunctionName'))).toMatchObject({
      verdict: 'swept',
      sent: 1,
    });
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 1 });
  });
});

describe('a lost message of a tenant, while another tenant has a backlog', () => {
  it('is resent by the sweeper while the backlog still exists', async () => {
    const jobs = Array.from({ length: 16 }, () => ({ payload: { seconds: 1 } }));
    const { body } = await api.call<{ items: { job: JobView }[] }>('POST', '/v1/jobs/batch', { jobs });
    await writeJobWithoutMessage({ dueSecondsAgo: 90, tenant: 'quiet' });
    expect(await invoke(cloud, cloud.output('SweeperFunctionName'))).toMatchObject({
      ...{ verdict: 'backlog', sent: 1, unsent: 0 },
    });
    while ((await openJobsOf('quiet')) > 0) await wait(50);
    expect(await openJobsOf('default')).toBeGreaterThan(0);
    for (const { job } of body.items) expect((await api.finished(job.job_id)).status).toBe('success');
  }, 60_000);
});

describe('a dead letter', () => {
  it('is resent if its job never ran', async () => {
    const jobId = await writeJobWithoutMessage({ dueSecondsAgo: 0 });
    await send('DeadLetterQueueUrl', jobId);
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 1 });
  });

  it('makes its job fail if the job has no attempts left and its lease has expired', async () => {
    const jobId = await writeJobWithoutMessage({ dueSecondsAgo: 0 });
    await sql(
      cloud,
      `WITH job AS (
         UPDATE jobs SET status = 'running', attempt = 2, worker = 'gone', start_time = now() - interval '9 s',
                lease_expires_at = now() - interval '1 s', wake_at = now() - interval '1 s'
         WHERE job_id = :id::uuid RETURNING job_id)
       INSERT INTO job_attempts (job_id, attempt, worker, start_time) SELECT job_id, 2, 'gone', now() FROM job`,
      { id: jobId },
    );
    await send('DeadLetterQueueUrl', jobId);
    const job = await api.finished(jobId);
    expect(job).toMatchObject({
      status: 'failed',
      message: 'The worker stopped without an answer on attempt 2 of 2.',
    });
    expect(await api.attempts(jobId)).toMatchObject([{ attempt: 2, outcome: 'lost' }]);
  });
});

describe('the first request after a pause of the database', () => {
  /**
   * How long the database takes to resume, in milliseconds. The API gives up before the database has resumed. The same happens on AWS, where resuming
   * takes up to 40 s.
   */
  const RESUME_MS = 4_000;

  it('gets 503 while the database resumes, and succeeds when the client retries', async () => {
    const objectId = uuidv7();
    const responses: { path: string; status: number; type: unknown; seconds: number }[] = [];
    const errand = createErrand({
      url: api.url,
      async fetch(request) {
        const startedAt = performance.now();
        const response = await fetch(request);
        const { type } = (await response.clone().json()) as { type?: unknown };
        const seconds = (performance.now() - startedAt) / 1000;
        responses.push({ path: new URL(request.url).pathname, status: response.status, type, seconds });
        return response;
      },
    });
    const { job_id: known } = await api.submit({ payload: { seconds: 0 } });
    await api.finished(known);
    await armFaults(cloud, { effect: 'pause-aurora', resume_seconds: RESUME_MS / 1000 });
    const output: string[] = [];
    const [plain, rejecting, read] = await Promise.all([
      errand.submit('sleep', { seconds: 0 }),
      errand.submit('sleep', { seconds: 0 }, { objectId, onDuplicate: 'reject' }),
      errand.get(known),
      runCommand(['--json', 'submit', 'sleep', '{"seconds":0}'], {
        environment: { ERRAND_URL: api.url },
        output: (answer) => output.push(answer),
        messages: { write: (line) => output.push(line) },
        readInput: () => Promise.resolve(''),
        setExitCode: (code) => output.push(`exit code ${code}`),
      }),
    ]);

    expect(read.status).toBe('success');
    expect(rejecting.deduplicated).toBe(false);
    const [answer = ''] = output;
    const ofCli = (JSON.parse(answer) as { job_id: string }).job_id;
    for (const jobId of [plain.jobId, rejecting.jobId, ofCli]) {
      expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 1 });
    }
    const resuming = responses.filter(({ status }) => status === 503);
    expect(resuming).toHaveLength(3);
    for (const { type, seconds } of resuming) {
      expect(type).toBe('urn:errand:problem:resuming');
      expect(seconds).toBeLessThan(API_TIMEOUT - 3);
    }
    // The retried submission did not create a second job for the object.
    const [[jobs = ''] = []] = await sql(
      cloud,
      'SELECT CAST(count(*) AS text) FROM jobs WHERE object_id = :object_id',
      { object_id: objectId },
    );
    expect(jobs).toBe('1');
  });

  it('waits for its job only for the time left after the resume', async () => {
    await armFaults(cloud, { effect: 'pause-aurora', resume_seconds: 1 });
    const startedAt = performance.now();
    const submission = { payload: { seconds: 0 }, delay_seconds: 60 };
    const { status } = await api.call<JobView>('POST', '/v1/jobs?wait=25', submission);
    expect(status).toBe(201);
    expect(performance.now() - startedAt).toBeLessThan((API_TIMEOUT - 3) * 1000);
  });
});

describe('a message that arrives while the database resumes', () => {
  it.each([
    ['DatabaseResumingException', 'The database is resuming.'],
    ['BadRequestException', 'Communications link failure'],
    ['StatementTimeoutException', 'Request timed out'],
  ])('is returned to the queue for as long as a resume usually takes: %s', async (code, message) => {
    const [id = ''] = await armFaults(cloud, {
      ...{ effect: 'fail', caller: worker, service: 'rds-data', code, message },
    });
    await resetAwsCalls(cloud);
    await api.submit({ payload: { seconds: 0 } });
    let calls = await callsOf(cloud, worker);
    while (!('sqs ChangeMessageVisibilityBatch' in calls)) {
      await wait(50);
      calls = await callsOf(cloud, worker);
    }
    await disarmFault(cloud, id);
    // The worker retries for a second before it returns the message to the queue.
    expect(calls['sqs ChangeMessageVisibilityBatch']).toBe(1);
  });
});

describe('the migrations', () => {
  it('wait until the cluster and its role have been created', async () => {
    const migrate = cloud.output('MigrationsFunctionName');
    const failOnce = (code: string, action: string, message = code) => ({
      ...{ effect: 'fail', caller: migrate, service: 'rds-data', times: 1 },
      ...{ code, action, message },
    });
    const ids = await armFaults(
      cloud,
      failOnce('AccessDeniedException', 'BeginTransaction'),
      failOnce('BadRequestException', 'BeginTransaction', 'Communications link failure'),
      failOnce('TransactionNotFoundException', 'ExecuteStatement'),
      failOnce('ServiceUnavailableError', 'CommitTransaction'),
    );
    expect(await invoke(cloud, migrate)).toEqual({ applied: [] });
    const strikes = await strikesOf(cloud);
    expect(ids.map((id) => strikes.get(id))).toEqual([1, 1, 1, 1]);
  });
});
