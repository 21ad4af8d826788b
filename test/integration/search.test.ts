import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { JobView, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

interface Page {
  items: (JobView & { tags: string[]; metadata: Record<string, unknown> })[];
  next_cursor: string | null;
}

/** A unique string that all tags and values in this file contain, because other test files may use the same deployment. */
const OWN = randomUUID();
const [NIGHTLY, URGENT] = [`nightly-${OWN}`, `urgent-${OWN}`];

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Submits a job that is due much later. */
async function submit(fields: object): Promise<string> {
  const body = { payload: { seconds: 0 }, delay_seconds: 3_600, ...fields };
  return (await cloud.api.call<SubmittedView>('POST', '/v1/jobs', body)).body.job_id;
}

/** Reads all pages of a list. */
async function list(query: Record<string, string>): Promise<Page['items']> {
  const items: Page['items'] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const words = new URLSearchParams({ ...query, ...(cursor !== undefined && { cursor }) });
    const page = await cloud.api.call<Page>('GET', `/v1/jobs?${words.toString()}`);
    expect(page.status).toBe(200);
    items.push(...page.body.items);
    cursor = page.body.next_cursor;
  }
  return items;
}

async function idsOf(query: Record<string, string>): Promise<string[]> {
  return (await list(query)).map(({ job_id: id }) => id);
}

describe('tags and metadata', () => {
  it('are on the job and in lists as they were submitted', async () => {
    const metadata = { customer: OWN, amount: 4.25, paid: false };
    const id = await submit({ tags: [NIGHTLY, URGENT, NIGHTLY], metadata });
    const expected = { job_id: id, tags: [NIGHTLY, URGENT], metadata };
    expect((await cloud.api.call('GET', `/v1/jobs/${id}`)).body).toMatchObject(expected);
    expect(await list({ tag: URGENT, metadata: `customer:${OWN}` })).toMatchObject([expected]);
  });

  it('are empty for a job without them', async () => {
    const id = await submit({ tags: [], metadata: {} });
    expect((await cloud.api.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ tags: [], metadata: {} });
  });

  it('belong to each submission of a batch', async () => {
    const [one, other] = [`one-${OWN}`, `other-${OWN}`];
    const jobs = [one, other].map((tag) => ({ payload: { seconds: 0 }, delay_seconds: 3_600, tags: [tag] }));
    await cloud.api.call('POST', '/v1/jobs/batch', { jobs });
    expect(await list({ tag: one })).toMatchObject([{ tags: [one] }]);
    expect(await list({ tag: other })).toMatchObject([{ tags: [other] }]);
  });

  it.each([
    ['tags', { tags: Array.from({ length: 11 }, (_, index) => `tag-${index}`) }],
    ['tags.0', { tags: ['a'.repeat(65)] }],
    ['tags.1', { tags: ['a', 'b,c'] }],
    ['metadata', { metadata: ['a'] }],
    ['metadata', { metadata: { text: 'a'.repeat(4_096) } }],
    ['metadata.nested', { metadata: { nested: { a: 1 } } }],
    ['metadata.none', { metadata: { none: null } }],
    ['metadata.a key', { metadata: { 'a key': 1 } }],
  ])('that are invalid are refused with the field %s', async (field, body) => {
    const { status, body: problem } = await cloud.api.call<ProblemView>('POST', '/v1/jobs', body);
    expect(status).toBe(422);
    expect(problem.errors?.map((error) => error.field)).toEqual([field]);
  });
});

