import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { openAsBlob } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { callsOf, resetAwsCalls, sandboxesOf } from '../helpers/embedded.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { writeLargeLog } from '../../tools/benchmarks/large-log.ts';
import { target } from '../helpers/target.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';

/** Whether LocalStack replaces S3. LocalStack is written in Python, so it serves large files slowly on a busy machine. */
const withLocalStack = target.kind === 'embedded' && target.localStack !== undefined;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: withLocalStack ? '60' : '20', JOB_PREFETCH: '4' });
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

describe('POST /v1/downloads', () => {
  it('returns a link to a file, with its size and media type', async () => {
    const upload = await createUpload({ content_type: 'text/plain' });
    await sendForm(upload, new Blob(['ERROR one']));
    const before = Date.now();
    const { status, body } = await cloud.api.call<{ url: string; expires_at: string }>(
      'POST',
      '/v1/downloads',
      { file: upload.file },
    );
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { file: upload.file, bytes: 9, content_type: 'text/plain' },
    });
    expect(Date.parse(body.expires_at) - before).toBeGreaterThan(3_590_000);
    expect(await (await fetch(body.url)).text()).toBe('ERROR one');
  });

  it.each(['uploads/default/nothing', 'uploads/other/nothing', 'elsewhere'])(
    'responds with 404 for %s',
    async (file) => {
      const answer = await cloud.api.call<ProblemView>('POST', '/v1/downloads', { file });
      expect(answer).toMatchObject({
        status: 404,
        body: { type: 'urn:errand:problem:file-not-found' },
      });
    },
  );
});

