import { CreateScheduleCommand, SchedulerClient, type Target } from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startScheduler, type Scheduler } from '../../src/scheduler/scheduler.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { ManualClock } from './manual-clock.ts';

const ROLE = 'arn:aws:iam::000000000000:role/scheduler';

let dataDir: string;
let endpoint: AwsEndpoint;
let clock: ManualClock;
let scheduler: Scheduler;
let client: SchedulerClient;
let sqs: SQSClient;
let lines: string[];
/** The ARN of a target that no role is allowed to use. */
let forbidden: string | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  endpoint = await startAwsEndpoint({ port: 0 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const settings = { endpoint: endpoint.url, region: 'us-east-1', credentials };
  client = new SchedulerClient(settings);
  sqs = new SQSClient(settings);
  clock = new ManualClock('2026-03-27T12:00:00Z');
  lines = [];
  forbidden = undefined;
  scheduler = startScheduler({
    ...{ dataDir, clock, sqs },
    log: (line) => lines.push(line),
    roles: {
      mayAssume: () => true,
      denial: (_roleArn, action, resource) => (resource === forbidden ? `not ${action}` : undefined),
    },
    lambda: {
      invokeAsync: () => {
        throw new Error('No function is a target here.');
      },
    },
  });
  endpoint.register(scheduler);
  endpoint.register(startSqs({ dataDir, endpointUrl: endpoint.url }));
  scheduler.begin();
});

afterEach(async () => {
  await scheduler.end();
  client.destroy();
  sqs.destroy();
  await endpoint.end();
  await rm(dataDir, { recursive: true, force: true });
});

/** Creates a schedule that sends a message one minute from now. */
const create = (input: string, more: Partial<Target> = {}) =>
  client.send(
    new CreateScheduleCommand({
      ...{ Name: 'one', ScheduleExpression: 'at(2026-03-27T12:01:00)', FlexibleTimeWindow: { Mode: 'OFF' } },
      Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', RoleArn: ROLE, Input: input, ...more },
    }),
  );

describe('a firing through SQS’s SendMessage', () => {
  const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:firings';
  let queueUrl: string | undefined;
  const message = (name = 'firings') =>
    JSON.stringify({
      // The queue's URL in an earlier run, which listened on another port.
      QueueUrl: `http://127.0.0.1:1/000000000000/${name}`,
      MessageBody: '{"time":"<aws.scheduler.scheduled-time>"}',
      MessageGroupId: 'tenant',
    });
  const receive = async (waitSeconds = 5) => {
    const { Messages: [received] = [] } = await sqs.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl: queueUrl, WaitTimeSeconds: waitSeconds },
        ...{ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] },
      }),
    );
    return received;
  };

  const passMinute = () => clock.moveTo(new Date(clock.now() + 60_000).toISOString());

  beforeEach(async () => {
    ({ QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'firings' })));
  });

  it('sends the message in its input, with its message group', async () => {
    await create(message());
    await clock.moveTo('2026-03-27T12:01:00Z');
    expect(await receive()).toMatchObject({
      Body: '{"time":"2026-03-27T12:01:00Z"}',
      Attributes: { MessageGroupId: 'tenant' },
    });
  });

  it('sends nothing if its role lacks permission, and its dead letter gives the reason', async () => {
    forbidden = 'arn:aws:sqs:us-east-1:000000000000:others';
    await create(message('others'), {
      DeadLetterConfig: { Arn: QUEUE },
      RetryPolicy: { MaximumRetryAttempts: 0 },
    });
    await clock.moveTo('2026-03-27T12:01:00Z');
    const deadLetter = await receive();
    expect(JSON.parse(deadLetter?.Body ?? '')).toMatchObject({
      MessageBody: '{"time":"2026-03-27T12:01:00Z"}',
      MessageGroupId: 'tenant',
    });
    expect(deadLetter?.MessageAttributes).toMatchObject({
      ERROR_MESSAGE: { StringValue: 'not sqs:SendMessage' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
      SCHEDULED_TIME: { StringValue: '2026-03-27T12:01:00Z' },
      SCHEDULE_ARN: { StringValue: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/one' },
      TARGET_ARN: { StringValue: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' },
    });
  });

  it('is retried while the queue is missing, and delivered once the queue exists', async () => {
    await create(message('later'));
    await clock.moveTo('2026-03-27T12:01:00Z');
    while (!lines.some((line) => line.includes('could not reach'))) await passMinute();
    ({ QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'later' })));
    let arrived;
    while (!arrived) {
      await passMinute();
      arrived = await receive(0);
    }
    expect(arrived).toMatchObject({ Body: '{"time":"2026-03-27T12:01:00Z"}' });
  });
});
