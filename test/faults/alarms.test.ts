import { InvokeCommand } from '@aws-sdk/client-lambda';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { watchAlarms, type Alarms } from '../helpers/alarms.ts';
import type { ApiClient } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { messagesIn } from '../helpers/embedded.ts';
import { armFaults, disarmFault, strikesOf } from '../helpers/faults.ts';

// Each outage must raise only its own alarms, and these alarms must clear once the outage is over. CloudWatch's clock is stopped between evaluations,
// so all events between two evaluations fall into the same minute.

/**
 * How far the clock advances after an outage, in minutes. The failure rate alarm has the longest evaluation period, which is shorter than this time.
 */
const QUIET_MINUTES = 20;

const SERVICE = { service: 'Errand' };
const QUEUE = { ...SERVICE, queue: 'default' };

let cloud: Cloud;
let api: ApiClient;
let alarms: Alarms;
/** The jobs that the current test has submitted. */
let submitted: string[] = [];

beforeAll(async () => {
  cloud = await startCloud(
    {
      JOBS: 'test/jobs-files/failures/index.ts',
      JOB_TIMEOUT: '7',
      VISIBILITY_TIMEOUT: '8',
      SWEEP_AFTER: '1',
      ALARM_THRESHOLDS: JSON.stringify({ apiLatency: 1 }),
    },
    { faults: true },
  );
  api = cloud.api;
  alarms = await watchAlarms(cloud);
}, 120_000);

afterAll(async () => {
  alarms.end();
  await cloud.end();
});

/** Ends the outage, and checks that the jobs end and all alarms clear. */
afterEach(async () => {
  await mend();
  await Promise.all(submitted.map((jobId) => api.finished(jobId, 60_000)));
  submitted = [];
  // A job ends shortly before its message is deleted. The test waits for the deletion, because a message in the queue would age when the clock
  // advances.
  while ((await messagesIn(cloud, cloud.output('QueueUrl'))) > 0) await wait(50);
  expect(await alarms.raisedAfter(QUIET_MINUTES)).toEqual([]);
}, 120_000);

async function mend(): Promise<void> {
  for (const id of (await strikesOf(cloud)).keys()) await disarmFault(cloud, id);
}

async function submit(count: number, job: object): Promise<string[]> {
  const jobs = await Promise.all(Array.from({ length: count }, () => api.submit(job)));
  const ids = jobs.map(({ job_id: jobId }) => jobId);
  submitted.push(...ids);
  return ids;
}

const SLEEP = { type: 'sleep', payload: { seconds: 0 } };
const FAILING = { type: 'report', payload: { secret: 'none' } };

async function finish(jobIds: readonly string[]): Promise<string[]> {
  const jobs = await Promise.all(jobIds.map((jobId) => api.finished(jobId, 60_000)));
  return jobs.map(({ status }) => status);
}

function functionOf(output: string): { FunctionName: string } {
  return { FunctionName: cloud.output(output) };
}

/** Invokes a function and waits for its result. @returns the function's error type, if it failed */
async function invoke(output: string, event: object = {}): Promise<string | undefined> {
  const Payload = Buffer.from(JSON.stringify(event));
  const { FunctionError } = await cloud.lambda.send(new InvokeCommand({ ...functionOf(output), Payload }));
  return FunctionError;
}

async function statusOf(path: string): Promise<number> {
  return (await api.call('GET', path)).status;
}

describe('no alarm is raised', () => {
  it('for jobs that succeed, fail, time out, crash once or are canceled', async () => {
    const ids = [
      ...(await submit(6, SLEEP)),
      ...(await submit(1, FAILING)),
      ...(await submit(1, { type: 'hang', payload: {}, max_attempts: 1 })),
      ...(await submit(1, { type: 'quit', payload: {} })),
    ];
    const [canceled = ''] = await submit(1, { ...SLEEP, payload: { seconds: 5 } });
    await api.call('POST', `/v1/jobs/${canceled}/cancel`);
    ids.push(canceled);
    expect(new Set(await finish(ids))).toEqual(new Set(['success', 'failed', 'canceled']));
    await alarms.counted('Errand JobsFailed', QUEUE, 2);
    for (let minute = 0; minute < 15; minute += 5) expect(await alarms.raisedAfter(5)).toEqual([]);
  }, 90_000);

  it('while the database resumes', async () => {
    await armFaults(cloud, { effect: 'pause-aurora', resume_seconds: 1 });
    expect(await finish(await submit(3, SLEEP))).toEqual(['success', 'success', 'success']);
    expect(await alarms.raisedAfter(10)).toEqual([]);
  }, 60_000);
});

