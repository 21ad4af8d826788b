import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startS3, type S3 } from '../../src/s3/s3.ts';

export const BUCKET = 'uploads';
export const SECRET = 'the secret';

/** S3 behind the AWS endpoint, with one bucket, its own clock, and an unmodified SDK client. */
export interface S3UnderTest {
  readonly url: string;
  readonly dataDir: string;
  readonly client: S3Client;
  s3(): S3;
  /** Advances the clock by `forwardMs` (0 by default), and returns the time in milliseconds since the epoch. */
  clock(forwardMs?: number): number;
  put(key: string, body: string): Promise<void>;
  /** Returns the object's text. Throws the SDK's error if the object does not exist. */
  text(key: string): Promise<string>;
  /** Returns the names of the files in the objects' folder. */
  files(): Promise<string[]>;
  restart(): Promise<void>;
  /** Stops S3, and keeps its data and its URL. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

/** A log function that discards the SDK's warnings, such as warnings about streams that can't be resent. */
const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export function s3Client(url: string, region = 'us-east-1'): S3Client {
  return new S3Client({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'worker', secretAccessKey: SECRET },
    maxAttempts: 1,
    logger: SILENT,
  });
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends an HTTP request unchanged. SDKs and `fetch` would normalize the path, host and body. */
export function rawRequest(
  url: string,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body = '',
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.once('error', reject).end(body);
  });
}

/** @param givenDir a data folder; it may contain data from an earlier S3 instance */
export async function startS3UnderTest(givenDir?: string, region = 'us-east-1'): Promise<S3UnderTest> {
  const dataDir = givenDir ?? (await mkdtemp(join(tmpdir(), 's3-test-')));
  let now = Date.parse('2030-01-15T12:00:00Z');
  const start = (): S3 => startS3({ dataDir, region, secretAccessKey: SECRET, now: () => now });
  let s3 = start();
  const endpoint = await startAwsEndpoint({ port: 0, services: [s3] });
  const client = s3Client(endpoint.url, region);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: unknown) => {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  });
  let isRunning = true;
  const stop = async (): Promise<void> => {
    if (isRunning) await s3.end();
    isRunning = false;
  };
  return {
    url: endpoint.url,
    dataDir,
    client,
    s3: () => s3,
    clock(forwardMs = 0) {
      now += forwardMs;
      return now;
    },
    async put(Key, body) {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(body) }));
    },
    async text(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    files: () => readdir(join(dataDir, 's3', 'objects')),
    async restart() {
      await stop();
      s3 = start();
      isRunning = true;
      endpoint.register(s3);
    },
    stop,
    async end() {
      client.destroy();
      await endpoint.end();
      await stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
