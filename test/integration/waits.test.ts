import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createErrand } from 'errand-client';
import type { Answer, JobView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { headerFor } from '../helpers/keys.ts';

const TENANT_MAX_WAITS = 2;
const MAX_WAITS = 3;

/** A tenant with a job that does not become due during the test. */
interface Tenant {
  readonly headers: { authorization: string };
  readonly jobId: string;
  call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  /** Requests the job with the maximum wait. */
  wait(): Promise<Answer<JobView>>;
  /** Cancels the job, which also ends all waits for it. */
  cancel(): Promise<void>;
}

let cloud: Cloud;
let tenants: Tenant[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    AUTH: 'api-key',
    TENANT_MAX_WAITS: String(TENANT_MAX_WAITS),
    MAX_WAITS: String(MAX_WAITS),
  });
}, 120_000);

afterEach(async () => {
  await Promise.all(tenants.map((tenant) => tenant.cancel()));
  await until(async () => (await heldWaits()) === 0, 'The end of all waits', 3 * WINDOW_MS);
  tenants = [];
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function newTenant(): Promise<Tenant> {
  const headers = await headerFor(cloud, randomUUID());
  const call = <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> =>
    cloud.api.call<Body>(method, path, body, headers);
  const { body } = await call<SubmittedView>('POST', '/v1/jobs', { delay_seconds: 600 });
  const tenant = {
    headers,
    jobId: body.job_id,
    call,
    wait: () => call<JobView>('GET', `/v1/jobs/${body.job_id}?wait=25`),
    cancel: async () => {
      await call('POST', `/v1/jobs/${body.job_id}/cancel`);
    },
  };
  tenants.push(tenant);
  return tenant;
}

/** The length of a wait-slot window, in milliseconds. */
const WINDOW_MS = 30_000;

/**
 * Counts the waiting requests as the API does. A slot that was not released counts until the end of the next window.
 */
async function heldWaits(): Promise<number> {
  const oldest = Math.floor(Date.now() / WINDOW_MS) - 1;
  const { Items: items = [] } = await cloud.dynamoDb.send(
    new ScanCommand({ TableName: cloud.output('TableName'), ConsistentRead: true }),
  );
  const ofAllTenants = items.filter(({ pk }) => Number(/^waits#(\d+)$/.exec(pk?.S ?? '')?.[1]) >= oldest);
  return ofAllTenants.reduce((sum, { waits }) => sum + (waits?.SS?.length ?? 0), 0);
}

/**
 * Whether the current window began at least a second ago and lasts for at least another second. The API gives up a slot if a window begins while it
 * takes the slot, and it spends at most a second on taking a slot. So a slot that is seen while this is true will be kept.
 */
function isFarFromNextWindow(): boolean {
  const sinceStart = Date.now() % WINDOW_MS;
  return sinceStart >= 1_000 && sinceStart < WINDOW_MS - 1_000;
}

async function until(
  isReached: () => boolean | Promise<boolean>,
  what: string,
  forMs = 30_000,
): Promise<void> {
  const endsAt = performance.now() + forMs;
  while (performance.now() < endsAt) {
    if (await isReached()) return;
    await pause(25);
  }
  throw new Error(`${what} did not happen; ${await heldWaits()} requests wait.`);
}

const isRefused = ({ headers }: Answer<unknown>): boolean => headers.has('retry-after');

/**
 * Sends a waiting request, and retries after `Retry-After` until a wait slot is free. Once the request is waiting, resolves with the promise of its
 * response.
 */
async function hold(tenant: Tenant): Promise<{ answer: Promise<Answer<JobView>> }> {
  for (;;) {
    const before = await heldWaits();
    const answered: Answer<JobView>[] = [];
    const answer = tenant.wait().then((given) => {
      answered.push(given);
      return given;
    });
    const isHeld = async (): Promise<boolean> => isFarFromNextWindow() && (await heldWaits()) > before;
    await until(async () => answered.length > 0 || (await isHeld()), 'A wait or its refusal');
    const [refusal] = answered;
    if (!refusal) return { answer };
    await pause(Number(refusal.headers.get('retry-after')) * 1_000);
  }
}

function expectRefusal({ status, body, headers }: Answer<JobView>): void {
  expect([status, body.status]).toEqual([200, 'created']);
  expect(headers.get('retry-after')).toMatch(/^[1-5]$/);
}

describe('60 waits of one tenant', () => {
  itUnless('no-crowds')(
    'get an immediate response except for two, and another tenant is served meanwhile',
    async () => {
      const [noisy, quiet] = [await newTenant(), await newTenant()];
      const answers: Answer<JobView>[] = [];
      const waits = Array.from({ length: 60 }, () => noisy.wait().then((answer) => answers.push(answer)));
      const reads = Array.from({ length: 8 }, () => quiet.call('GET', `/v1/jobs/${quiet.jobId}`));
      expect((await Promise.all(reads)).map(({ status }) => status)).toEqual(reads.map(() => 200));
      await until(() => answers.length >= 60 - TENANT_MAX_WAITS, 'The refusal of 58 waits');
      answers.forEach(expectRefusal);
      expect(await heldWaits()).toBeLessThanOrEqual(TENANT_MAX_WAITS);

      await noisy.cancel();
      await Promise.all(waits);
      for (const { body, headers } of answers.filter((answer) => !isRefused(answer)))
        expect([body.status, headers.get('retry-after')]).toEqual(['canceled', null]);
    },
  );
});

describe('a wait', () => {
  it('is refused beyond its tenant’s limit, and beyond the limit of all tenants', async () => {
    const [first, second, third] = [await newTenant(), await newTenant(), await newTenant()];
    const held = [await hold(first), await hold(first)];
    expectRefusal(await first.wait());
    held.push(await hold(second));
    expectRefusal(await second.wait());
    expectRefusal(await third.wait());
    expect(await heldWaits()).toBe(MAX_WAITS);

    await first.cancel();
    const [answer] = await Promise.all(held.slice(0, 2).map((each) => each.answer));
    expect(answer?.body.status).toBe('canceled');
    // The ended waits have released their slots.
    await hold(third);
    await hold(third);
    expect(await heldWaits()).toBe(MAX_WAITS);
  });

  it('is refused for a submission too, but the job is accepted, and the response says when to read it', async () => {
    const tenant = await newTenant();
    await hold(tenant);
    await hold(tenant);
    const submission = { object_id: 'a', delay_seconds: 600 };
    const created = await tenant.call<JobView>('POST', '/v1/jobs?wait=25', submission);
    expect([created.status, created.body.status]).toEqual([201, 'created']);
    expect(created.headers.get('location')).toBe(`/v1/jobs/${created.body.job_id}`);
    expect(created.headers.get('retry-after')).toMatch(/^[1-5]$/);
    const again = await tenant.call<JobView>('POST', '/v1/jobs?wait=25', submission);
    expect([again.status, again.body.job_id]).toEqual([200, created.body.job_id]);
    expect(again.headers.get('retry-after')).toMatch(/^[1-5]$/);
    await tenant.call('POST', `/v1/jobs/${created.body.job_id}/cancel`);
  });

  it('takes no slot if the job has ended', async () => {
    const tenant = await newTenant();
    await hold(tenant);
    await hold(tenant);
    const { body } = await tenant.call<SubmittedView>('POST', '/v1/jobs', { delay_seconds: 600 });
    await tenant.call('POST', `/v1/jobs/${body.job_id}/cancel`);
    const answer = await tenant.call<JobView>('GET', `/v1/jobs/${body.job_id}?wait=25`);
    expect(answer.body.status).toBe('canceled');
    expect(isRefused(answer)).toBe(false);
  });
});

describe('a client whose waits are refused', () => {
  it('polls until the job has ended', async () => {
    const tenant = await newTenant();
    await hold(tenant);
    await hold(tenant);
    const { body } = await tenant.call<SubmittedView>('POST', '/v1/jobs', {
      payload: { seconds: 0 },
      delay_seconds: 2,
    });
    let asked = 0;
    const errand = createErrand({
      url: cloud.api.url,
      fetch: (request) => {
        asked += 1;
        request.headers.set('authorization', tenant.headers.authorization);
        return fetch(request);
      },
    });
    expect((await errand.wait(body.job_id)).status).toBe('success');
    // After each refused wait, the client pauses for one or two seconds.
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(20);
  });

  it('gets the ended job from the client of the tests', async () => {
    const tenant = await newTenant();
    await hold(tenant);
    await hold(tenant);
    const submission = { payload: { seconds: 0 }, delay_seconds: 1 };
    const { status, headers, body } = await cloud.api.run(submission, tenant.headers);
    expect([status, headers.has('retry-after'), body.status]).toEqual([201, true, 'success']);
    expect(body.deduplicated).toBe(false);
  });
});
