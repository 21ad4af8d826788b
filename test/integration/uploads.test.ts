import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function createUpload(body?: unknown): Promise<UploadView> {
  const answer = await cloud.api.call<UploadView>('POST', '/v1/uploads', body);
  expect(answer.status).toBe(201);
  return answer.body;
}

async function stored(file: string) {
  const answer = await cloud.s3.send(
    new GetObjectCommand({ Bucket: cloud.output('UploadsBucketName'), Key: file }),
  );
  return { text: await answer.Body?.transformToString(), contentType: answer.ContentType };
}

describe('POST /v1/uploads', () => {
  it('gives a form that uploads one file of up to 5 GiB within the hour', async () => {
    const before = Date.now();
    const upload = await createUpload();

    expect(upload).toMatchObject({ method: 'POST', max_bytes: 5_368_709_120 });
    expect(upload.file).toMatch(/^uploads\/default\/[0-9a-f-]{36}$/);
    const lifetime = Date.parse(upload.expires_at) - before;
    expect(lifetime).toBeGreaterThan(3_590_000);
    expect(lifetime).toBeLessThan(3_660_000);
    expect(await sendForm(upload, new Blob(['ERROR one\n']))).toMatchObject({ status: 204 });
    expect((await stored(upload.file)).text).toBe('ERROR one\n');
  });

  it('gives a form of its own each time', async () => {
    expect((await createUpload({})).file).not.toBe((await createUpload({})).file);
  });

  it('keeps the content type that it is told, and the form takes no other', async () => {
    const upload = await createUpload({ content_type: 'text/plain; charset=utf-8' });
    expect(await sendForm(upload, new Blob(['x']))).toMatchObject({ status: 204 });
    expect((await stored(upload.file)).contentType).toBe('text/plain; charset=utf-8');

    const html = { ...upload, fields: { ...upload.fields, 'Content-Type': 'text/html' } };
    expect((await sendForm(html, new Blob(['x']))).text).toContain('Invalid according to Policy');
  });

  it('takes a file of exactly the bytes that were announced', async () => {
    const upload = await createUpload({ bytes: 4 });
    expect(upload.max_bytes).toBe(4);
    expect((await sendForm(upload, new Blob(['123']))).text).toContain('<Code>EntityTooSmall</Code>');
    expect((await sendForm(upload, new Blob(['12345']))).text).toContain('<Code>EntityTooLarge</Code>');
    expect(await sendForm(upload, new Blob(['1234']))).toMatchObject({ status: 204 });
  });

  it('gives no form for the file of somebody else', async () => {
    const upload = await createUpload();
    const foreign = { ...upload, fields: { ...upload.fields, key: 'uploads/other/x' } };
    expect((await sendForm(foreign, new Blob(['x']))).text).toContain('<Code>AccessDenied</Code>');
  });

  it.each<[why: string, body: unknown, field: string]>([
    ['more than S3 takes', { bytes: 5_368_709_121 }, 'bytes'],
    ['no number of bytes', { bytes: '4' }, 'bytes'],
    ['a part of a byte', { bytes: 1.5 }, 'bytes'],
    ['fewer bytes than none', { bytes: -1 }, 'bytes'],
    ['no media type', { content_type: 'text' }, 'content_type'],
    ['a media type with a line break', { content_type: 'text/plain\r\nx: y' }, 'content_type'],
    ['an unknown field', { size: 4 }, 'size'],
    ['no object', [], 'body'],
  ])('refuses %s with 422', async (_why, body, field) => {
    const answer = await cloud.api.call<ProblemView>('POST', '/v1/uploads', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});
