import {
  ConflictException,
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
  ValidationException,
  type CreateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startScheduler, type Scheduler } from '../../src/scheduler/scheduler.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { ManualClock } from './manual-clock.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const LAMBDA = 'arn:aws:lambda:us-east-1:000000000000:function:target';
const ROLE = 'arn:aws:iam::000000000000:role/scheduler';

let dataDir: string;
let endpoint: AwsEndpoint;
let clock: ManualClock;
let scheduler: Scheduler;
let client: SchedulerClient;
let sqs: SQSClient;
let invoked: { name: string; event: unknown }[];
let failures: number;
let lines: string[];
/** The ARN of a target that no role is allowed to use. */
let forbidden: string | undefined;

function start(): void {
  scheduler = startScheduler({
    dataDir,
    clock,
    sqs,
    log: (line) => lines.push(line),
    roles: {
      mayAssume: (roleArn) => roleArn === ROLE,
      denial: (_roleArn, action, resource) => (resource === forbidden ? `not ${action}` : undefined),
    },
    lambda: {
      invokeAsync(name, event) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('Not now.');
        }
        invoked.push({ name, event: JSON.parse(event) });
      },
    },
  });
  endpoint.register(scheduler);
}

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  endpoint = await startAwsEndpoint({ port: 0 });
  const settings = { endpoint: endpoint.url, region: 'us-east-1', credentials: CREDENTIALS };
  client = new SchedulerClient(settings);
  sqs = new SQSClient(settings);
  clock = new ManualClock('2026-03-27T12:00:00Z');
  invoked = [];
  failures = 0;
  lines = [];
  forbidden = undefined;
  start();
  scheduler.begin();
});

afterEach(async () => {
  await scheduler.end();
  client.destroy();
  sqs.destroy();
  await endpoint.end();
  await rm(dataDir, { recursive: true, force: true });
});

function schedule(more: Partial<CreateScheduleCommandInput>): CreateScheduleCommandInput {
  return {
    Name: 'one',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: LAMBDA, RoleArn: ROLE, Input: '{"time":"<aws.scheduler.scheduled-time>"}' },
    ...more,
  };
}

/** Returns a universal target, which calls a service's action. */
const universal = (action: string, input = '{}') => ({
  Arn: `arn:aws:scheduler:::aws-sdk:${action}`,
  RoleArn: ROLE,
  Input: input,
});

const create = (more: Partial<CreateScheduleCommandInput>) =>
  client.send(new CreateScheduleCommand(schedule(more)));
const times = () => invoked.map(({ event }) => (event as { time: string }).time);

