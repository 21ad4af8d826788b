import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ACCEPTED, acceptedBatch, DUPLICATE, EXECUTION, READ, WAIT } from '../../tools/cost/calls-per-job.ts';
import { ApiClient, untilHeld } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { awsCalls, callsOf, invoke, resetAwsCalls, sql } from '../helpers/embedded.ts';

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({
    JOBS: 'test/jobs-files/failures/index.ts',
    JOB_TIMEOUT: '20',
    JOB_PREFETCH: '4',
  });
  api = cloud.api;
  // An instance's first submission also updates the sweeper's activity mark. Later submissions update the mark at most once every 30 s.
  await api.finished((await api.submit({ object_id: randomUUID(), payload: { seconds: 0 } })).job_id);
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

describe('the AWS calls', () => {
  it('for an accepted job are three: one each for the dedup window, the row and the message', async () => {
    await resetAwsCalls(cloud);
    await api.submit({ object_id: randomUUID(), payload: { seconds: 0 }, delay_seconds: 600 });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(ACCEPTED);
    expect(Object.values(ACCEPTED)).toEqual([1, 1, 1]);
  });

  it('for an accepted batch are one per 25 keys, one for the rows, and one per ten messages', async () => {
    await resetAwsCalls(cloud);
    const jobs = Array.from({ length: 100 }, () => ({
      object_id: randomUUID(),
      payload: { seconds: 0 },
      delay_seconds: 600,
    }));
    await api.call('POST', '/v1/jobs/batch', { jobs });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(acceptedBatch(100));
    expect(acceptedBatch(100)).toEqual({
      'dynamodb BatchExecuteStatement': 4,
      'rds-data ExecuteStatement': 1,
      'sqs SendMessageBatch': 10,
    });
    await resetAwsCalls(cloud);
    await api.call('POST', '/v1/jobs/batch', { jobs });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual({
      'dynamodb BatchExecuteStatement': 8,
      // Reading the 100 jobs takes two statements.
      'rds-data ExecuteStatement': 2,
    });
  });

  it('for a duplicate are two: one each for the dedup window and the row', async () => {
    const objectId = randomUUID();
    await api.submit({ object_id: objectId, payload: { seconds: 0 }, delay_seconds: 600 });
    await resetAwsCalls(cloud);
    await api.submit({ object_id: objectId });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(DUPLICATE);
    expect(Object.values(DUPLICATE)).toEqual([1, 1]);
  });

  it('for a replacement are those of a duplicate, plus one for a message if the job becomes due sooner', async () => {
    const submission = { object_id: randomUUID(), payload: { seconds: 0 }, on_duplicate: 'replace' };
    await api.submit({ ...submission, delay_seconds: 600 });
    await resetAwsCalls(cloud);
    await api.submit({ ...submission, delay_seconds: 700 });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(DUPLICATE);
    await resetAwsCalls(cloud);
    await api.submit({ ...submission, delay_seconds: 500 });
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(ACCEPTED);
  });

  it('for a read are one', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    await resetAwsCalls(cloud);
    await api.job(jobId);
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(READ);
    expect(READ).toEqual({ 'rds-data ExecuteStatement': 1 });
  });

  it('for a wait are those for its slot and its status reads; for an ended job, they are those of a read', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    await untilHeld(async () => {
      await resetAwsCalls(cloud);
      // The wait is so short that the API reads the job's status only once.
      return api.call('GET', `/v1/jobs/${jobId}?wait=0.04`);
    });
    const { 'rds-data ExecuteStatement': reads, ...ofDynamoDb } = WAIT;
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual({
      'rds-data ExecuteStatement': (reads ?? 0) + 1,
      ...ofDynamoDb,
    });
    await api.call('POST', `/v1/jobs/${jobId}/cancel`);
    await resetAwsCalls(cloud);
    await api.call('GET', `/v1/jobs/${jobId}?wait=25`);
    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toEqual(READ);
  });

  it('for a successful job are two by the worker: the claim and the record', async () => {
    await resetAwsCalls(cloud);
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0.1 } });
    await api.finished(jobId);
    expect(await callsOf(cloud, cloud.output('WorkerFunctionName'))).toEqual(EXECUTION);
    expect(EXECUTION).toEqual({ 'rds-data ExecuteStatement': 2 });
  });

  it('for a job that logs are the same', async () => {
    await resetAwsCalls(cloud);
    const { job_id: jobId } = await api.submit({ type: 'talk', payload: { name: 'Ada' } });
    await api.finished(jobId);
    expect(await callsOf(cloud, cloud.output('WorkerFunctionName'))).toEqual(EXECUTION);
    const { body } = await api.call<{ items: unknown[] }>('GET', `/v1/jobs/${jobId}/logs`);
    expect(body.items).toHaveLength(4);
  });
});