describe('POST /v1/uploads', () => {
  it('returns a form that uploads one file of up to 5 GiB within an hour', async () => {
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

  it('returns a new form each time', async () => {
    expect((await createUpload({})).file).not.toBe((await createUpload({})).file);
  });

  it('uses the given content type, and the form accepts no other', async () => {
    const upload = await createUpload({ content_type: 'text/plain; charset=utf-8' });
    expect(await sendForm(upload, new Blob(['x']))).toMatchObject({ status: 204 });
    expect((await stored(upload.file)).contentType).toBe('text/plain; charset=utf-8');

    const html = { ...upload, fields: { ...upload.fields, 'Content-Type': 'text/html' } };
    expect((await sendForm(html, new Blob(['x']))).text).toContain('Invalid according to Policy');
  });

  it('accepts only files of the announced size', async () => {
    const upload = await createUpload({ bytes: 4 });
    expect(upload.max_bytes).toBe(4);
    expect((await sendForm(upload, new Blob(['123']))).text).toContain('<Code>EntityTooSmall</Code>');
    expect((await sendForm(upload, new Blob(['12345']))).text).toContain('<Code>EntityTooLarge</Code>');
    expect(await sendForm(upload, new Blob(['1234']))).toMatchObject({ status: 204 });
  });

  it('returns no form for another tenant’s file', async () => {
    const upload = await createUpload();
    const foreign = { ...upload, fields: { ...upload.fields, key: 'uploads/other/x' } };
    expect((await sendForm(foreign, new Blob(['x']))).text).toContain('<Code>AccessDenied</Code>');
  });

  it.each<[why: string, body: unknown, field: string]>([
    ['more than S3 accepts', { bytes: 5_368_709_121 }, 'bytes'],
    ['a size that is not a number', { bytes: '4' }, 'bytes'],
    ['a fraction of a byte', { bytes: 1.5 }, 'bytes'],
    ['a negative size', { bytes: -1 }, 'bytes'],
    ['no media type', { content_type: 'text' }, 'content_type'],
    ['a media type with a line break', { content_type: 'text/plain\r\nx: y' }, 'content_type'],
    ['an unknown field', { size: 4 }, 'size'],
    ['no object', [], 'body'],
  ])('refuses %s with 422', async (_why, body, field) => {
    const answer = await cloud.api.call<ProblemView>('POST', '/v1/uploads', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});

/** Submits a form as a browser does. */
async function submitForm<Body>(entries: [name: string, value: string | Blob][], query = '') {
  const body = new FormData();
  for (const [name, value] of entries) body.append(name, value);
  const response = await fetch(`${cloud.api.url}/v1/jobs${query}`, { method: 'POST', body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

const log = (text: string): [string, Blob] => ['file', new Blob([text], { type: 'text/plain' })];

describe('POST /v1/jobs with a file', () => {
  it('stores the file and puts its key into the payload', async () => {
    const { status, body: job } = await cloud.api.ended(
      await submitForm<SubmittedView>(
        [['type', 'analyze'], ['payload', '{"patterns": ["ERROR", "ä"]}'], log('ERROR ä\r\nä')],
        '?wait=20',
      ),
    );
    expect(status).toBe(201);
    expect(job).toMatchObject({
      status: 'success',
      payload: { patterns: ['ERROR', 'ä'], file: expect.stringMatching(/^uploads\/default\/[0-9a-f-]{36}$/) },
      result: { counts: { ERROR: 1, ä: 2 }, lines: 2, bytes: 12 },
      progress: { fraction: 1 },
    });
    const { file } = job.payload as { file: string };
    expect(await stored(file)).toEqual({ text: 'ERROR ä\r\nä', contentType: 'text/plain' });
  });

  it('accepts the other fields of a submission as strings', async () => {
    const submission: [string, string | Blob][] = [
      ['type', 'analyze'],
      ['object_id', '4711'],
      ['max_attempts', '7'],
      ['timeout_seconds', '9'],
      ['payload', '{"patterns": ["x"]}'],
      log(''),
    ];
    const first = await submitForm<SubmittedView>(submission);
    expect(first.body).toMatchObject({ object_id: '4711', max_attempts: 7, timeout_seconds: 9 });
    const again = await submitForm<SubmittedView>(submission);
    expect(again).toMatchObject({ status: 200, body: { job_id: first.body.job_id, deduplicated: true } });
    expect((await cloud.api.finished(first.body.job_id)).result).toEqual({
      counts: { x: 0 },
      lines: 0,
      bytes: 0,
    });
  });

  it('accepts about 4.5 MB unchanged, and refers to uploads above that', async () => {
    const entries = (bytes: number): [string, string | Blob][] => [
      ['type', 'analyze'],
      ['payload', '{"patterns": ["\\u00ff"]}'],
      ['file', new Blob([Buffer.alloc(bytes, Uint8Array.of(0xc3, 0xbf, 0x00))])],
    ];
    const largest = await cloud.api.ended(await submitForm<SubmittedView>(entries(4_500_000), '?wait=20'));
    expect(largest.body.result).toEqual({ counts: { ÿ: 1_500_000 }, lines: 1, bytes: 4_500_000 });
    const tooLarge = await submitForm<ProblemView>(entries(4_500_001));
    expect(tooLarge).toMatchObject({ status: 413, body: { errors: [{ field: 'file' }] } });
    expect(tooLarge.body.detail).toContain('POST /v1/uploads');
  });

  it.each<[why: string, entries: [string, string | Blob][], status: number, field: string]>([
    ['without a file', [['type', 'analyze']], 422, 'file'],
    ['with two files', [['type', 'analyze'], log('a'), log('b')], 422, 'file'],
    ['with an unknown field', [['typo', 'analyze'], log('a')], 422, 'typo'],
    ['with a payload that is not JSON', [['payload', '{'], log('a')], 400, 'payload'],
    ['with a payload that is not an object', [['payload', '[]'], log('a')], 422, 'payload'],
    ['with a payload that names a file', [['payload', '{"file": "a"}'], log('a')], 422, 'payload.file'],
    ['for a type that takes no file', [['type', 'sleep'], log('a')], 422, 'payload.file'],
    ['without patterns', [['type', 'analyze'], log('a')], 422, 'payload.patterns'],
    ['with an invalid number', [['max_attempts', 'two'], log('a')], 422, 'max_attempts'],
  ])('is refused %s, and stores nothing', async (_why, entries, status, field) => {
    const count = async () =>
      (await cloud.s3.send(new ListObjectsV2Command({ Bucket: cloud.output('UploadsBucketName') }))).KeyCount;
    const before = await count();
    const answer = await submitForm<ProblemView>(entries);
    expect(answer.status).toBe(status);
    expect(answer.body.errors?.map((error) => error.field)).toContain(field);
    expect(await count()).toBe(before);
  });
});

describe('an analyze job', () => {
  const analyze = async (payload: object, more: object = {}) =>
    cloud.api.finished(
      (await cloud.api.submit({ type: 'analyze', payload, ...more })).job_id,
      withLocalStack ? 90_000 : undefined,
    );

  /** The key of an uploaded 110 MB log. */
  let largeLog: string;

  it('reads a log of 100 MB and more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'errand-log-'));
    const path = join(folder, 'app.log');
    const { bytes, lines, levels } = await writeLargeLog(path, 110_000_000);
    const upload = await createUpload({ content_type: 'text/plain', bytes });
    expect(await sendForm(upload, await openAsBlob(path))).toMatchObject({ status: 204 });
    await rm(folder, { recursive: true });
    largeLog = upload.file;

    const job = await analyze({ file: largeLog, patterns: [' ERROR ', ' WARN ', '\n20', 'FATAL'] });
    expect(job).toMatchObject({
      status: 'success',
      result: {
        counts: { ' ERROR ': levels.ERROR, ' WARN ': levels.WARN, '\n20': lines - 1, FATAL: 0 },
        lines,
        bytes,
      },
    });
  }, 120_000);

  itUnless('hidden-processes')('reads such a log with little memory and one request', async () => {
    await resetAwsCalls(cloud);
    expect(await analyze({ file: largeLog, patterns: ['FATAL'] })).toMatchObject({ status: 'success' });
    const worker = cloud.output('WorkerFunctionName');
    expect(await callsOf(cloud, worker)).toMatchObject({ 's3 GetObject': 1 });
    for (const peak of await peaksOfMemory(worker)) expect(peak).toBeLessThan(200_000);
  });

  it.each([
    ['that was never uploaded', 'uploads/default/01900000-0000-7000-8000-000000000000'],
    ['with an invalid key', 'app.log'],
    ['of another tenant, even if it exists', 'uploads/other/app.log'],
  ])('fails immediately for a file %s', async (_why, file) => {
    const foreign = { Bucket: cloud.output('UploadsBucketName'), Key: 'uploads/other/app.log', Body: 'x' };
    await cloud.s3.send(new PutObjectCommand(foreign));
    const job = await analyze({ file, patterns: ['x'] }, { max_attempts: 5 });
    expect(job).toMatchObject({ status: 'failed', attempt: 1 });
    expect(job.message).toBe(
      `There is no file "${file}". Files are uploaded with POST /v1/uploads, and expire after 7 days.`,
    );
  });

  it('is refused for an empty pattern, with its position', async () => {
    const payload = { file: 'x', patterns: ['a', ''] };
    const answer = await cloud.api.call<ProblemView>('POST', '/v1/jobs', { type: 'analyze', payload });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'payload.patterns.1' }] } });
  });
});

/** Returns the peak memory of each of a function's processes, in kB. Only Linux reports peak memory. */
async function peaksOfMemory(functionName: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const sandboxes = await sandboxesOf(cloud, functionName);
  expect(sandboxes).not.toHaveLength(0);
  return Promise.all(
    sandboxes.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    }),
  );
}
