import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signedFor } from '../../src/deploy/aws-call.ts';
import { startS3 } from '../../src/s3/s3.ts';
import { killAfterFirstLine } from './killed-process.ts';
import { BUCKET, rawRequest, SECRET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

let s3: S3UnderTest;

beforeAll(async () => {
  s3 = await startS3UnderTest();
});

afterAll(async () => {
  await s3.end();
});

describe('an object', () => {
  it('is read as it was put, with its metadata', async () => {
    const { ETag } = await s3.client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: 'logs/app.log',
        Body: 'ERROR one',
        ContentType: 'text/plain',
        ContentEncoding: 'identity',
        Metadata: { origin: 'app-7' },
      }),
    );
    const read = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'logs/app.log' }));

    expect(await read.Body?.transformToString()).toBe('ERROR one');
    expect(read).toMatchObject({
      ETag: '"a00bcab182230218773e04ab941f7535"',
      ContentLength: 9,
      ContentType: 'text/plain',
      ContentEncoding: 'identity',
      Metadata: { origin: 'app-7' },
      LastModified: new Date(s3.clock()),
      AcceptRanges: 'bytes',
      ChecksumType: 'FULL_OBJECT',
    });
    expect(ETag).toBe(read.ETag);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'logs/app.log' }));
    expect(head).toMatchObject({ ContentLength: 9, ContentType: 'text/plain', ETag });
  });

  it('has the last body that was put; a current reader gets the previous body, whose file is then deleted', async () => {
    await s3.put('replaced', 'a'.repeat(3_000_000));
    const before = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'replaced' }));
    const files = (await s3.files()).length;
    await s3.put('replaced', 'b');

    expect((await before.Body?.transformToString())?.length).toBe(3_000_000);
    expect(await s3.text('replaced')).toBe('b');
    expect(await s3.files()).toHaveLength(files);
  });

  it('can be empty', async () => {
    await s3.put('empty', '');
    expect(await s3.text('empty')).toBe('');
  });

  it('can have a key that is not a valid path', async () => {
    for (const key of ['a/../../b', '/a', 'a//b/', 'ünï códé + %41 & <x>', '..', 'a?b#c=1']) {
      await s3.put(key, key);
      expect(await s3.text(key)).toBe(key);
    }
  });

  it('no longer exists after it is deleted, and deleting it again is not an error', async () => {
    await s3.put('deleted', 'x');
    const files = (await s3.files()).length;
    const remove = () => s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'deleted' }));
    await remove();
    await remove();

    await expect(s3.text('deleted')).rejects.toThrow('The specified key does not exist.');
    expect(await s3.files()).toHaveLength(files - 1);
  });

  it('can be deleted with others in one request', async () => {
    await s3.put('many/1 & 2', 'x');
    await s3.put('many/3', 'x');
    const { Deleted } = await s3.client.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: [{ Key: 'many/1 & 2' }, { Key: 'many/3' }, { Key: 'many/none' }] },
      }),
    );

    expect(Deleted?.map(({ Key }) => Key)).toEqual(['many/1 & 2', 'many/3', 'many/none']);
    const { KeyCount } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'many/' }));
    expect(KeyCount).toBe(0);
  });

  it('is put only if none exists, on request: one of ten concurrent puts succeeds', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, number) =>
        s3.client.send(
          new PutObjectCommand({ Bucket: BUCKET, Key: 'once', Body: String(number), IfNoneMatch: '*' }),
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusal = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refusal?.reason).toMatchObject({ name: 'PreconditionFailed' });
  });
});

describe('a range of an object', () => {
  const range = async (Range: string, more: { IfMatch?: string } = {}) => {
    const command = new GetObjectCommand({ Bucket: BUCKET, Key: 'ranged', Range, ...more });
    const { Body, ContentRange, ContentLength } = await s3.client.send(command);
    return { text: await Body?.transformToString(), ContentRange, ContentLength };
  };

  beforeAll(async () => {
    await s3.put('ranged', '0123456789');
  });

  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=1-2,4-5', '0123456789', undefined],
    ['bytes=5-1', '0123456789', undefined],
    ['lines=1-2', '0123456789', undefined],
  ])('%s is %s', async (asked, text, ContentRange) => {
    expect(await range(asked)).toEqual({ text, ContentRange, ContentLength: text.length });
  });

  it('is refused if it starts beyond the object’s end', async () => {
    await expect(range('bytes=10-')).rejects.toMatchObject({
      name: 'InvalidRange',
      ActualObjectSize: '10',
      $metadata: { httpStatusCode: 416 },
    });
  });

  it('is refused if the object has changed since', async () => {
    const { ETag = '' } = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'ranged' }));
    expect((await range('bytes=0-0', { IfMatch: ETag })).text).toBe('0');
    await expect(range('bytes=0-0', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    const same = new GetObjectCommand({ Bucket: BUCKET, Key: 'ranged', IfNoneMatch: ETag });
    await expect(s3.client.send(same)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });
});

