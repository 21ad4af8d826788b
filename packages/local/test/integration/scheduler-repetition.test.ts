import {
  ConflictException,
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
  type CreateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startScheduler, type Scheduler } from '../../src/scheduler/scheduler.ts';
import { ManualClock } from './manual-clock.ts';

const LAMBDA = 'arn:aws:lambda:us-east-1:000000000000:function:target';
const ROLE = 'arn:aws:iam::000000000000:role/scheduler';

let dataDir: string;
let endpoint: AwsEndpoint;
let clock: ManualClock;
let scheduler: Scheduler;
let client: SchedulerClient;
let sqs: SQSClient;
/** The times at which the target function was invoked. */
let invoked: number[];

function start(): void {
  scheduler = startScheduler({
    ...{ dataDir, clock, sqs },
    log: () => undefined,
    roles: { mayAssume: () => true, denial: () => undefined },
    lambda: { invokeAsync: () => invoked.push(clock.now()) },
  });
  endpoint.register(scheduler);
}

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  endpoint = await startAwsEndpoint({ port: 0 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const settings = { endpoint: endpoint.url, region: 'us-east-1', credentials };
  client = new SchedulerClient(settings);
  sqs = new SQSClient(settings);
  clock = new ManualClock('2026-03-27T12:00:00Z');
  invoked = [];
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

const schedule = (more: Partial<CreateScheduleCommandInput>): CreateScheduleCommandInput => ({
  Name: 'one',
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: LAMBDA, RoleArn: ROLE },
  ...more,
});

const create = (more: Partial<CreateScheduleCommandInput>) =>
  client.send(new CreateScheduleCommand(schedule(more)));

describe('Target.Input', () => {
  it('is limited to 256 KiB, counted in bytes', async () => {
    const target = (bytes: number) => ({
      Arn: LAMBDA,
      RoleArn: ROLE,
      Input: `"${'ä'.repeat(bytes / 2 - 1)}"`,
    });
    await create({ State: 'DISABLED', Target: target(262_144) });
    await expect(create({ Name: 'larger', Target: target(262_146) })).rejects.toThrow(
      'Target.Input has 262146 bytes; at most 262144 are allowed',
    );
    await expect(create({ Name: 'huge', Target: target(4_000_000) })).rejects.toThrow('Target.Input');
  });
});

describe('a ClientToken', () => {
  const ClientToken = 'token-1';

  it('makes a repeated creation return the same schedule, even after a restart and an update', async () => {
    const { ScheduleArn: arn } = await create({ ClientToken });
    await client.send(new UpdateScheduleCommand(schedule({ Description: 'changed' })));
    await scheduler.end();
    start();
    expect(await create({ ClientToken })).toMatchObject({ ScheduleArn: arn });
    const kept = await client.send(new GetScheduleCommand({ Name: 'one' }));
    expect(kept.Description).toBe('changed');
    expect(JSON.stringify(kept)).not.toContain(ClientToken);
  });

  it('with a different input is a conflict', async () => {
    await create({ ClientToken });
    const other = create({ ClientToken, Description: 'other' });
    await expect(other).rejects.toBeInstanceOf(ConflictException);
    await expect(other).rejects.toThrow('ClientToken token-1 was used with a different input.');
  });

  it('makes a repeated update change nothing, so that a rate does not start over', async () => {
    await create({});
    const update = (more: Partial<CreateScheduleCommandInput> = {}) =>
      client.send(
        new UpdateScheduleCommand(schedule({ ScheduleExpression: 'rate(1 hour)', ClientToken, ...more })),
      );
    await update();
    const { LastModificationDate: updated } = await client.send(new GetScheduleCommand({ Name: 'one' }));
    await clock.moveTo('2026-03-27T12:10:00Z');
    invoked = [];
    await update();
    await clock.moveTo('2026-03-27T12:20:00Z');
    expect(invoked).toEqual([]);
    const { LastModificationDate: repeated } = await client.send(new GetScheduleCommand({ Name: 'one' }));
    expect(repeated).toEqual(updated);
    await expect(update({ Description: 'other' })).rejects.toBeInstanceOf(ConflictException);
  });

  it('makes a repeated group creation return the same group', async () => {
    const first = await client.send(new CreateScheduleGroupCommand({ Name: 'mine', ClientToken }));
    expect(await client.send(new CreateScheduleGroupCommand({ Name: 'mine', ClientToken }))).toMatchObject({
      ScheduleGroupArn: first.ScheduleGroupArn,
    });
  });
});

it('tags for a group are refused, because they would be lost', async () => {
  const Tags = [{ Key: 'team', Value: 'a' }];
  await expect(client.send(new CreateScheduleGroupCommand({ Name: 'mine', Tags }))).rejects.toThrow(
    'Tags is a member that the embedded Scheduler does not support',
  );
});