describe('one alarm is raised', () => {
  it('if a job type’s handler always throws, and the alarm says that Errand itself works', async () => {
    const ids = [...(await submit(6, FAILING)), ...(await submit(20, SLEEP))];
    await finish(ids);
    await alarms.counted('Errand JobsFailed', QUEUE, 6);
    await alarms.counted('Errand JobsSucceeded', QUEUE, 20);
    expect(await alarms.raisedAfter(1)).toEqual(['FailureRatedefault']);
  }, 60_000);

  it('if a worker cannot reach the database', async () => {
    await armFaults(cloud, {
      ...{ effect: 'fail', code: 'AccessDeniedException', service: 'rds-data', caller: 'Worker' },
    });
    for (let minute = 1; minute <= 3; minute += 1) {
      await submit(1, SLEEP);
      await alarms.counted('Errand SettlesFailed', QUEUE, minute);
      expect(await alarms.raisedAfter(1)).toEqual(minute < 3 ? [] : ['SettlesFaileddefault']);
    }
  }, 60_000);

  it('if a worker crashes', async () => {
    await armFaults(cloud, { effect: 'kill-before', service: 'rds-data', caller: 'Worker', times: 5 });
    await submit(5, SLEEP);
    await alarms.counted('AWS/Lambda Errors', functionOf('WorkerFunctionName'), 5);
    expect(await alarms.raisedAfter(1)).toEqual(['WorkerErrorsdefault']);
  }, 60_000);

  it('if no worker receives the messages', async () => {
    await armFaults(cloud, { effect: 'throttle', function: 'Worker', seconds: 600 });
    await submit(1, SLEEP);
    expect(await alarms.raisedAfter(25)).toEqual([]);
    expect(await alarms.raisedAfter(10)).toEqual(['OldestMessagedefault']);
  }, 60_000);

  it('if there is a dead letter', async () => {
    const [jobId] = await submit(1, SLEEP);
    await cloud.sqs.send(
      new SendMessageCommand({
        QueueUrl: cloud.output('DeadLetterQueueUrl'),
        MessageBody: JSON.stringify({ job_id: jobId }),
      }),
    );
    await alarms.counted('AWS/Lambda Invocations', functionOf('DeadLetterFunctionName'), 1);
    expect(await alarms.raisedAfter(1)).toEqual(['DeadLetters']);
  }, 60_000);

  it('if SQS refuses everything, because the sweeper cannot send the jobs', async () => {
    await armFaults(cloud, { effect: 'fail', service: 'sqs' });
    const [jobId = ''] = await submit(1, SLEEP);
    for (let sweep = 0; sweep < 3; sweep += 1) expect(await invoke('SweeperFunctionName')).toBe('Unhandled');
    expect(await alarms.raisedAfter(1)).toEqual(['SweepsFailed']);
    await mend();
    // Sweeps until the job has started. A sweep resends a job's message no sooner than one second after the previous attempt to send it.
    do expect(await invoke('SweeperFunctionName')).toBeUndefined();
    while ((await api.job(jobId)).status === 'created');
  }, 60_000);

  it('if events for the sweeper are dropped', async () => {
    await armFaults(cloud, { effect: 'kill-before', service: 'dynamodb', caller: 'Sweeper' });
    const event = { ...functionOf('SweeperFunctionName'), InvocationType: 'Event' } as const;
    for (let sweep = 0; sweep < 3; sweep += 1) await cloud.lambda.send(new InvokeCommand(event));
    await alarms.counted('AWS/Lambda AsyncEventsDropped', functionOf('SweeperFunctionName'), 3);
    expect(await alarms.raisedAfter(1)).toEqual(['SweepsFailed']);
  }, 60_000);

  it('if the `scheduled` function crashes', async () => {
    await armFaults(cloud, { effect: 'kill-before', caller: 'Schedules' });
    const firing = {
      tenant: 'default',
      schedule: 'report',
      revision: 'r',
      fire_time: '2026-11-28T09:00:00Z',
    };
    for (let crash = 0; crash < 3; crash += 1) {
      expect(await invoke('ScheduledFunctionName', firing)).toBe('Unhandled');
    }
    expect(await alarms.raisedAfter(1)).toEqual(['ScheduledErrors']);
  }, 60_000);

  it('if the API is slow', async () => {
    await armFaults(cloud, { effect: 'delay', milliseconds: 1_500, service: 'rds-data', caller: 'Api' });
    for (let period = 1; period <= 3; period += 1) {
      expect(await statusOf('/v1/jobs?limit=1')).toBe(200);
      expect(await alarms.raisedAfter(5)).toEqual(period < 3 ? [] : ['ApiLatency']);
    }
  }, 60_000);

  it('if the API function is throttled', async () => {
    await armFaults(cloud, { effect: 'throttle', function: 'Api', invocations: 6 });
    for (let request = 0; request < 6; request += 1) expect(await statusOf('/v1/jobs')).toBe(503);
    expect(await alarms.raisedAfter(1)).toEqual(['ApiThrottles']);
  }, 60_000);

  it('if the API fails for several minutes', async () => {
    await armFaults(cloud, { effect: 'kill-before', service: 'rds-data', caller: 'Api' });
    for (let minute = 1; minute <= 3; minute += 1) {
      expect(await statusOf('/v1/jobs')).toBe(500);
      expect(await alarms.raisedAfter(1)).toEqual(minute < 3 ? [] : ['ApiErrors']);
    }
  }, 60_000);

  it('if the database reaches its maximum capacity', async () => {
    const cluster = { DBClusterIdentifier: cloud.output('ClusterArn').replace(/^.*:/, '') };
    for (let period = 1; period <= 3; period += 1) {
      await alarms.publish('AWS/RDS ACUUtilization', cluster, 99);
      expect(await alarms.raisedAfter(5)).toEqual(period < 3 ? [] : ['DatabaseCapacity']);
    }
  }, 60_000);
});

describe('the alarms of an outage are raised', () => {
  it('if the database refuses every statement', async () => {
    for (let minute = 1; minute <= 3; minute += 1) {
      // The job is delayed, so that it becomes due while the database refuses statements.
      await submit(1, { ...SLEEP, delay_seconds: 1 });
      await armFaults(cloud, { effect: 'fail', status: 500, service: 'rds-data' });
      for (let request = 0; request < 2; request += 1)
        expect(await statusOf('/v1/jobs')).toBeGreaterThanOrEqual(500);
      await alarms.counted('Errand SettlesFailed', QUEUE, minute);
      await mend();
      const raised = await alarms.raisedAfter(1);
      if (minute === 3) expect(raised).toEqual(['ApiErrors', 'DataApiErrors', 'SettlesFaileddefault']);
    }
  }, 60_000);
});