describe('the API', () => {
  it('creates, shows, updates, lists and deletes a schedule', async () => {
    const { ScheduleArn: arn } = await create({ Description: 'first', StartDate: new Date('2030-01-01') });
    expect(arn).toBe('arn:aws:scheduler:us-east-1:000000000000:schedule/default/one');
    expect(await client.send(new GetScheduleCommand({ Name: 'one' }))).toMatchObject({
      Arn: arn,
      Description: 'first',
      GroupName: 'default',
      State: 'ENABLED',
      ScheduleExpressionTimezone: 'UTC',
      StartDate: new Date('2030-01-01'),
      CreationDate: new Date(clock.now()),
      Target: { Arn: LAMBDA, RoleArn: ROLE },
    });
    await expect(create({})).rejects.toBeInstanceOf(ConflictException);
    await client.send(
      new UpdateScheduleCommand(schedule({ ScheduleExpression: 'rate(2 hours)', State: 'DISABLED' })),
    );
    const updated = await client.send(new GetScheduleCommand({ Name: 'one' }));
    expect(updated).toMatchObject({ ScheduleExpression: 'rate(2 hours)', State: 'DISABLED' });
    expect(updated.Description).toBeUndefined();
    await create({ Name: 'two', State: 'DISABLED' });
    const first = await client.send(new ListSchedulesCommand({ MaxResults: 1 }));
    const second = await client.send(new ListSchedulesCommand({ MaxResults: 1, NextToken: first.NextToken }));
    expect([...(first.Schedules ?? []), ...(second.Schedules ?? [])].map(({ Name }) => Name)).toEqual([
      'one',
      'two',
    ]);
    expect(second.NextToken).toBeUndefined();
    await client.send(new DeleteScheduleCommand({ Name: 'one' }));
    for (const gone of [
      client.send(new GetScheduleCommand({ Name: 'one' })),
      client.send(new DeleteScheduleCommand({ Name: 'one' })),
      client.send(new UpdateScheduleCommand(schedule({}))),
    ]) {
      await expect(gone).rejects.toBeInstanceOf(ResourceNotFoundException);
    }
  });

  it('keeps schedules in groups, and deletes them together', async () => {
    await expect(create({ GroupName: 'mine' })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await client.send(new CreateScheduleGroupCommand({ Name: 'mine' }));
    await expect(client.send(new CreateScheduleGroupCommand({ Name: 'mine' }))).rejects.toBeInstanceOf(
      ConflictException,
    );
    await create({ GroupName: 'mine', State: 'DISABLED' });
    await create({ State: 'DISABLED' });
    const { Schedules: found } = await client.send(new ListSchedulesCommand({ GroupName: 'mine' }));
    expect(found?.map(({ Arn }) => Arn)).toEqual([
      'arn:aws:scheduler:us-east-1:000000000000:schedule/mine/one',
    ]);
    expect(await client.send(new GetScheduleGroupCommand({ Name: 'mine' }))).toMatchObject({
      State: 'ACTIVE',
    });
    await client.send(new DeleteScheduleGroupCommand({ Name: 'mine' }));
    const { ScheduleGroups: groups } = await client.send(new ListScheduleGroupsCommand({}));
    expect(groups?.map(({ Name }) => Name)).toEqual(['default']);
  });

  it.each([
    [{ ScheduleExpression: 'cron(0 9 * * * *)' }, 'exactly one of them must be ?'],
    [{ ScheduleExpression: 'rate(0 minutes)' }, 'field 1 (value)'],
    [{ ScheduleExpression: 'at(tomorrow)' }, 'yyyy-mm-ddThh:mm:ss'],
    [{ ScheduleExpression: 'every day' }, 'not an at'],
    [{ ScheduleExpressionTimezone: 'Mars' }, 'is not an IANA time zone'],
    [{ StartDate: new Date('2026-03-27T11:54:00Z') }, '5 minutes ago'],
    [{ EndDate: new Date('2026-03-27T12:00:00Z') }, 'EndDate'],
    [{ Name: 'a b' }, 'Name'],
    [{ Target: { Arn: 'arn:aws:sns:us-east-1:000000000000:topic', RoleArn: ROLE } }, 'Target.Arn'],
    [{ Target: universal('sqs') }, 'must have the format arn:aws:scheduler:::aws-sdk:service:apiAction'],
    [{ Target: universal('sqs:receiveMessage') }, 'is an action that only reads data'],
    [{ Target: universal('sns:publish') }, 'is not implemented'],
    [{ Target: universal('sqs:sendMessage', 'no JSON') }, 'Target.Input must be a JSON object'],
    [{ Target: { Arn: LAMBDA, RoleArn: 'somebody-elses' } }, 'must allow AWS EventBridge Scheduler'],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: 5 } }, 'FlexibleTimeWindow'],
    [{ FlexibleTimeWindow: { Mode: 'OFF' as const, MaximumWindowInMinutes: 5 } }, 'MaximumWindowInMinutes'],
    [{ ScheduleExpression: 'rate( 10 minutes )' }, 'must not begin or end with a space'],
    [{ ClientToken: 'a b' }, 'ClientToken'],
    [{ KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/k' }, 'KmsKeyArn is a member'],
    [
      { Target: { Arn: LAMBDA, RoleArn: ROLE, SqsParameters: { MessageGroupId: 'a' } } },
      'Target.SqsParameters',
    ],
    [{ Target: { Arn: LAMBDA, RoleArn: ROLE, RetryPolicy: { MaximumRetryAttempts: 186 } } }, 'from 0 to 185'],
    [
      { Target: { Arn: LAMBDA, RoleArn: ROLE, RetryPolicy: { MaximumEventAgeInSeconds: 59 } } },
      'Target.RetryPolicy.MaximumEventAgeInSeconds is 59; it must be a whole number from 60 to 86400',
    ],
  ])('refuses %j', async (more, message) => {
    const refusal = await create(more).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ValidationException);
    expect(String(refusal)).toContain(message);
  });
});

