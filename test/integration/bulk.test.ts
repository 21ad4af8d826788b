import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { JobView, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';

const IN_FLIGHT = 6;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    AUTH: 'api-key',
    JOB_TIMEOUT: '20',
    TENANT_MAX_JOBS_IN_FLIGHT: String(IN_FLIGHT),
    WEBHOOK_ALLOWED_HOSTS: 'example.com',
  });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Creates a tenant without jobs. */
async function newTenant() {
  const name = randomUUID();
  const headers = await headerFor(cloud, name);
  const call = <Body>(method: string, path: string, body?: unknown) =>
    cloud.api.call<Body>(method, path, body, headers);
  const ended = async (jobId: string): Promise<JobView> => {
    for (;;) {
      const { body } = await call<JobView>('GET', `/v1/jobs/${jobId}?wait=20`);
      if (body.end_time !== null) return body;
    }
  };
  return {
    name,
    call,
    ended,
    /** Submits a job that is due much later. */
    submit: async (fields: object = {}): Promise<string> => {
      const body = { payload: { seconds: 0 }, delay_seconds: 3_600, ...fields };
      return (await call<SubmittedView>('POST', '/v1/jobs', body)).body.job_id;
    },
    /** Sends a bulk request, waits for the bulk job to end, and returns the bulk job. */
    bulk: async (body: object): Promise<JobView> => {
      const answer = await call<JobView>('POST', '/v1/jobs/bulk', body);
      expect(answer).toMatchObject({
        status: 202,
        body: { type: 'bulk', queue: 'default', status: 'created' },
      });
      expect(answer.headers.get('location')).toBe(`/v1/jobs/${answer.body.job_id}`);
      return ended(answer.body.job_id);
    },
    statusOf: async (jobId: string): Promise<string> => {
      const { status, body } = await call<JobView>('GET', `/v1/jobs/${jobId}`);
      return status === 404 ? 'deleted' : body.status;
    },
  };
}