describe('when nothing is left to do', () => {
  it('the sweeper stops querying the database and the queue until the next submission', async () => {
    const sweeper = cloud.output('SweeperFunctionName');
    const { body } = await api.call<{ items: { job_id: string }[] }>(
      'GET',
      '/v1/jobs?status=created&limit=200',
    );
    for (const { job_id: jobId } of body.items) await api.call('POST', `/v1/jobs/${jobId}/cancel`);

    // The activity mark is recent, so a submission may still be about to insert its row. The sweeper therefore stays awake.
    expect(await invoke(cloud, sweeper)).toMatchObject({ verdict: 'swept', workRemains: false });
    await markActivity(Date.now() - 120_000);
    expect(await invoke(cloud, sweeper)).toMatchObject({ verdict: 'idle' });

    await resetAwsCalls(cloud);
    for (let minute = 0; minute < 5; minute += 1) await invoke(cloud, sweeper);
    expect(await callsOf(cloud, sweeper)).toEqual({ 'dynamodb GetItem': 5 });
    expect((await awsCalls(cloud)).filter(({ service }) => service === 'rds-data')).toEqual([]);

    await markActivity(Date.now());
    expect(await invoke(cloud, sweeper)).toMatchObject({ verdict: 'swept' });
  });
});

describe('data that ended more than RETENTION_DAYS ago', () => {
  it('is deleted by the sweeper when the sweeper is awake for other work', async () => {
    const sweeper = cloud.output('SweeperFunctionName');
    const { job_id: old } = await api.finished((await api.submit({ payload: { seconds: 0 } })).job_id);
    const { job_id: young } = await api.finished((await api.submit({ payload: { seconds: 0 } })).job_id);
    await sql(cloud, `UPDATE jobs SET end_time = now() - interval '31 days' WHERE job_id = :id::uuid`, {
      id: old,
    });
    // The sweeper stores the end time of the oldest ended job in the `oldest_end` mark.
    await setMark('oldest_end', Date.now() - 31 * 86_400_000);
    await setMark('active_at', Date.now());
    expect(await invoke(cloud, sweeper)).toMatchObject({
      verdict: 'swept',
      pruned: { jobs: 1, isDone: true },
    });
    expect((await api.call('GET', `/v1/jobs/${old}`)).status).toBe(404);
    expect((await api.job(young)).status).toBe('success');
    expect(await invoke(cloud, sweeper)).not.toHaveProperty('pruned');
  });
});

/** Sets the activity mark, which tells the sweeper when the last submission was. */
async function markActivity(at: number): Promise<void> {
  await setMark('active_at', at);
}

/** Sets one of the marks in the sweeper's DynamoDB item to a time in epoch milliseconds. */
async function setMark(name: 'active_at' | 'oldest_end', at: number): Promise<void> {
  await cloud.dynamoDb.send(
    new UpdateItemCommand({
      TableName: cloud.output('TableName'),
      Key: { pk: { S: 'activity' } },
      UpdateExpression: 'SET #name = :at',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':at': { N: String(at) } },
    }),
  );
}
