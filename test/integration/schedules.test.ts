import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { SendMessageCommand, type SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke, sql } from '../helpers/embedded.ts';
import { hasGap } from '../helpers/gaps.ts';
import { itUnless } from '../helpers/it-unless.ts';
import * as helpers from '../helpers/firings.ts';

interface ScheduleView {
  name: string;
  rate: string | null;
  cron: string | null;
  timezone: string;
  overlap: string;
  state: string;
  job: {
    type: string;
    payload: unknown;
    max_attempts: number;
    timeout_seconds: number;
    callback_url: string | null;
  };
  next_time: string | null;
  last_time: string | null;
  last_job_id: string | null;
  last_outcome: string | null;
  last_skipped_time: string | null;
}

interface Page {
  items: ScheduleView[];
  next_cursor: string | null;
}

const nap = { type: 'sleep', payload: { seconds: 0 } };
const longNap = { type: 'sleep', payload: { seconds: 30 } };

/** A cron expression that does not fire during the tests. */
const yearly = '0 0 1 1 ? *';

let cloud: Cloud;
let scheduler: SchedulerClient;

beforeAll(async () => {
  cloud = await startCloud();
  scheduler = helpers.createSchedulerClient(cloud);
});

afterAll(async () => {
  scheduler.destroy();
  await cloud.end();
});

const put = (name: string, body: unknown) =>
  cloud.api.call<ScheduleView & ProblemView>('PUT', `/v1/schedules/${name}`, body);
const show = async (name: string) =>
  (await cloud.api.call<ScheduleView>('GET', `/v1/schedules/${name}`)).body;

const placed = (prefix: string) => helpers.placed(cloud, scheduler, prefix);
/** Returns the first EventBridge Scheduler entry with the given name prefix. */
async function entryOf(prefix: string) {
  const [Name] = await placed(prefix);
  return scheduler.send(new GetScheduleCommand({ GroupName: cloud.output('ScheduleGroupName'), Name }));
}
const eventOf = (name: string, fireTime: string) => helpers.eventOf(cloud, scheduler, name, fireTime);
const fire = (event: Record<string, string>) => helpers.fire(cloud, event);