describe('a firing', () => {
  it('for a rate happens immediately, and then every period until the end date', async () => {
    await create({ ScheduleExpression: 'rate(2 minutes)', EndDate: new Date('2026-03-27T12:05:00Z') });
    await clock.moveTo('2026-03-27T12:30:00Z');
    expect(times()).toEqual(['2026-03-27T12:00:00Z', '2026-03-27T12:02:00Z', '2026-03-27T12:04:00Z']);
  });

  it('for a cron expression follows local time, and is skipped on a day without that time', async () => {
    await create({ ScheduleExpression: 'cron(30 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin' });
    await clock.moveTo('2026-03-31T12:00:00Z');
    expect(times()).toEqual(['2026-03-28T01:30:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z']);
  });

  it('for a one-time schedule deletes the schedule on request', async () => {
    await create({ ScheduleExpression: 'at(2026-03-27T12:20:00)', ActionAfterCompletion: 'DELETE' });
    await create({ Name: 'stays', ScheduleExpression: 'at(2026-03-27T12:21:00)' });
    await clock.moveTo('2026-03-27T13:00:00Z');
    expect(times()).toEqual(['2026-03-27T12:20:00Z', '2026-03-27T12:21:00Z']);
    const { Schedules: left } = await client.send(new ListSchedulesCommand({}));
    expect(left?.map(({ Name }) => Name)).toEqual(['stays']);
  });

  it('does not happen while the schedule is disabled', async () => {
    await create({ State: 'DISABLED' });
    await clock.moveTo('2026-03-27T13:00:00Z');
    expect(invoked).toEqual([]);
  });

  it('that was due while the scheduler was down happens once, with the first missed time', async () => {
    await create({ ScheduleExpression: 'cron(0 * * * ? *)' });
    await clock.moveTo('2026-03-27T12:10:00Z');
    await scheduler.end();
    await clock.moveTo('2026-03-29T12:10:00Z');
    start();
    expect(invoked).toEqual([]);
    scheduler.begin();
    await clock.moveTo('2026-03-29T13:00:00Z');
    expect(times()).toEqual(['2026-03-27T13:00:00Z', '2026-03-29T13:00:00Z']);
  });

  it('that was in progress when the scheduler stopped is delivered again, with the same time', async () => {
    failures = 1;
    await create({ ScheduleExpression: 'at(2026-03-27T12:01:00)', ActionAfterCompletion: 'DELETE' });
    await clock.moveTo('2026-03-27T12:01:00Z');
    await scheduler.end();
    expect(invoked).toEqual([]);
    start();
    scheduler.begin();
    await clock.moveTo('2026-03-27T12:02:00Z');
    expect(times()).toEqual(['2026-03-27T12:01:00Z']);
  });

  it('that fails is retried, with its context attributes', async () => {
    failures = 2;
    const input =
      '["<aws.scheduler.schedule-arn>","<aws.scheduler.attempt-number>","<aws.scheduler.scheduled-time>"]';
    await create({
      ScheduleExpression: 'at(2026-03-27T12:01:00)',
      Target: { Arn: LAMBDA, RoleArn: ROLE, Input: input },
    });
    await clock.moveTo('2026-03-27T12:05:00Z');
    expect(invoked).toEqual([
      {
        name: 'target',
        event: ['arn:aws:scheduler:us-east-1:000000000000:schedule/default/one', '3', '2026-03-27T12:01:00Z'],
      },
    ]);
  });

  it('invokes the version or alias in its target', async () => {
    await create({
      ScheduleExpression: 'at(2026-03-27T12:01:00)',
      Target: { Arn: `${LAMBDA}:3`, RoleArn: ROLE },
    });
    await clock.moveTo('2026-03-27T12:05:00Z');
    expect(invoked).toEqual([{ name: 'target:3', event: {} }]);
  });

  it('is not delivered if its role may not invoke the target, and the reason is logged', async () => {
    forbidden = LAMBDA;
    await create({
      ScheduleExpression: 'at(2026-03-27T12:01:00)',
      Target: { Arn: LAMBDA, RoleArn: ROLE, RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
    await clock.moveTo('2026-03-27T12:05:00Z');
    expect(invoked).toEqual([]);
    expect(lines.join()).toContain('not lambda:InvokeFunction');
  });

  it('goes to a queue, and to the dead-letter queue when its retries are exhausted', async () => {
    endpoint.register(startSqs({ dataDir, endpointUrl: endpoint.url }));
    const { QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'wake-ups' }));
    const arn = 'arn:aws:sqs:us-east-1:000000000000:wake-ups';
    await create({
      ScheduleExpression: 'at(2026-03-27T12:01:00)',
      Target: { Arn: arn, RoleArn: ROLE, Input: '{"n":1}' },
    });
    failures = Infinity;
    await create({
      Name: 'failing',
      ScheduleExpression: 'at(2026-03-27T12:01:00)',
      Target: {
        ...{ Arn: LAMBDA, RoleArn: ROLE, Input: '{"n":2}' },
        ...{ DeadLetterConfig: { Arn: arn }, RetryPolicy: { MaximumRetryAttempts: 1 } },
      },
    });
    await clock.moveTo('2026-03-27T12:10:00Z');
    const bodies: (string | undefined)[] = [];
    while (bodies.length < 2) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
      );
      bodies.push(...messages.map(({ Body }) => Body));
    }
    expect(bodies.sort()).toEqual(['{"n":1}', '{"n":2}']);
  });
});
