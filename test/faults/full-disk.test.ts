import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { UploadView } from '../helpers/upload.ts';
import { sendForm } from '../helpers/upload.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

let cloud: Cloud;
let freeBytes = Number.MAX_SAFE_INTEGER;

beforeAll(async () => {
  cloud = await startCloud({}, { freeBytes: () => freeBytes });
}, 120_000);

afterAll(() => cloud.end());

const health = () => cloud.api.call('GET', '/health-check');
const sleep = { payload: { seconds: 0 } };

it('on a full disk, the health check fails, new data is refused, and existing data stays readable', async () => {
  const before = await cloud.api.submit(sleep);
  await cloud.api.finished(before.job_id);
  const { body: upload } = await cloud.api.call<UploadView>('POST', '/v1/uploads', {});
  expect(await health()).toMatchObject({ status: 200 });

  freeBytes = 1_000_000;
  expect(await health()).toMatchObject({
    status: 503,
    body: {
      status: 'unavailable',
      checks: { aurora: { status: 'ok' }, dynamodb: { status: 'unavailable' } },
    },
  });
  expect(await cloud.api.call('POST', '/v1/jobs', { ...sleep, object_id: 'full' })).toMatchObject({
    status: 503,
  });
  expect(await sendForm(upload, new Blob(['x']))).toMatchObject({ status: 500 });
  expect(await cloud.api.job(before.job_id)).toMatchObject({ status: 'success' });
  expect(cloud.logs.filter((line) => line.endsWith('Nothing new is taken in.'))).toHaveLength(1);

  freeBytes = Number.MAX_SAFE_INTEGER;
  expect(await health()).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await sendForm(upload, new Blob(['x']))).toMatchObject({ status: 204 });
  const after = await cloud.api.submit({ ...sleep, object_id: 'full' });
  expect(await cloud.api.finished(after.job_id)).toMatchObject({ status: 'success' });
});