describe('a schedule', () => {
  it('is created, replaced, shown and deleted', async () => {
    const created = await put('daily', { cron: '0  9 ? * MON-FRI *', timezone: 'Europe/Berlin', job: nap });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/v1/schedules/daily');
    expect(created.body).toEqual({
      name: 'daily',
      rate: null,
      cron: '0 9 ? * MON-FRI *',
      timezone: 'Europe/Berlin',
      start_at: null,
      end_at: null,
      overlap: 'skip',
      state: 'started',
      job: {
        type: 'sleep',
        payload: { seconds: 0 },
        max_attempts: 2,
        timeout_seconds: 46,
        max_duration_seconds: 86_400,
        callback_url: null,
        ...{ priority: 5, concurrency: null, rate_limit: null, tags: [], metadata: {} },
      },
      create_time: expect.any(String),
      update_time: expect.any(String),
      next_time: expect.stringMatching(/T0[78]:00:00\.000Z$/),
      last_time: null,
      last_job_id: null,
      last_outcome: null,
      last_skipped_time: null,
    });

    const replaced = await put('daily', {
      rate: '3 hour',
      overlap: 'allow',
      job: { ...nap, max_attempts: 1 },
    });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({ rate: '3 hours', cron: null, timezone: 'UTC', overlap: 'allow' });
    expect(await show('daily')).toMatchObject({ job: { max_attempts: 1 } });
    expect(await entryOf('daily.')).toMatchObject({
      ScheduleExpression: 'rate(3 hours)',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });

    expect((await cloud.api.call('DELETE', '/v1/schedules/daily')).status).toBe(204);
    expect(await placed('daily.')).toEqual([]);
    expect((await cloud.api.call('DELETE', '/v1/schedules/daily')).status).toBe(404);
    const gone = await cloud.api.call<ProblemView>('GET', '/v1/schedules/daily');
    expect(gone).toMatchObject({ status: 404, body: { type: 'urn:errand:problem:schedule-not-found' } });
  });

  itUnless('late-rates')('with a rate fires as soon as it is started', async () => {
    await put('now', { rate: '1 hour', job: nap });
    for (;;) {
      const { last_job_id: jobId, last_time: time } = await show('now');
      if (jobId === null) continue;
      const job = await cloud.api.finished(jobId);
      expect(job).toMatchObject({ status: 'success', object_id: `schedule#now#${time ?? ''}` });
      break;
    }
    const { last_outcome: outcome, next_time: next, last_time: last } = await show('now');
    expect(outcome).toBe('success');
    expect(Date.parse(next ?? '') - Date.parse(last ?? '')).toBe(3_600_000);
  });

  it('submits one job for a firing with many concurrent deliveries, and another for the next', async () => {
    await put('many', { cron: yearly, overlap: 'allow', job: nap });
    const event = await eventOf('many', '2030-01-01T00:00:00Z');
    const answers = await Promise.all(Array.from({ length: 5 }, () => fire(event)));
    expect(answers.map(({ verdict }) => verdict).sort()).toEqual([
      'fired',
      ...Array<string>(4).fill('repeated'),
    ]);
    const next = await fire(await eventOf('many', '2030-01-02T00:00:00Z'));
    expect(next.verdict).toBe('fired');
    const rows = await sql(cloud, `SELECT job_id::text FROM jobs WHERE object_id LIKE 'schedule#many#%'`);
    expect(rows).toHaveLength(2);
    expect(await show('many')).toMatchObject({
      last_job_id: next.job_id,
      last_time: '2030-01-02T00:00:00.000Z',
    });
  });

  it('skips firings while the last job runs, and continues when it has ended', async () => {
    await put('busy', { cron: yearly, job: longNap });
    const first = await fire(await eventOf('busy', '2030-01-01T00:00:00Z'));
    const second = await eventOf('busy', '2030-01-01T00:01:00Z');
    expect(await fire(second)).toEqual({ verdict: 'skipped', job_id: null });
    expect(await show('busy')).toMatchObject({
      last_job_id: first.job_id,
      last_skipped_time: '2030-01-01T00:01:00.000Z',
    });
    await cloud.api.call('POST', `/v1/jobs/${first.job_id ?? ''}/cancel`);
    await cloud.api.finished(first.job_id ?? '');
    expect(await fire(second)).toMatchObject({ verdict: 'repeated' });
    await put('busy', { cron: yearly, job: nap });
    const third = await fire(await eventOf('busy', '2030-01-01T00:02:00Z'));
    expect(third.verdict).toBe('fired');
    await cloud.api.finished(third.job_id ?? '');
  });

  it('has no entry in EventBridge Scheduler while it is stopped, submits nothing, and returns when it is started', async () => {
    await put('pause', { cron: yearly, job: nap });
    const event = await eventOf('pause', '2030-01-01T00:00:00Z');
    const stopped = await cloud.api.call<ScheduleView>('PUT', '/v1/schedules/pause/stop');
    expect(stopped).toMatchObject({ status: 200, body: { state: 'stopped', next_time: null } });
    expect(await placed('pause.')).toEqual([]);
    expect(await fire(event)).toMatchObject({ verdict: 'stopped' });
    expect((await put('pause', { cron: yearly, job: nap })).body.state).toBe('stopped');
    const started = await cloud.api.call<ScheduleView>('PUT', '/v1/schedules/pause/start');
    expect(started.body).toMatchObject({
      state: 'started',
      next_time: expect.any(String),
      last_job_id: null,
    });
    expect(await placed('pause.')).toHaveLength(1);
  });

  it('can be started and stopped with all others', async () => {
    await put('one', { cron: yearly, job: nap });
    await put('two', { cron: yearly, state: 'stopped', job: nap });
    const { items } = (await cloud.api.call<Page>('GET', '/v1/schedules')).body;
    expect(await cloud.api.call('PUT', '/jobs/stop')).toMatchObject({
      status: 200,
      body: { state: 'stopped', schedules: items.length },
    });
    expect(await placed('')).toEqual([]);
    // All schedules start except `send-messages`, which needs the MESSAGES_URL setting.
    expect(await cloud.api.call('PUT', '/jobs/start')).toMatchObject({
      status: 200,
      body: {
        state: 'started',
        schedules: items.length - 1,
        not_started: [{ name: 'send-messages', reason: expect.stringContaining('set MESSAGES_URL') }],
      },
    });
    expect(await placed('')).toHaveLength(items.length - 1);
  });

  it('can’t be started if the deployment can’t run its jobs, and fires nothing if an earlier deployment started it', async () => {
    const refused = await cloud.api.call<ProblemView>('PUT', '/v1/schedules/send-messages/start');
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:errand:problem:job-type-unavailable']);
    expect(refused.body.detail).toContain("set MESSAGES_URL to the receiver's URL");
    expect(await show('send-messages')).toMatchObject({ state: 'stopped', next_time: null });
    const [[revision = ''] = []] = await sql(
      cloud,
      `UPDATE schedules SET state = 'started' WHERE name = 'send-messages' RETURNING revision::text`,
    );
    const event = { tenant: 'default', schedule: 'send-messages', revision };
    const answer = await fire({ ...event, fire_time: '2030-01-01T00:00:00Z' });
    expect(answer).toEqual({ verdict: 'unavailable', job_id: null });
    const stopped = await cloud.api.call('PUT', '/v1/schedules/send-messages/stop');
    expect(stopped).toMatchObject({ status: 200, body: { state: 'stopped', last_time: null } });
  });

  it('is listed by name, in pages', async () => {
    const all = (await cloud.api.call<Page>('GET', '/v1/schedules')).body.items.map(({ name }) => name);
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body }: { body: Page } = await cloud.api.call<Page>('GET', `/v1/schedules?limit=2${query}`);
      names.push(...body.items.map(({ name }) => name));
      cursor = body.next_cursor;
    }
    expect(names).toEqual(all);
    expect(all).toEqual([...all].sort());
  });

  it('is repaired if EventBridge Scheduler lost it or has an old version', async () => {
    await put('mended', { cron: yearly, job: nap });
    const stale = { ...(await eventOf('mended', '2030-01-01T00:00:00Z')), revision: '0' };
    await sql(
      cloud,
      `UPDATE schedules SET placed_revision = NULL, cron = '5 5 1 1 ? *' WHERE name = 'mended'`,
    );
    expect(await fire(stale)).toMatchObject({ verdict: 'fired' });
    expect((await entryOf('mended.')).ScheduleExpression).toBe('cron(5 5 1 1 ? *)');
    await sql(cloud, `DELETE FROM schedules WHERE name = 'mended'`);
    expect(await fire(stale)).toEqual({ verdict: 'unknown', job_id: null });
    expect(await placed('mended.')).toEqual([]);
  });

  it.each([
    [
      'a bad cron',
      { cron: '0 9 32 * ? *', job: nap },
      'cron',
      'field 3 (day of month): "32" is out of range',
    ],
    ['a bad rate', { rate: '2 weeks', job: nap }, 'rate', 'field 2 (unit) is "weeks"'],
    ['a bad zone', { cron: yearly, timezone: 'Mars/Olympus', job: nap }, 'timezone', 'not an IANA time zone'],
    ['neither', { job: nap }, 'rate', 'set either rate'],
    ['both', { rate: '1 minute', cron: yearly, job: nap }, 'rate', 'set either rate'],
    ['no job', { rate: '1 minute' }, 'job', 'must be an object'],
    ['a bad payload', { rate: '1 minute', job: { payload: { seconds: -1 } } }, 'job.payload.seconds', ''],
    ['an object_id', { rate: '1 minute', job: { object_id: 'x' } }, 'job.object_id', 'not a known field'],
    ['a time that never comes', { cron: '0 0 30 2 ? *', job: nap }, 'cron', 'has no firing times left'],
    [
      'an end that has passed',
      { cron: yearly, end_at: '2020-01-01T00:00:00Z', job: nap },
      'end_at',
      'future',
    ],
    [
      'a large payload',
      { rate: '1 day', job: { payload: { seconds: 0, x: 'x'.repeat(9000) } } },
      'job.payload',
      '',
    ],
  ])('with %s is refused with the field’s name', async (_what, body, field, message) => {
    const { status, body: problem } = await put('refused', body);
    expect(status).toBe(422);
    expect(problem.errors).toContainEqual({
      field: expect.stringContaining(field),
      message: expect.stringContaining(message),
    });
  });
});

