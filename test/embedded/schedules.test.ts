import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { armFaults } from '../helpers/faults.ts';
import * as firings from '../helpers/firings.ts';

// The row of a schedule and its entry in EventBridge Scheduler: they agree, whatever is refused and whoever comes at the same time.

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

/** They fire long after every test. */
const [JANUARY, MAY] = ['0 0 1 1 ? *', '0 0 1 5 ? *'];

const call = (method: string, name: string, body?: unknown) =>
  cloud.api.call<ScheduleView>(method, `/v1/schedules/${name}`, body);
const put = (name: string, cron: string, more: object = {}) =>
  call('PUT', name, { cron, job: { type: 'sleep', payload: { seconds: 0 } }, ...more });

/** The expression that EventBridge Scheduler fires by; undefined where it has no such schedule. */
async function entryOf(name: string): Promise<string | undefined> {
  const [Name] = await firings.placed(cloud, scheduler, `${name}.`);
  if (Name === undefined) return undefined;
  const entry = await scheduler.send(
    new GetScheduleCommand({ GroupName: cloud.output('ScheduleGroupName'), Name }),
  );
  return entry.ScheduleExpression;
}

/** The next call of an action is refused as AWS refuses what it can not read. */
const refuse = (action: string) =>
  armFaults(cloud, { effect: 'fail', service: 'scheduler', action, code: 'ValidationException', times: 1 });

const REFUSED = {
  status: 422,
  body: { errors: [{ field: 'cron', message: expect.stringContaining('EventBridge Scheduler refused it') }] },
};

describe('a schedule that EventBridge Scheduler refuses', () => {
  it('is not created', async () => {
    await refuse('CreateSchedule');
    expect(await put('new', JANUARY)).toMatchObject(REFUSED);
    expect((await call('GET', 'new')).status).toBe(404);
    expect(await entryOf('new')).toBeUndefined();
  });

  it('does not replace the one that was there, which goes on as it was', async () => {
    const definition = { max_attempts: 7, payload: { seconds: 0.25 }, type: 'sleep' };
    await put('old', JANUARY, { timezone: 'Europe/Berlin', overlap: 'allow', job: definition });
    const { body: before } = await call('GET', 'old');
    await refuse('UpdateSchedule');
    expect(await put('old', MAY)).toMatchObject(REFUSED);
    expect((await call('GET', 'old')).body).toEqual(before);
    expect(await entryOf('old')).toBe(`cron(${JANUARY})`);
  });

  it('stays stopped where it is to start, alone or with all', async () => {
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

  it('because it is away is kept, and placed by the next look at it: 503 says to try again', async () => {
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

describe('many who change one schedule at the same time', () => {
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
      // Another order in each round.
      const order = [...changes.slice(round), ...changes.slice(0, round)];
      for (const { status } of await Promise.all(order.map((change) => change())))
        expect([200, 201, 204, 404]).toContain(status);
      // Asked first: a look at the row would mend the entry.
      const entry = await entryOf(name);
      const { status, body } = await call('GET', name);
      const isFiring = status === 200 && body.state === 'started';
      expect([round, entry]).toEqual([round, isFiring ? `cron(${body.cron ?? ''})` : undefined]);
    }
  }, 60_000);
});
