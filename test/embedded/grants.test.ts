import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient, untilHeld } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke, sql } from '../helpers/embedded.ts';
import { armFaults, disarmFault } from '../helpers/faults.ts';
import { headerFor } from '../helpers/keys.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';

// Exercises every feature of the functions, and then checks that every grant has been used.

interface Grant {
  role: string;
  action: string;
  resource: string;
  used: boolean;
}

let receiver: Receiver;
let cloud: Cloud;
/** The API's client. Its requests contain an API key, so that the authorizer uses its grants too. */
let api: ApiClient;
let headers: { authorization: string };
let scheduler: SchedulerClient;

beforeAll(async () => {
  receiver = await startReceiver(({ path }, response, earlier) => {
    if (path === '/busy-once' && earlier === 0) response.writeHead(429, { 'retry-after': '1' }).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"messageId":"1"}');
  });
  cloud = await startCloud(
    {
      AUTH: 'api-key',
      JOBS: 'test/jobs-files/service/index.ts',
      JOB_TIMEOUT: '20',
      JOB_PREFETCH: '4',
      WEBHOOK_ALLOWED_HOSTS: receiver.origin,
      MESSAGES_URL: `${receiver.origin}/messages`,
    },
    { faults: true },
  );
  headers = await headerFor(cloud, 'default');
  api = new ApiClient(cloud.api.url, (request) => {
    request.headers.set('authorization', headers.authorization);
    return fetch(request);
  });
  scheduler = new SchedulerClient({
    endpoint: cloud.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}, 120_000);

afterAll(async () => {
  scheduler.destroy();
  await cloud.end();
  await receiver.end();
});

const nap = { type: 'sleep', payload: { seconds: 0 } };

/**
 * Submits a webhook that is retried, a job with a callback, a job that reads a file, a job that writes a file, and messages. One job fails, and one
 * job waits.
 */
async function submitAll(): Promise<void> {
  const webhook = { type: 'webhook', payload: { url: `${receiver.origin}/busy-once` }, max_attempts: 2 };
  await api.call('POST', '/v1/messages', { to: '+905551111111', content: 'Hello' });
  const form = new FormData();
  form.append('type', 'analyze');
  form.append('payload', JSON.stringify({ patterns: ['ERROR'] }));
  form.append('file', new Blob(['ERROR']));
  const withFile = await fetch(`${api.url}/v1/jobs`, { method: 'POST', headers, body: form });
  const missing = { file: `uploads/default/${randomUUID()}`, patterns: ['ERROR'] };
  const jobs = [
    await api.submit({ ...nap, object_id: randomUUID(), callback_url: `${receiver.origin}/callback` }),
    await api.submit(webhook),
    await api.submit({ type: 'send_messages' }),
    await api.submit({ type: 'analyze', payload: missing }),
    await api.submit({ type: 'draw', payload: { text: 'one' } }),
    (await withFile.json()) as { job_id: string },
  ];
  for (const { job_id: jobId } of jobs) await api.finished(jobId);
  const later = await api.submit({ ...nap, delay_seconds: 3600 });
  await untilHeld(() => api.call('GET', `/v1/jobs/${later.job_id}?wait=0.1`));
  await api.call('GET', '/health-check');
  await api.call('GET', '/v1/stats');
  await api.call('GET', '/v1/webhook-key');
  const made = await api.call<{ key_id: string }>('POST', '/v1/api-keys', { name: 'new', scopes: ['read'] });
  await api.call('POST', `/v1/api-keys/${made.body.key_id}/rotate`);
  await api.call('GET', '/v1/api-keys');
  const { body: upload } = await api.call<{ file: string }>('POST', '/v1/uploads');
  await api.call('POST', '/v1/downloads', { file: upload.file });

  // The submission can't write the row, so it releases the dedup key.
  const objectId = randomUUID();
  await armFaults(cloud, {
    ...{ effect: 'fail', code: 'AccessDeniedException', service: 'rds-data' },
    ...{ caller: cloud.output('ApiFunctionName'), event_contains: objectId },
  });
  expect((await api.call('POST', '/v1/jobs', { object_id: objectId })).status).toBe(503);
  await submitBatches(objectId);
  await submitFromJob();
}

/** Submits a batch twice. Then submits a second batch while its rows can't be written, so that its dedup keys are released. */
async function submitBatches(refused: string): Promise<void> {
  const submit = async (name: string): Promise<number[]> => {
    const jobs = [1, 2].map((number) => ({ ...nap, object_id: `${name}-${number}` }));
    const { body } = await api.call<{ items: { status: number }[] }>('POST', '/v1/jobs/batch', { jobs });
    return body.items.map(({ status }) => status);
  };
  const name = randomUUID();
  expect(await submit(name)).toEqual([201, 201]);
  expect(await submit(name)).toEqual([200, 200]);
  expect(await submit(refused)).toEqual([503, 503]);
}

/** Runs jobs that submit other jobs. One row can't be written, so the dedup key is released. */
async function submitFromJob(): Promise<void> {
  const greet = (name: string) => ({
    ...{ type: 'greet-all', payload: { names: [name], once: true } },
    ...{ max_attempts: 1, delay_seconds: 1 },
  });
  const { job_id: good } = await api.submit(greet(randomUUID()));
  const { job_id: bad } = await api.submit(greet(randomUUID()));
  await armFaults(cloud, {
    ...{ effect: 'fail', code: 'AccessDeniedException', service: 'rds-data' },
    // The fault affects the worker's second call, which follows the claim.
    ...{ caller: cloud.output('WorkerFunctionName'), event_contains: bad, at: { nth: 2 } },
  });
  expect((await api.finished(good)).status).toBe('success');
  expect((await api.finished(bad)).status).toBe('failed');
}

/** Submits a job with a delay that exceeds SQS's limit, and changes the job's entry in EventBridge Scheduler so that the entry fires now. */
async function wakeLateJob(): Promise<void> {
  const { job_id: jobId } = await api.submit({ ...nap, delay_seconds: 3600 });
  const name = { GroupName: cloud.output('ScheduleGroupName'), Name: `job.${jobId}` };
  const { Target, FlexibleTimeWindow } = await scheduler.send(new GetScheduleCommand(name));
  const now = { ScheduleExpression: 'at(2026-01-01T00:00:00)' };
  await scheduler.send(new UpdateScheduleCommand({ ...name, ...now, Target, FlexibleTimeWindow }));
  await api.call('POST', `/v1/jobs/${jobId}/cancel`);

  // EventBridge Scheduler's role does not allow invoking this function, so the firing ends up in the dead-letter queue.
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${cloud.output('ApiFunctionName')}`;
  await scheduler.send(
    new CreateScheduleCommand({
      ...{ GroupName: name.GroupName, Name: 'misled', FlexibleTimeWindow, ...now },
      Target: { RoleArn: '', ...Target, Arn: arn, RetryPolicy: { MaximumRetryAttempts: 0 } },
    }),
  );
}

/** Fires schedules whose EventBridge Scheduler entries are outdated, so that the firings write, change and delete entries. */
async function fireSchedules(): Promise<void> {
  const put = () => api.call('PUT', '/v1/schedules/hourly', { rate: '1 hour', job: nap });
  expect((await put()).status).toBe(201);
  expect((await put()).status).toBe(200);
  const name = await entryOf('hourly');
  const { Target } = await scheduler.send(new GetScheduleCommand(name));
  const time = new Date().toISOString();
  const input = JSON.parse(Target?.Input?.replace('<aws.scheduler.scheduled-time>', time) ?? '') as {
    MessageBody: string;
  };
  const event = JSON.parse(input.MessageBody) as object;
  const fire = (more: object) =>
    invoke(cloud, cloud.output('ScheduledFunctionName'), { ...event, ...more, fire_time: time });
  await scheduler.send(new DeleteScheduleCommand(name));
  await fire({ revision: randomUUID() });
  await fire({});
  await fireLate(event);
  await fireOldTarget(event);
  await api.call('DELETE', '/v1/schedules/hourly');
  await fire({});
}

/** Delivers two firings while the database is resuming, and then delivers one firing through the dead-letter queue. */
async function fireLate(event: object): Promise<void> {
  const [scheduled, now] = [cloud.output('ScheduledFunctionName'), Date.now()];
  const send = (queue: string, fireTime: number) =>
    cloud.sqs.send(
      new SendMessageCommand({
        QueueUrl: cloud.output(queue),
        MessageBody: JSON.stringify({ ...event, fire_time: new Date(fireTime).toISOString() }),
      }),
    );
  const [id = ''] = await armFaults(cloud, {
    ...{ effect: 'fail', code: 'DatabaseResumingException', service: 'rds-data', caller: scheduled },
  });
  await send('FiringsQueueUrl', now + 60_000);
  // While the database resumes, the function retries for a second before it returns the message to the queue.
  while (!cloud.logs.some((line) => line.includes('firing_not_decided'))) await wait(10);
  // A schedule from an earlier release invokes the function directly, and the function sends the firing to the queue.
  await invoke(cloud, scheduled, { ...event, fire_time: new Date(now + 120_000).toISOString() });
  await disarmFault(cloud, id);
  await send('DeadLetterQueueUrl', now + 180_000);
}

/** Fires a schedule entry from an earlier release. */
async function fireOldTarget(event: object): Promise<void> {
  const { FlexibleTimeWindow, Target } = await scheduler.send(
    new GetScheduleCommand(await entryOf('hourly')),
  );
  await scheduler.send(
    new CreateScheduleCommand({
      ...{ GroupName: cloud.output('ScheduleGroupName'), Name: 'old', FlexibleTimeWindow },
      ScheduleExpression: 'at(2026-01-01T00:00:00)',
      Target: {
        RoleArn: '',
        ...Target,
        Arn: `arn:aws:lambda:us-east-1:000000000000:function:${cloud.output('ScheduledFunctionName')}`,
        Input: JSON.stringify({ ...event, fire_time: '<aws.scheduler.scheduled-time>' }),
      },
    }),
  );
}

async function entryOf(schedule: string): Promise<{ GroupName: string; Name: string }> {
  const GroupName = cloud.output('ScheduleGroupName');
  const { Schedules: [entry] = [] } = await scheduler.send(
    new ListSchedulesCommand({ GroupName, NamePrefix: `${schedule}.` }),
  );
  return { GroupName, Name: entry?.Name ?? '' };
}

/** Creates two jobs that the functions must recover: one whose message is in the dead-letter queue, and one whose message was lost. */
async function mend(): Promise<void> {
  const lose = async (): Promise<string> => {
    const { job_id: jobId } = await api.submit({ ...nap, delay_seconds: 800 });
    await sql(
      cloud,
      `UPDATE jobs SET run_at = now() - interval '10 minutes', wake_at = now() - interval '10 minutes'
       WHERE job_id = CAST(:id AS uuid)`,
      { id: jobId },
    );
    return jobId;
  };
  const unsent = await lose();
  await cloud.sqs.send(
    new SendMessageCommand({
      QueueUrl: cloud.output('DeadLetterQueueUrl'),
      MessageBody: JSON.stringify({ job_id: unsent }),
    }),
  );
  await api.finished(unsent);
  const forgotten = await lose();
  await invoke(cloud, cloud.output('SweeperFunctionName'));
  await api.finished(forgotten);
  // The sweeper finds no work, and records that no work is left.
  expect(await invoke(cloud, cloud.output('SweeperFunctionName'))).toMatchObject({ workRemains: false });
}

/** Sends CloudFormation's update event to the migrations function while all statements fail, so that the function reports a failure. */
async function failMigrations(): Promise<void> {
  const migrate = cloud.output('MigrationsFunctionName');
  await armFaults(cloud, {
    ...{ effect: 'fail', code: 'BadRequestException', caller: migrate },
    ...{ service: 'rds-data', action: 'ExecuteStatement' },
  });
  const event = {
    RequestType: 'Update',
    ResponseURL: `${receiver.origin}/cloudformation`,
    ResourceProperties: {},
    OldResourceProperties: {},
  };
  await invoke(cloud, migrate, event);
  const [answer] = receiver.receivedAt('/cloudformation');
  expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({ Status: 'FAILED' });
}

/** Makes the authorizer fail to read a key, so that the authorizer logs an error. */
async function failToReadKey(): Promise<void> {
  await armFaults(cloud, {
    ...{ effect: 'fail', code: 'AccessDeniedException', service: 'dynamodb' },
    ...{ caller: cloud.output('AuthorizerFunctionName'), times: 1 },
  });
  expect((await api.call('GET', '/v1/messages')).status).toBe(500);
}

async function unusedGrants(): Promise<string[]> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/grants`);
  const { grants } = (await response.json()) as { grants: Grant[] };
  expect(grants.length).toBeGreaterThan(50);
  return grants
    .filter(({ used }) => !used)
    .map(({ role, action, resource }) => `${role}: ${action} on ${resource}`);
}

it('every grant of every role is used by its function', async () => {
  await Promise.all([submitAll(), wakeLateJob(), fireSchedules()]);
  await mend();
  await failMigrations();
  await failToReadKey();

  // EventBridge Scheduler and the event source mappings run in the background, so some of their grants may still be unused.
  let unused = await unusedGrants();
  for (let round = 0; unused.length > 0 && round < 100; round += 1) {
    await wait(100);
    unused = await unusedGrants();
  }
  expect(unused).toEqual([]);
  expect(cloud.logs.filter((line) => line.includes('IAM refused'))).toEqual([]);
}, 120_000);