describe('a list', () => {
  it('finds jobs by any combination of filters, in either order', async () => {
    const [customer, objectId] = [`customer-${OWN}`, `object-${OWN}`];
    const tags = [`both-${OWN}`];
    const from = new Date(Date.now() - 1_000).toISOString();
    const first = await submit({ tags, metadata: { customer }, object_id: objectId });
    const second = await submit({ tags, type: 'analyze', payload: { file: 'none', patterns: ['x'] } });
    const third = await submit({ tags, metadata: { customer, number: 3 } });
    await cloud.api.call('POST', `/v1/jobs/${third}/cancel`);
    const tag = tags[0] ?? '';

    const all = [first, second, third];
    expect(await idsOf({ tag, limit: '1', order: 'asc' })).toEqual(all);
    expect(await idsOf({ tag, limit: '1' })).toEqual(all.toReversed());
    expect(await idsOf({ tag, status: 'canceled,failed' })).toEqual([third]);
    expect(await idsOf({ tag, status: 'created', type: 'sleep' })).toEqual([first]);
    expect(await idsOf({ tag, object_id: objectId })).toEqual([first]);
    expect(await idsOf({ tag, metadata: JSON.stringify({ customer, number: '3' }) })).toEqual([third]);
    expect(await idsOf({ tag, metadata: 'number:4' })).toEqual([]);
    expect(await idsOf({ tag, queue: 'default', message: 'CANCELED', created_after: from })).toEqual([third]);
    expect(await idsOf({ tag, created_before: from })).toEqual([]);
    expect(await idsOf({ tag, queue: 'nowhere' })).toEqual([]);
  });

  it('can be limited to a batch', async () => {
    const id = `batch-${OWN}`;
    const job = { payload: { seconds: 0 }, delay_seconds: 3_600 };
    const body = { jobs: [job, { ...job, tags: [id] }], batch: { id } };
    const { items } = (
      await cloud.api.call<{ items: { job: { job_id: string } }[] }>('POST', '/v1/jobs/batch', body)
    ).body;
    const ids = items.map((item) => item.job.job_id);
    expect((await idsOf({ batch_id: id })).sort()).toEqual(ids.toSorted());
    expect(await idsOf({ batch_id: id, status: 'created,failed', tag: id })).toEqual([ids[1]]);
    expect(await idsOf({ batch_id: id, status: 'failed' })).toEqual([]);
    expect(await idsOf({ batch_id: `other-${OWN}` })).toEqual([]);
    expect(await cloud.api.call('GET', '/v1/jobs?batch_id=-')).toMatchObject({ status: 400 });
  });

  it('accepts a repeated parameter for several states', async () => {
    const tag = `repeated-${OWN}`;
    const id = await submit({ tags: [tag] });
    const { body } = await cloud.api.call<Page>('GET', `/v1/jobs?tag=${tag}&status=failed&status=created`);
    expect(body.items.map((job) => job.job_id)).toEqual([id]);
  });

  it('refuses a cursor of a list with another order or other filters', async () => {
    const tag = `cursor-${OWN}`;
    for (let count = 0; count < 2; count += 1) await submit({ tags: [tag] });
    const { body } = await cloud.api.call<Page>('GET', `/v1/jobs?tag=${tag}&limit=1`);
    const cursor = body.next_cursor ?? '';
    expect((await cloud.api.call('GET', `/v1/jobs?tag=${tag}&limit=2&cursor=${cursor}`)).status).toBe(200);
    for (const query of [`tag=${tag}&order=asc`, `tag=${tag}&status=failed`, 'limit=1']) {
      const refused = await cloud.api.call<ProblemView>('GET', `/v1/jobs?${query}&cursor=${cursor}`);
      expect(refused.status).toBe(400);
      expect(refused.body.errors).toEqual([
        {
          field: 'cursor',
          message:
            'belongs to a list with another order or other filters; use the same ones as for the previous page',
        },
      ]);
    }
  });
});

describe('a schedule', () => {
  it('keeps the tags and metadata of its jobs until it is replaced', async () => {
    const path = `/v1/schedules/tagged-${OWN}`;
    const rate = { rate: '1 day', state: 'stopped' };
    const job = { payload: { seconds: 0 }, tags: [NIGHTLY], metadata: { region: 'eu' } };
    const put = await cloud.api.call('PUT', path, { ...rate, job });
    expect(put.body).toMatchObject({ job: { tags: [NIGHTLY], metadata: { region: 'eu' } } });
    const replaced = await cloud.api.call('PUT', path, { ...rate, job: { payload: { seconds: 0 } } });
    expect(replaced.body).toMatchObject({ job: { tags: [], metadata: {} } });
    await cloud.api.call('DELETE', path);
  });

  it('is refused if its payload and metadata are too large together', async () => {
    const job = { payload: { seconds: 0, text: 'a'.repeat(6_000) }, metadata: { text: 'a'.repeat(3_000) } };
    const put = await cloud.api.call<ProblemView>('PUT', `/v1/schedules/large-${OWN}`, {
      rate: '1 day',
      job,
    });
    expect(put.status).toBe(422);
  });
});
