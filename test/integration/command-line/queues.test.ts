import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import type { CheckResult } from '../../../bin/command-line/doctor/check.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandsFor } from '../../helpers/errand-command.ts';

let cloud: Cloud;
const { errand } = commandsFor(() => cloud.api.url);

beforeAll(async () => {
  // The settings are the same as in documents.test.ts, so that the files share one assembly.
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: 'example.com' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function queueOf(name: string): Promise<Schema<'Queue'> | undefined> {
  const { output } = await errand(['--json', 'queues']);
  return (JSON.parse(output) as Schema<'QueueList'>).items.find(({ queue }) => queue === name);
}

describe('errand pause and resume', () => {
  it.each([
    ['a queue', ['default']],
    ['a job type', ['--type', 'sleep']],
  ])('hold the jobs of %s, and wake them', async (_what, words) => {
    expect(await errand(['pause', ...words])).toMatchObject({ code: 0, messages: '' });
    const jobs = await Promise.all([1, 2].map(() => cloud.api.submit({ payload: { seconds: 0 } })));
    while ((await queueOf('default'))?.held.pause !== 2) await wait(20);
    const { output } = await errand(['queues']);
    expect(output).toMatch(
      words.length === 1 ? /default +2 +0 +2 .* since 2/ : /The job type sleep has been paused since 2/,
    );
    expect((await errand(['pause', ...words])).code).toBe(0);

    const resumed = await errand(['resume', ...words]);
    expect(resumed).toMatchObject({ code: 0, output: expect.stringMatching(/woken +2/) });
    for (const { job_id: jobId } of jobs)
      expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success', attempt: 1 });
    expect(await queueOf('default')).toMatchObject({ held: { pause: 0 }, paused_at: null });
    expect((await errand(['resume', ...words])).output).toMatch(/woken +0/);
  });

  it.each([
    [['pause'], /specify either a queue, or --type and a job type/],
    [['resume', 'default', '--type', 'sleep'], /specify either a queue, or --type and a job type/],
    [['pause', 'imagse'], /This deployment has no queue "imagse"\. It has: default/],
    [['resume', '--type', 'slep'], /This deployment has no job type "slep"\. It has: .*sleep/],
  ])('refuse %j', async (words, message) => {
    const { code, messages } = await errand(words);
    expect(messages).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('errand doctor', () => {
  async function pausesCheck(...words: string[]): Promise<CheckResult | undefined> {
    const { output } = await errand([
      '--json',
      'doctor',
      '--profile',
      'none',
      '--region',
      'eu-central-1',
      ...words,
    ]);
    const { checks } = JSON.parse(output) as { checks: CheckResult[] };
    return checks.find(({ name }) => name === 'pauses');
  }

  it('lists the pauses of the service at the URL', async () => {
    await errand(['pause', 'default']);
    await errand(['pause', '--type', 'analyze']);
    expect(await pausesCheck()).toEqual({
      name: 'pauses',
      status: 'warning',
      message: expect.stringMatching(
        /^the default queue has been paused since 2\S+Z: its jobs start after errand resume default; the analyze job type has been .* --type analyze\. A deploy does not end a pause$/,
      ),
    });
    await errand(['resume', 'default']);
    await errand(['resume', '--type', 'analyze']);
    expect(await pausesCheck()).toMatchObject({ status: 'ok' });
  });

  it('warns if the service does not respond', async () => {
    expect(await pausesCheck('--url', 'http://127.0.0.1:9')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/could not read the pauses: .*check ERRAND_URL and ERRAND_API_KEY/),
    });
  });
});

describe('errand concurrency', () => {
  it('sets, lists and removes the limit of a key with any characters', async () => {
    const key = 'customer/7 & 100 %?';
    expect(await errand(['concurrency', 'set', key, '0'])).toMatchObject({ code: 0, messages: '' });
    expect((await errand(['concurrency', 'list'])).output).toMatch(/customer\/7 & 100 %\? +0 +0 +0 +2/);
    expect((await errand(['concurrency', 'clear', key])).code).toBe(0);
    expect((await errand(['concurrency', 'list'])).output).not.toContain('customer');
    expect((await errand(['concurrency', 'set', key, '-1'])).code).toBe(2);
    expect((await errand(['concurrency', 'set', key, 'two'])).messages).toMatch(
      /argument 'limit'. It must be a number/,
    );
  });
});