describe('a bulk request', () => {
  it('cancels, retries and deletes the matching jobs, and counts them', async () => {
    const { submit, bulk, ended, statusOf, call } = await newTenant();
    const matching = [await submit({ tags: ['nightly'] }), await submit({ tags: ['nightly'] })];
    const other = await submit();
    const filter = { tag: 'nightly' };

    const canceled = await bulk({ action: 'cancel', filter });
    expect(canceled).toMatchObject({
      status: 'success',
      payload: { action: 'cancel', filter },
      result: { matched: 2, changed: 2, skipped: 0 },
      progress: { fraction: 1, note: '2 matched, 2 changed, 0 skipped' },
    });
    expect(await Promise.all(matching.map(statusOf))).toEqual(['canceled', 'canceled']);

    const retried = await bulk({ action: 'retry', filter: { ...filter, status: 'canceled' } });
    expect(retried).toMatchObject({ result: { matched: 2, changed: 2, skipped: 0 } });
    for (const jobId of matching) expect(await ended(jobId)).toMatchObject({ status: 'success', attempt: 1 });

    const deleted = await bulk({ action: 'delete', filter });
    expect(deleted).toMatchObject({ result: { matched: 2, changed: 2, skipped: 0 } });
    expect(await Promise.all([...matching, other].map(statusOf))).toEqual(['deleted', 'deleted', 'created']);
    const { body: audit } = await call<{ items: object[] }>('GET', `/v1/audit?job_id=${matching[0]}`);
    expect(audit.items).toMatchObject([
      { action: 'job.delete', actor: `job:${deleted.job_id}` },
      { action: 'job.retry', actor: `job:${retried.job_id}` },
      { action: 'job.cancel', actor: `job:${canceled.job_id}` },
    ]);
  });

  it('with dry_run counts the matches and changes nothing', async () => {
    const { submit, call, statusOf } = await newTenant();
    const [one] = [await submit({ tags: ['a'] }), await submit({ tags: ['a'] }), await submit()];
    const body = { action: 'cancel', filter: { tag: 'a' }, dry_run: true };
    expect(await call('POST', '/v1/jobs/bulk', body)).toMatchObject({
      status: 200,
      body: { matched: 2, exact: true },
    });
    const all = { action: 'cancel', filter: {}, dry_run: true };
    expect((await call('POST', '/v1/jobs/bulk', all)).body).toEqual({ matched: 3, exact: true });
    expect(await statusOf(one)).toBe('created');
    expect((await call<{ items: object[] }>('GET', '/v1/jobs?type=bulk')).body.items).toEqual([]);
  });

  it('changes all jobs only with a confirmation', async () => {
    const { submit, call, bulk, statusOf } = await newTenant();
    const jobId = await submit();
    for (const filter of [{}, { status: ['created', 'running'] }]) {
      const refused = await call<ProblemView>('POST', '/v1/jobs/bulk', { action: 'cancel', filter });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'confirm' }] } });
    }
    expect(await statusOf(jobId)).toBe('created');
    const all = await bulk({ action: 'cancel', filter: {}, confirm: 'all' });
    expect(all).toMatchObject({ status: 'success', result: { matched: 1, changed: 1, skipped: 0 } });
    expect(await statusOf(jobId)).toBe('canceled');
  });

  it.each([
    ['action', { action: 'stop', filter: { tag: 'a' } }],
    ['filter', { action: 'retry' }],
    ['filter.tags', { action: 'retry', filter: { tags: ['a'] } }],
    ['filter.status', { action: 'retry', filter: { status: 'done' } }],
    ['filter.status', { action: 'retry', filter: { status: ['failed', 'success'] } }],
    ['filter.status', { action: 'retry', filter: { status: 'failed,canceled' } }],
    ['filter.metadata', { action: 'retry', filter: { metadata: 'customer:acme' } }],
    ['filter.created_after', { action: 'retry', filter: { created_after: 'yesterday' } }],
    ['confirm', { action: 'retry', filter: {}, confirm: true }],
    ['dry_run', { action: 'retry', filter: { tag: 'a' }, dry_run: 'yes' }],
  ])('with an invalid %s is refused: %j', async (field, body) => {
    const { call } = await newTenant();
    const refused = await call<ProblemView>('POST', '/v1/jobs/bulk', body);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });

  it('needs the admin scope to delete jobs', async () => {
    const headers = await headerFor(cloud, randomUUID(), ['submit']);
    const ask = (action: string) =>
      cloud.api.call('POST', '/v1/jobs/bulk', { action, filter: { tag: 'a' } }, headers);
    expect(await ask('delete')).toMatchObject({ status: 403 });
    expect(await ask('retry')).toMatchObject({ status: 202 });
  });

  it('to cancel jobs is accepted from a tenant at its limit', async () => {
    const { submit, call, bulk } = await newTenant();
    for (let each = 0; each < IN_FLIGHT; each += 1) await submit();
    const refused = await call('POST', '/v1/jobs/bulk', { action: 'retry', filter: { tag: 'a' } });
    expect(refused).toMatchObject({ status: 429 });
    const canceled = await bulk({ action: 'cancel', filter: {}, confirm: 'all' });
    expect(canceled).toMatchObject({ result: { matched: IN_FLIGHT, changed: IN_FLIGHT } });
  });

  it('retries more jobs than the tenant may have at once, as other jobs end', async () => {
    const { submit, bulk, ended } = await newTenant();
    const ids: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (let each = 0; each < IN_FLIGHT - 1; each += 1) ids.push(await submit({ tags: ['again'] }));
      await bulk({ action: 'cancel', filter: { tag: 'again' } });
    }
    const retried = await bulk({ action: 'retry', filter: { tag: 'again' } });
    expect(retried).toMatchObject({
      status: 'success',
      result: { matched: ids.length, changed: ids.length, skipped: 0 },
    });
    for (const jobId of ids) expect(await ended(jobId)).toMatchObject({ status: 'success' });
  }, 60_000);
});

describe('a bulk job', () => {
  it('can be submitted only by a bulk request', async () => {
    const { call } = await newTenant();
    const refused = await call('POST', '/v1/jobs', {
      type: 'bulk',
      payload: { action: 'retry', filter: {} },
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'type', message: 'must not be bulk: send POST /v1/jobs/bulk instead' }] },
    });
  });

  it('cannot be retried', async () => {
    const { call } = await newTenant();
    const filter = { tag: 'a' };
    const { body: job } = await call<JobView>('POST', '/v1/jobs/bulk', { action: 'cancel', filter });
    const refused = await call('POST', `/v1/jobs/${job.job_id}/retry`);
    expect(refused).toMatchObject({
      status: 409,
      body: { type: 'urn:errand:problem:state-conflict', detail: expect.stringContaining('/v1/jobs/bulk') },
    });
  });
});