describe('a job with a longer delay than SQS allows', () => {
  it('gets its own schedule, which wakes it', async () => {
    const { job_id: jobId, status } = await cloud.api.submit({ ...nap, delay_seconds: 960 });
    expect(status).toBe('created');
    expect(await placed('job.')).toEqual([`job.${jobId}`]);
    const entry = await entryOf('job.');
    expect(entry).toMatchObject({
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: expect.stringMatching(/^arn:aws[\w-]*:scheduler:::aws-sdk:sqs:sendMessage$/) },
    });
    const request = JSON.parse(entry.Target?.Input ?? '') as SendMessageCommandInput;
    expect(request).toMatchObject({ MessageBody: `{"job_id":"${jobId}"}`, MessageGroupId: 'default' });
    // Makes the job due now, so that the worker doesn't postpone it when the schedule fires.
    await sql(cloud, 'UPDATE jobs SET run_at = now(), wake_at = now() WHERE job_id = :id::uuid', {
      id: jobId,
    });
    if (hasGap('universal-targets')) await cloud.sqs.send(new SendMessageCommand(request));
    else await helpers.fireNow(scheduler, entry);
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success' });
  });

  it('can wait for up to a year, and does not keep the sweeper or the database awake', async () => {
    const tooLong = await cloud.api.call<ProblemView>('POST', '/v1/jobs', {
      ...nap,
      delay_seconds: 365 * 86_400 + 1,
    });
    expect(tooLong.status).toBe(422);
    const { job_id: jobId } = await cloud.api.submit({ ...nap, delay_seconds: 365 * 86_400 });
    for (;;) {
      const swept = (await invoke(cloud, cloud.output('SweeperFunctionName'))) as { verdict: string };
      if (swept.verdict === 'swept') {
        expect(swept).toMatchObject({ workRemains: false });
        break;
      }
    }
    expect(await cloud.api.job(jobId)).toMatchObject({ status: 'created' });
  });
});
