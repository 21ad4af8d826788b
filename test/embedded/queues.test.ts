import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { JobView, ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { awsCalls, invoke, resetAwsCalls, sql } from '../helpers/embedded.ts';

const GONE =
  'The queue "removed" no longer exists in this deployment: add it to `queues`, or submit the job again.';

let cloud: Cloud;
let urls: Readonly<Record<string, string>>;

beforeAll(async () => {
  cloud = await startCloud({
    JOB_TIMEOUT: '5',
    JOB_PREFETCH: '2',
    SWEEP_AFTER: '1',
    JOBS: 'test/jobs-files/two-queues.ts',
    QUEUES: JSON.stringify({
      images: { timeout: 3, concurrency: 2, batchSize: 1, environment: { QUALITY: '80' } },
    }),
  });
  urls = JSON.parse(cloud.output('QueueUrls')) as Record<string, string>;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Inserts a job's row without sending its message, like a submission that crashes after the insert. */
async function writeJob(queue: string, payload: object, { dueSecondsAgo = 0 } = {}): Promise<string> {
  const jobId = uuidv7();
  await sql(
    cloud,
    `INSERT INTO jobs (job_id, submission_id, tenant, type, queue, payload, max_attempts, timeout_seconds, run_at, wake_at)
     SELECT CAST(:id AS uuid), CAST(:id AS uuid), 'default', 'sleep', :queue, CAST(:payload AS json), 1, 60, due, due
     FROM (SELECT now() - CAST(:ago AS interval) AS due) AS moment`,
    { id: jobId, queue, payload: JSON.stringify(payload), ago: `${dueSecondsAgo} s` },
  );
  return jobId;
}

async function run(queue: string, payload: object): Promise<string> {
  const jobId = await writeJob(queue, payload);
  await cloud.sqs.send(
    new SendMessageCommand({ QueueUrl: urls[queue], MessageBody: JSON.stringify({ job_id: jobId }) }),
  );
  return jobId;
}

/** Returns the workers that have called the Data API since the call counts were last reset. */
async function workersAtWork(): Promise<string[]> {
  const calls = await awsCalls(cloud);
  const callers = calls.filter(({ caller, service }) => caller.includes('Worker') && service === 'rds-data');
  return [...new Set(callers.map(({ caller }) => caller))];
}

describe('a job type in an additional queue', () => {
  it('runs its jobs from that queue, in that queue’s environment', async () => {
    const { job_id: jobId } = await cloud.api.submit({ type: 'develop' });
    expect(await cloud.api.finished(jobId)).toMatchObject({
      status: 'success',
      queue: 'images',
      timeout_seconds: 3,
      result: { quality: '80' },
    });
    const { job_id: otherId } = await cloud.api.submit({ type: 'file' });
    expect(await cloud.api.finished(otherId)).toMatchObject({
      queue: 'default',
      timeout_seconds: 5,
      result: { quality: null },
    });
  });

  it('can be batched with jobs of other queues', async () => {
    const jobs = [
      { type: 'develop' },
      { type: 'file' },
      { type: 'sleep', payload: { seconds: 0 } },
      { type: 'develop', payload: { seconds: 0.1 } },
    ];
    const { body } = await cloud.api.call<{ items: { job: JobView }[] }>('POST', '/v1/jobs/batch', { jobs });
    expect(body.items.map(({ job }) => job.queue)).toEqual(['images', 'default', 'default', 'images']);
    for (const { job } of body.items)
      expect(await cloud.api.finished(job.job_id)).toMatchObject({ status: 'success' });
  });

  it('cannot have a longer timeout than its queue', async () => {
    const answers = await Promise.all(
      ['develop', 'file'].map((type) =>
        cloud.api.call<ProblemView>('POST', '/v1/jobs', { type, timeout_seconds: 6 }),
      ),
    );
    expect(answers.map(({ status, body }) => [status, body.errors])).toEqual([
      [422, [{ field: 'timeout_seconds', message: 'must be at most 3, the timeout of the queue "images"' }]],
      [422, [{ field: 'timeout_seconds', message: "must be at most 5, the deployment's JOB_TIMEOUT" }]],
    ]);
  });

  it('waits for its run time in EventBridge Scheduler, and then uses its own queue', async () => {
    const { job_id: jobId } = await cloud.api.submit({ type: 'develop', delay_seconds: 3600 });
    const scheduler = new SchedulerClient({
      endpoint: cloud.awsEndpointUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const { Target: target } = await scheduler.send(
      new GetScheduleCommand({ Name: `job.${jobId}`, GroupName: cloud.output('ScheduleGroupName') }),
    );
    scheduler.destroy();
    expect(target?.Arn).toBe('arn:aws:scheduler:::aws-sdk:sqs:sendMessage');
    const { QueueUrl, ...message } = JSON.parse(target?.Input ?? '') as Record<string, string>;
    expect(QueueUrl).toMatch(/\/Errand-ErrandQueuesQueueimages/);
    expect(message).toEqual({
      MessageBody: JSON.stringify({ job_id: jobId }),
      // The message group is the tenant, so that SQS alternates between the tenants' messages.
      MessageGroupId: 'default',
    });
    await cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
  });

  it('is submitted to that queue by a schedule', async () => {
    const job = { type: 'develop', payload: {} };
    await cloud.api.call('PUT', '/v1/schedules/nightly', {
      ...{ rate: '1 day', state: 'started', overlap: 'allow' },
      job,
    });
    const fired = (await invoke(cloud, cloud.output('ScheduledFunctionName'), {
      tenant: 'default',
      schedule: 'nightly',
      revision: '1',
      fire_time: '2030-01-01T00:00:00Z',
    })) as { verdict: string; job_id: string };
    expect(fired).toMatchObject({ verdict: 'fired' });
    expect(await cloud.api.finished(fired.job_id)).toMatchObject({
      status: 'success',
      queue: 'images',
      result: { quality: '80' },
    });
  });
});

describe('a job in an additional queue', () => {
  it('runs on its queue’s worker, with its queue’s timeout', async () => {
    await resetAwsCalls(cloud);
    const [short, long] = [await run('images', { seconds: 0.1 }), await run('images', { seconds: 20 })];
    expect(await cloud.api.finished(short)).toMatchObject({ status: 'success', queue: 'images' });
    const { status, start_time: start, end_time: end } = await cloud.api.finished(long);
    expect(status).toBe('failed');
    const lasted = Date.parse(end ?? '') - Date.parse(start ?? '');
    // The job's timeout is the queue's three seconds, not the five seconds of JOB_TIMEOUT.
    expect(lasted).toBeGreaterThan(1_500);
    expect(lasted).toBeLessThan(4_000);
    expect(await workersAtWork()).toEqual([expect.stringContaining('Workerimages')]);
  });

  it('does not wait for another queue’s jobs if that queue’s worker is busy', async () => {
    const busy = await Promise.all(Array.from({ length: 2 }, () => run('default', { seconds: 4 })));
    for (const jobId of busy) await cloud.api.until(jobId, ['running']);
    const waiting = await run('default', { seconds: 0 });
    const image = await run('images', { seconds: 0 });
    expect(await cloud.api.finished(image)).toMatchObject({ status: 'success' });
    expect(await cloud.api.job(waiting)).toMatchObject({ status: 'created' });
    for (const jobId of [...busy, waiting]) await cloud.api.finished(jobId);
  });

  it('is resent by the sweeper to its own queue', async () => {
    await resetAwsCalls(cloud);
    const jobId = await writeJob('images', { seconds: 0 }, { dueSecondsAgo: 60 });
    // This submission updates the activity mark, which tells the sweeper that there may be work.
    await cloud.api.finished((await cloud.api.submit({ payload: { seconds: 0 } })).job_id);
    await invoke(cloud, cloud.output('SweeperFunctionName'));
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success' });
    expect(await workersAtWork()).toContainEqual(expect.stringContaining('Workerimages'));
  });

  it('is retried in its own queue', async () => {
    const jobId = await writeJob('images', { seconds: 0 }, { dueSecondsAgo: -600 });
    await cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
    expect((await cloud.api.call('POST', `/v1/jobs/${jobId}/retry`)).status).toBe(200);
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success', queue: 'images' });
  });

  it('counts toward its queue’s depth', async () => {
    const { body } = await cloud.api.call('GET', '/v1/stats');
    const depth = {
      visible: expect.any(Number) as unknown,
      in_flight: expect.any(Number) as unknown,
      delayed: expect.any(Number) as unknown,
    };
    expect(body).toMatchObject({ queue: depth, queues: { default: depth, images: depth } });
  });
});

describe('a job whose queue was removed', () => {
  it('fails with a message that says what to do, and cannot be retried', async () => {
    const jobId = await writeJob('removed', { seconds: 0 }, { dueSecondsAgo: 60 });
    await cloud.api.finished((await cloud.api.submit({ payload: { seconds: 0 } })).job_id);
    await invoke(cloud, cloud.output('SweeperFunctionName'));
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'failed', message: GONE, attempt: 0 });
    const retry = await cloud.api.call<ProblemView>('POST', `/v1/jobs/${jobId}/retry`);
    expect(retry).toMatchObject({
      status: 409,
      body: { type: 'urn:errand:problem:missing-queue', detail: GONE, job_id: jobId },
    });
  });

  it('fails when its message reaches the dead-letter queue', async () => {
    const jobId = await writeJob('removed', { seconds: 0 });
    const body = JSON.stringify({ job_id: jobId });
    await cloud.sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.output('DeadLetterQueueUrl'), MessageBody: body }),
    );
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'failed', message: GONE });
  });
});
