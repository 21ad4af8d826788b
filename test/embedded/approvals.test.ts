import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { createErrand, type Errand, type Schema } from 'errand-client';
import { allOf } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';

const QUESTION = 'Publish <b>this</b>?';

let cloud: Cloud;
let errand: Errand;

beforeAll(async () => {
  cloud = await startCloud({ AUTH: 'api-key', JOBS: 'test/jobs-files/steps.ts' });
  const { authorization } = await headerFor(cloud, 'first');
  errand = createErrand({ url: cloud.api.url, apiKey: authorization.replace('Bearer ', '') });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Waits until the job shows a new approval link. */
async function asked(jobId: string, earlier: readonly string[] = []): Promise<string> {
  for (;;) {
    const { waiting_for: waits, progress } = await errand.get(jobId);
    const link = progress?.note ?? '';
    if (waits !== null && link !== '' && !earlier.includes(link)) return link;
    await wait(50);
  }
}

async function askedJob(options: object = {}): Promise<{ jobId: string; link: string }> {
  const { jobId } = await errand.submit('publish', { question: QUESTION, ...options });
  return { jobId, link: await asked(jobId) };
}

/** Opens an approval link, without an API key. */
async function open(link: string, answer?: 'approve' | 'reject') {
  const response =
    answer === undefined ? await fetch(link) : await fetch(`${link}?answer=${answer}`, { method: 'POST' });
  const html = await response.text();
  const [, title = ''] = /<h1>(.*)<\/h1>/.exec(html) ?? [];
  return { status: response.status, title, headers: response.headers };
}

describe('an approval link', () => {
  it('shows the question to everyone, and sends the answer once', async () => {
    const { jobId, link } = await askedJob();
    expect(link.startsWith(`${cloud.api.url}/approvals/`)).toBe(true);
    const { status, title, headers } = await open(link);
    expect({ status, title }).toEqual({ status: 200, title: 'Publish &lt;b&gt;this&lt;/b&gt;?' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
    });

    expect(await open(link, 'approve')).toMatchObject({ status: 200, title: 'Approved' });
    // Users may click a button twice.
    expect(await open(link, 'approve')).toMatchObject({ status: 200, title: 'Approved' });
    expect(await open(link, 'reject')).toMatchObject({ status: 410, title: 'Approved' });
    expect(await open(link)).toMatchObject({ status: 410, title: 'Approved' });
    expect(await errand.wait(jobId)).toMatchObject({ status: 'success', result: [{ approved: true }] });
    expect(await open(link, 'reject')).toMatchObject({ status: 410, title: 'Approved' });

    const entries = await allOf(errand.audit({ jobId, action: 'job.signal' }));
    expect(entries).toMatchObject([{ action: 'job.signal', actor: 'approval:publish', subject: jobId }]);
  });

  it('gets another URL and its own answer when its name is reused', async () => {
    const { jobId, link } = await askedJob({ times: 2 });
    expect(await open(link, 'reject')).toMatchObject({ status: 200, title: 'Rejected' });
    const second = await asked(jobId, [link]);
    expect(await open(second, 'approve')).toMatchObject({ status: 200, title: 'Approved' });
    expect(await open(link)).toMatchObject({ status: 410, title: 'Rejected' });
    expect((await errand.wait(jobId)).result).toEqual([{ approved: false }, { approved: true }]);
  });

  it('does not work if its job was canceled', async () => {
    const { jobId, link } = await askedJob();
    await errand.cancel(jobId);
    for (const answer of [undefined, 'approve'] as const)
      expect(await open(link, answer)).toMatchObject({ status: 410, title: 'This link no longer works' });
  });

  it('works until its timeout', async () => {
    const { link } = await askedJob({ timeoutSeconds: 0 });
    for (const answer of [undefined, 'approve'] as const)
      expect(await open(link, answer)).toMatchObject({ status: 410, title: 'This link has expired' });
  });

  it('is not found if its token was changed', async () => {
    const { link } = await askedJob();
    const forged = link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const answer of [undefined, 'approve'] as const)
      expect(await open(forged, answer)).toMatchObject({
        status: 404,
        title: 'This approval link does not exist',
      });
    expect(await open(link)).toMatchObject({ status: 200 });
  });

  it('refuses a request that has no answer, and names the missing field', async () => {
    const { link } = await askedJob();
    const response = await fetch(link, { method: 'POST' });
    const { errors } = (await response.json()) as Schema<'InvalidRequestProblem'>;
    expect(errors).toEqual([{ field: 'answer', message: 'must be approve or reject' }]);
  });
});
