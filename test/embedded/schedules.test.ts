import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Schema } from 'errand-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { messagesIn, sql } from '../helpers/embedded.ts';
import { armFaults, strikesOf } from '../helpers/faults.ts';
import * as firings from '../helpers/firings.ts';

// Tests that schedules' rows and their EventBridge Scheduler entries stay consistent, despite refused calls and concurrent changes.

interface ScheduleView extends ProblemView {
  cron: string | null;
  state: string;
}

let cloud: Cloud;
let scheduler: SchedulerClient;

beforeAll(async () => {
  cloud = await startCloud({}, { faults: true });
  scheduler = firings.createSchedulerClient(cloud);
}, 120_000);

afterAll(async () => {
  scheduler.destroy();
  await cloud.end();
});

/** Cron expressions of schedules that do not fire during the tests. */
const [JANUARY, MAY] = ['0 0 1 1 ? *', '0 0 1 5 ? *'];

const call = (method: string, name: string, body?: unknown) =>
  cloud.api.call<ScheduleView>(method, `/v1/schedules/${name}`, body);
const put = (name: string, cron: string, more: object = {}) =>
  call('PUT', name, { cron, job: { type: 'sleep', payload: { seconds: 0 } }, ...more });

/** Returns the expression of the schedule's entry in EventBridge Scheduler; undefined if the schedule has no entry. */
async function entryOf(name: string): Promise<string | undefined> {
  const [Name] = await firings.placed(cloud, scheduler, `${name}.`);
  if (Name === undefined) return undefined;
  const entry = await scheduler.send(
    new GetScheduleCommand({ GroupName: cloud.output('ScheduleGroupName'), Name }),
  );
  return entry.ScheduleExpression;
}

/** Makes the next call to this EventBridge Scheduler action fail with a ValidationException. */
const refuse = (action: string) =>
  armFaults(cloud, { effect: 'fail', service: 'scheduler', action, code: 'ValidationException', times: 1 });

const REFUSED = {
  status: 422,
  body: {
    errors: [{ field: 'cron', message: expect.stringContaining('EventBridge Scheduler rejected it') }],
  },
};

describe('a schedule that EventBridge Scheduler refuses', () => {
  it('is not created', async () => {
    await refuse('CreateSchedule');
    expect(await put('new', JANUARY)).toMatchObject(REFUSED);
    expect((await call('GET', 'new')).status).toBe(404);
    expect(await entryOf('new')).toBeUndefined();
  });

  it('does not replace the existing one, which continues unchanged', async () => {
    const definition = { max_attempts: 7, payload: { seconds: 0.25 }, type: 'sleep' };
    await put('old', JANUARY, { timezone: 'Europe/Berlin', overlap: 'allow', job: definition });
    const { body: before } = await call('GET', 'old');
    await refuse('UpdateSchedule');
    expect(await put('old', MAY)).toMatchObject(REFUSED);
    expect((await call('GET', 'old')).body).toEqual(before);
    expect(await entryOf('old')).toBe(`cron(${JANUARY})`);
  });

  it('stays stopped when started, on its own or with all schedules', async () => {
    await put('stopped', JANUARY, { state: 'stopped' });
    await refuse('CreateSchedule');
    expect(await call('PUT', 'stopped/start')).toMatchObject(REFUSED);
    expect((await call('GET', 'stopped')).body.state).toBe('stopped');
    expect(await entryOf('stopped')).toBeUndefined();
    await refuse('CreateSchedule');
    const all = await cloud.api.call<{ not_started: { name: string }[] }>('PUT', '/jobs/start');
    expect(all.status).toBe(200);
    expect(all.body.not_started.map(({ name }) => name)).toContain('stopped');
    expect((await call('GET', 'stopped')).body.state).toBe('stopped');
  });

  it('because EventBridge Scheduler is down gets 503, and its entry is written at the next read', async () => {
    await armFaults(cloud, {
      effect: 'fail',
      service: 'scheduler',
      action: 'CreateSchedule',
      code: 'ServiceQuotaExceededException',
      times: 1,
    });
    expect((await put('kept', JANUARY)).status).toBe(503);
    expect((await call('GET', 'kept')).status).toBe(200);
    expect(await entryOf('kept')).toBe(`cron(${JANUARY})`);
  });
});

