import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import type { JobView } from '../helpers/api-client.ts';
import { MIGRATIONS_FOLDER } from '../helpers/aurora.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke, sql } from '../helpers/embedded.ts';
import { SETTINGS } from './release-assembly.ts';

// The database comes from test/helpers/grown-cluster.ts. It contains a job in each state and rows of every other kind, written at each version of
// the schema.

const VERSIONS = readMigrations(MIGRATIONS_FOLDER).length;

interface Row {
  readonly id: string;
  readonly status: string;
}

let cloud: Cloud;
/** The jobs before any function ran. */
let before: Row[];

beforeAll(async () => {
  cloud = await startCloud(
    { ...SETTINGS, JOB_PREFETCH: '4' },
    { earlierRows: { tenant: 'default', sleepSeconds: 0.01 } },
  );
  before = await rows();
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function rows(): Promise<Row[]> {
  const found = await sql(
    cloud,
    `SELECT CAST(job_id AS text), status FROM jobs WHERE type = 'sleep' AND object_id LIKE 'object %' ORDER BY job_id`,
  );
  return found.map(([id = '', status = '']) => ({ id, status }));
}

/** Reads all pages of a list, and returns the items. */
async function all<Item>(path: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { items: Item[]; next_cursor: string | null } = (
      await cloud.api.call<{ items: Item[]; next_cursor: string | null }>(
        'GET',
        `${path}?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      )
    ).body;
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return items;
}

const idsIn = (status: string): string[] => before.filter((row) => row.status === status).map(({ id }) => id);

describe('the jobs of all earlier versions', () => {
  it('exist in each state, and in the list', async () => {
    for (const status of ['created', 'running', 'success', 'failed', 'canceled'])
      expect(idsIn(status)).toHaveLength(VERSIONS);
    const listed = await all<JobView>('/v1/jobs');
    expect(listed.map(({ job_id: id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
  });

  it('can be read with their attempts', async () => {
    for (const { id } of before) {
      expect(await cloud.api.job(id)).toMatchObject({ job_id: id, type: 'sleep', max_attempts: 2 });
      expect((await cloud.api.attempts(id)).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('run to success if they were due or their worker had died', async () => {
    const open = new Set([...idsIn('created'), ...idsIn('running')]);
    // The test invokes the sweeper itself, because the rule for the sweeper fires only once a minute.
    while ((await rows()).some(({ id, status }) => open.has(id) && status !== 'success')) {
      await invoke(cloud, cloud.output('SweeperFunctionName'));
      await wait(250);
    }
    for (const id of open)
      expect(await cloud.api.job(id)).toMatchObject({ status: 'success', result: { slept: 0.01 } });
  }, 120_000);

  it('are unchanged if they had ended', async () => {
    const now = await rows();
    expect(now).toEqual(
      expect.arrayContaining(
        before.filter(({ status }) => ['success', 'failed', 'canceled'].includes(status)),
      ),
    );
    for (const id of idsIn('success'))
      expect(await cloud.api.job(id)).toMatchObject({ message: 'why', result: { b: 1e300 } });
  });

  it('can be retried if they had failed', async () => {
    for (const id of idsIn('failed'))
      expect((await cloud.api.call('POST', `/v1/jobs/${id}/retry`)).status).toBe(200);
    for (const id of idsIn('failed')) expect((await cloud.api.finished(id)).status).toBe('success');
  });

  it('are counted exactly', async () => {
    const [[counted, found] = []] = await sql(
      cloud,
      `SELECT CAST((SELECT sum(jobs) FROM job_counts) AS text), CAST((SELECT count(*) FROM jobs) AS text)`,
    );
    expect(counted).toBe(found);
  });

  it('have a history', async () => {
    const { body } = await cloud.api.call<Schema<'History'>>('GET', '/v1/stats/history?step=3600');
    const succeeded = body.series
      .flatMap(({ points }) => points)
      .reduce((sum, point) => sum + point.succeeded, 0);
    expect(succeeded).toBeGreaterThanOrEqual(idsIn('failed').length);
  });
});

describe('the schedules of all earlier versions', () => {
  it('can be listed, stopped and deleted', async () => {
    const names = (await all<{ name: string }>('/v1/schedules')).map(({ name }) => name);
    const nightly = names.filter((name) => name.startsWith('nightly-'));
    // Schedules were added in migration 3.
    expect(nightly).toHaveLength(VERSIONS - 2);
    for (const name of nightly) {
      const stopped = await cloud.api.call<{ state: string }>('PUT', `/v1/schedules/${name}/stop`);
      expect([stopped.status, stopped.body.state]).toEqual([200, 'stopped']);
      expect((await cloud.api.call('DELETE', `/v1/schedules/${name}`)).status).toBe(204);
    }
  });
});

describe('the messages of all earlier versions', () => {
  it('can be listed', async () => {
    const messages = await all<{ status: string }>('/v1/messages');
    // Messages were added in migration 4.
    expect(messages).toHaveLength(2 * (VERSIONS - 3));
  });
});
