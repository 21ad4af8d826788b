import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import { startS3 } from '../../../local/s3/s3.ts';
import type { AwsService } from '../../../local/service.ts';

describe('S3', () => {
  let dataDir: string;
  let endpoint: AwsEndpoint;
  let s3: AwsService;
  let client: S3Client;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 's3-test-'));
    endpoint = await startAwsEndpoint({ port: 0 });
    s3 = startS3({ dataDir });
    endpoint.register(s3);
    client = new S3Client({
      endpoint: endpoint.url,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: 'worker', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
  });

  afterEach(async () => {
    client.destroy();
    await endpoint.end();
    await s3.end();
    await rm(dataDir, { recursive: true });
  });

  it('keeps an object over a restart', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'uploads' }));
    await client.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'a/b.log', Body: 'ERROR one' }));

    await s3.end();
    s3 = startS3({ dataDir });
    endpoint.register(s3);

    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'uploads', Key: 'a/b.log' }));
    expect(await Body?.transformToString()).toBe('ERROR one');
  });

  it('names the data that it cannot open', async () => {
    await mkdir(join(dataDir, 's3'));
    await writeFile(join(dataDir, 's3', 'fauxqs.db'), 'no database'.repeat(100));

    await expect(client.send(new CreateBucketCommand({ Bucket: 'uploads' }))).rejects.toThrow(
      `The S3 data in ${dataDir}/s3 cannot be opened: file is not a database.`,
    );
  });

  it('ends without ever having been asked', async () => {
    await expect(startS3({ dataDir }).end()).resolves.toBeUndefined();
  });
});