describe('a list', () => {
  beforeAll(async () => {
    for (const key of ['list/b', 'list/a/2', 'list/a/1', 'list/ä', 'list/a_', 'listing', 'list/c/1']) {
      await s3.put(key, key);
    }
  });

  const list = async (input: Partial<ConstructorParameters<typeof ListObjectsV2Command>[0]>) => {
    const page = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...input }));
    return {
      keys: (page.Contents ?? []).map(({ Key }) => Key),
      prefixes: (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      next: page.NextContinuationToken,
      page,
    };
  };

  it('has the keys with a prefix, sorted by their bytes', async () => {
    const { keys, page } = await list({ Prefix: 'list/' });
    expect(keys).toEqual(['list/a/1', 'list/a/2', 'list/a_', 'list/b', 'list/c/1', 'list/ä']);
    expect(page.IsTruncated).toBe(false);
    expect(page.Contents?.[0]).toMatchObject({ Size: 8, LastModified: new Date(s3.clock()) });
  });

  it('continues page by page until every key has been listed once', async () => {
    const seen: unknown[] = [];
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { ContinuationToken: token };
      const { keys, prefixes, next } = await list({ Prefix: 'list/', Delimiter: '/', MaxKeys: 1, ...more });
      seen.push(...keys, ...prefixes);
      token = next;
    } while (token !== undefined);
    expect(seen).toEqual(['list/a/', 'list/a_', 'list/b', 'list/c/', 'list/ä']);
  });

  it('treats a prefix literally, and can start after a key', async () => {
    expect((await list({ Prefix: 'list/a_' })).keys).toEqual(['list/a_']);
    expect((await list({ Prefix: 'list/', StartAfter: 'list/b' })).keys).toEqual(['list/c/1', 'list/ä']);
  });
});

it('a download continues with If-Range, or gets a changed object as a whole', async () => {
  await s3.put('continued', '0123456789');
  const { ETag = '' } = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'continued' }));
  const get = (condition: string) =>
    rawRequest(s3.url, 'GET', `/${BUCKET}/continued`, {
      ...signedFor('s3'),
      range: 'bytes=8-',
      'if-range': condition,
    });
  expect(await get(ETag)).toMatchObject({ status: 206, text: '89' });
  expect(await get('"other"')).toMatchObject({ status: 200, text: '0123456789' });
});

it('a bucket can also be named in the host name', async () => {
  await s3.put('hosted/a', 'by host');
  const answer = await rawRequest(s3.url, 'GET', '/hosted/a', {
    ...signedFor('s3'),
    host: `${BUCKET}.localhost`,
  });
  expect(answer.text).toBe('by host');
});

describe('the data', () => {
  it('survives a restart', async () => {
    await s3.put('kept', 'kept');
    await s3.restart();
    expect(await s3.text('kept')).toBe('kept');
  });

  it('that was acknowledged survives a crash, and half an upload leaves nothing', async () => {
    const killedDir = await mkdtemp(join(s3.dataDir, 'killed-'));
    const { key } = await killAfterFirstLine<{ key: string }>('s3-killed.ts', killedDir);
    const revived = await startS3UnderTest(killedDir);

    expect(await revived.text(key)).toBe('answered');
    const { Contents = [] } = await revived.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(await revived.files()).toHaveLength(Contents.length);
    await revived.end();
  });

  it('is reported with its folder if it cannot be opened', async () => {
    const unreadable = await mkdtemp(join(s3.dataDir, 'unreadable-'));
    await mkdir(join(unreadable, 's3'));
    await writeFile(join(unreadable, 's3', 's3.sqlite'), 'no database'.repeat(100));

    expect(() => startS3({ dataDir: s3.dataDir, secretAccessKey: SECRET })).toThrow(
      `The S3 data in ${s3.dataDir}/s3 cannot be opened: another process uses it; stop that one first.`,
    );
    expect(() => startS3({ dataDir: unreadable, secretAccessKey: SECRET })).toThrow(
      `The S3 data in ${unreadable}/s3 cannot be opened: file is not a database; delete the folder to start afresh.`,
    );
  });
});

it('S3 can be stopped in the middle of an upload, and keeps nothing of the upload', async () => {
  const other = await startS3UnderTest();
  const begun = Promise.withResolvers<undefined>();
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      yield Buffer.alloc(65_536);
      if ((await other.files()).length > 0) begun.resolve(undefined);
    }
  }
  const Body = Readable.from(endless(), { objectMode: false });
  const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'endless', Body, ContentLength: 4 * 1024 ** 3 });
  const uploading = other.client.send(put);
  await begun.promise;
  await other.stop();

  await expect(uploading).rejects.toThrow();
  expect(await other.files()).toEqual([]);
  await other.end();
});