describe('a firing', () => {
  const fullEntryOf = async (name: string) => {
    const [Name] = await firings.placed(cloud, scheduler, `${name}.`);
    return scheduler.send(new GetScheduleCommand({ GroupName: cloud.output('ScheduleGroupName'), Name }));
  };

  /**
   * Makes EventBridge Scheduler fire a schedule now, using an entry in an earlier release's format. @returns the scheduled time
   */
  async function fireFromOldTarget(name: string): Promise<string> {
    const event = await firings.eventOf(cloud, scheduler, name, '<aws.scheduler.scheduled-time>');
    const entry = await fullEntryOf(name);
    return firings.fireNow(scheduler, entry, {
      RoleArn: '',
      ...entry.Target,
      Arn: `arn:aws:lambda:us-east-1:000000000000:function:${cloud.output('ScheduledFunctionName')}`,
      Input: JSON.stringify(event),
    });
  }

  /** Waits until a firing's job has ended, and returns the job. */
  async function jobOf(name: string, time: string): Promise<{ status: string; object_id: string | null }> {
    for (;;) {
      const { body } = await call('GET', name);
      const { last_job_id: jobId, last_time: last } = body as unknown as Schema<'Schedule'>;
      if (jobId !== null && last !== null && Date.parse(last) === Date.parse(time))
        return cloud.api.finished(jobId);
      await wait(50);
    }
  }

  const targetOf = async (name: string) => (await fullEntryOf(name)).Target?.Arn;

  /** Makes SQL statements fail in the function that handles firings. */
  const failStatements = (rule: object) =>
    armFaults(cloud, {
      ...{ effect: 'fail', service: 'rds-data', caller: cloud.output('ScheduledFunctionName') },
      ...rule,
    });

  it('of an entry from an earlier release submits its job, and the next firing uses the queue', async () => {
    await put('inherited', JANUARY);
    const time = await fireFromOldTarget('inherited');
    const iso = new Date(time).toISOString();
    expect(await jobOf('inherited', time)).toMatchObject({
      status: 'success',
      object_id: `schedule#inherited#${iso}`,
    });
    while ((await targetOf('inherited')) !== 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage') await wait(50);
    expect(await entryOf('inherited')).toBe(`cron(${JANUARY})`);
  });

  it('of such an entry waits in the queue while the database is down', async () => {
    await put('inherited-late', JANUARY);
    const [id = ''] = await failStatements({
      code: 'DatabaseUnavailableException',
      event_contains: 'inherited-late',
      times: 1,
    });
    const time = await fireFromOldTarget('inherited-late');
    expect(await jobOf('inherited-late', time)).toMatchObject({ status: 'success' });
    expect((await strikesOf(cloud)).get(id)).toBe(1);
    while ((await targetOf('inherited-late')) !== 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage')
      await wait(50);
  });

  it('that SQS refuses, or accepts without a response, submits one job', async () => {
    for (const effect of [{ effect: 'fail', code: 'AccessDeniedException' }, { effect: 'drop-answer' }]) {
      const name = `refused-${effect.effect}`;
      const [id = ''] = await armFaults(cloud, {
        ...{ caller: 'scheduler', service: 'sqs', action: 'SendMessage', times: 1 },
        ...effect,
      });
      await put(name, JANUARY);
      const time = await firings.fireNow(scheduler, await fullEntryOf(name));
      expect(await jobOf(name, time)).toMatchObject({ status: 'success' });
      expect((await strikesOf(cloud)).get(id)).toBe(1);
      const jobs = await sql(
        cloud,
        `SELECT job_id::text FROM jobs WHERE object_id LIKE 'schedule#' || :name || '#%'`,
        {
          name,
        },
      );
      expect(jobs).toHaveLength(1);
    }
  });

  it('that is redriven from the dead-letter queue submits one job, however often it arrives', async () => {
    await put('dead', JANUARY, { overlap: 'allow' });
    const time = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const body = JSON.stringify(await firings.eventOf(cloud, scheduler, 'dead', time));
    const QueueUrl = cloud.output('DeadLetterQueueUrl');
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    const request = JSON.stringify({ QueueUrl: cloud.output('FiringsQueueUrl'), MessageBody: body });
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: request }));
    expect(await jobOf('dead', time)).toMatchObject({ status: 'success' });
    const urls = [cloud.output('DeadLetterQueueUrl'), cloud.output('FiringsQueueUrl')] as const;
    while ((await messagesIn(cloud, urls[0])) + (await messagesIn(cloud, urls[1])) > 0) await wait(50);
    const jobs = await sql(cloud, `SELECT job_id::text FROM jobs WHERE object_id LIKE 'schedule#dead#%'`);
    expect(jobs).toHaveLength(1);
  });

  it('that cannot submit its job is logged with its schedule and time', async () => {
    await put('gone', JANUARY);
    const event = await firings.eventOf(cloud, scheduler, 'gone', new Date().toISOString());
    await call('DELETE', 'gone');
    await cloud.sqs.send(
      new SendMessageCommand({
        QueueUrl: cloud.output('FiringsQueueUrl'),
        MessageBody: JSON.stringify(event),
      }),
    );
    const isLogged = () =>
      cloud.logs.some((line) =>
        ['dropped without submitting a job', 'schedule=gone', 'verdict=unknown'].every((part) =>
          line.includes(part),
        ),
      );
    while (!isLogged()) await wait(50);
    expect(await entryOf('gone')).toBeUndefined();
  });
});

describe('concurrent changes to one schedule', () => {
  it('leave a row and an entry that agree', async () => {
    for (let round = 0; round < 6; round += 1) {
      const name = `contested-${round}`;
      const changes = [
        () => put(name, JANUARY),
        () => put(name, MAY),
        () => call('DELETE', name),
        () => call('PUT', `${name}/stop`),
        () => call('PUT', `${name}/start`),
        () => put(name, JANUARY, { state: 'started' }),
        () => (round % 2 === 0 ? call('DELETE', name) : put(name, MAY, { state: 'started' })),
      ];
      // Each round makes the changes in a different order.
      const order = [...changes.slice(round), ...changes.slice(0, round)];
      for (const { status } of await Promise.all(order.map((change) => change())))
        expect([200, 201, 204, 404]).toContain(status);
      // The entry must be read first, because reading the schedule would repair the entry.
      const entry = await entryOf(name);
      const { status, body } = await call('GET', name);
      const isFiring = status === 200 && body.state === 'started';
      expect([round, entry]).toEqual([round, isFiring ? `cron(${body.cron ?? ''})` : undefined]);
    }
  }, 60_000);
});
