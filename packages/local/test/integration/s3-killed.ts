// A process that puts objects until it is killed during a put: see s3.test.ts. The argument is the data folder.
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { BUCKET, startS3UnderTest } from './s3-under-test.ts';

const [, , dataDir = ''] = process.argv;
const s3 = await startS3UnderTest(dataDir);
await s3.put('answered', 'answered');

async function* endless(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1_000_000);
  while ((await s3.files()).length < 2) yield Buffer.alloc(1_000_000);
  process.stdout.write(`${JSON.stringify({ key: 'answered' })}\n`);
  for (;;) yield Buffer.alloc(1_000_000);
}

const Body = Readable.from(endless(), { objectMode: false });
await s3.client.send(
  new PutObjectCommand({ Bucket: BUCKET, Key: 'half', Body, ContentLength: 4 * 1024 ** 3 }),
);
