import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Template } from 'errand-local/template/template';
import type { ApiClient } from '../helpers/api-client.ts';
import { sql } from '../helpers/embedded.ts';
import { deployRelease, type DeployedRelease } from './deployed-release.ts';

// Deployments alternate between the last release and the current code while jobs are waiting, running and delayed.

let deployed: DeployedRelease;
let api: ApiClient;

beforeAll(async () => {
  deployed = await deployRelease();
  ({ api } = deployed.cloud);
}, 120_000);

afterAll(() => deployed.cloud.end());

interface Submitted {
  /** Jobs that run for a while. Only two of these jobs run at a time, so most of them wait. */
  readonly naps: readonly string[];
  readonly delayed: string;
  readonly canceled: string;
  readonly batch: readonly string[];
  /** The first nap's object id. */
  readonly objectId: string;
}

async function submitJobs(): Promise<Submitted> {
  const objectId = randomUUID();
  const nap = { type: 'sleep', payload: { seconds: 2 } };
  const naps = [(await api.submit({ ...nap, object_id: objectId })).job_id];
  while (naps.length < 8) naps.push((await api.submit(nap)).job_id);
  const delayed = await api.submit({ type: 'sleep', payload: { seconds: 0 }, delay_seconds: 5 });
  const canceled = await api.submit({ type: 'sleep', payload: { seconds: 0 }, delay_seconds: 3600 });
  await api.call('POST', `/v1/jobs/${canceled.job_id}/cancel`);
  const { body } = await api.call<{ items: { job: { job_id: string } }[] }>('POST', '/v1/jobs/batch', {
    jobs: [{ payload: { seconds: 0 } }, { payload: { seconds: 0 } }],
  });
  return {
    naps,
    delayed: delayed.job_id,
    canceled: canceled.job_id,
    batch: body.items.map(({ job }) => job.job_id),
    objectId,
  };
}

/** Submits jobs, and deploys the other version while two of the jobs are running and the others are waiting. */
async function swapTo(assemblyDir: string): Promise<Submitted> {
  const submitted = await submitJobs();
  await Promise.all(submitted.naps.slice(0, 2).map((id) => api.until(id, ['running'])));
  await deployed.embedded.deploy(assemblyDir);
  const open = await Promise.all(submitted.naps.map((id) => api.job(id)));
  // At least one job must still be waiting, so that the newly deployed functions have a job to take over.
  expect(open.map(({ status }) => status)).toContain('created');
  return submitted;
}

async function expectAllUnderstood({ naps, delayed, canceled, batch, objectId }: Submitted): Promise<void> {
  const again = await api.submit({ type: 'sleep', object_id: objectId });
  expect(again).toMatchObject({ job_id: naps[0], deduplicated: true });
  for (const id of [...naps, delayed, ...batch]) {
    expect(await api.finished(id)).toMatchObject({ status: 'success', attempt: 1 });
    expect(await api.attempts(id)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
  }
  expect(await api.job(canceled)).toMatchObject({ status: 'canceled', attempt: 0 });
  expect((await api.call('POST', `/v1/jobs/${canceled}/retry`)).status).toBe(200);
  expect(await api.finished(canceled)).toMatchObject({ status: 'success' });
}

async function editTemplate(assemblyDir: string, edit: (template: Template) => void): Promise<void> {
  const file = path.join(assemblyDir, 'Errand.template.json');
  const template = JSON.parse(await readFile(file, 'utf8')) as Template;
  edit(template);
  await writeFile(file, JSON.stringify(template));
}

it('the current functions complete the jobs that the last release’s functions began', async () => {
  await expectAllUnderstood(await swapTo(deployed.assemblies.ours));
});

it('the last release’s functions complete the jobs that the current functions began, on the current schema', async () => {
  await expectAllUnderstood(await swapTo(deployed.assemblies.release));
});

it('a migration builds an index while jobs run', async () => {
  const withIndex = path.join(deployed.dataDir, 'index.out');
  await cp(deployed.assemblies.ours, withIndex, { recursive: true });
  const [asset] = (await readdir(withIndex)).filter((name) =>
    existsSync(path.join(withIndex, name, 'migrations')),
  );
  await writeFile(
    path.join(withIndex, asset ?? '', 'migrations/9999-index.sql'),
    'CREATE INDEX CONCURRENTLY jobs_message ON jobs (message)\n',
  );
  await editTemplate(withIndex, (template) => {
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'Custom::Migration' && Properties) Properties.migrations = 'with the index';
    }
  });
  await expectAllUnderstood(await swapTo(withIndex));
  expect(
    await sql(
      deployed.cloud,
      `SELECT CAST(indisvalid AS text) FROM pg_index WHERE indexrelid = to_regclass('jobs_message')
       UNION ALL SELECT name FROM schema_migrations WHERE name = '9999-index'`,
    ),
  ).toEqual([['true'], ['9999-index']]);
});
