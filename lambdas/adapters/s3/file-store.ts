import { addAbortSignal, type Readable } from 'node:stream';
import type { FileStore } from '../../job/job-files.ts';
import type { DownloadLink, UploadStore } from '../../job/upload-store.ts';
import type { S3 } from './client.ts';
import { loadOnce } from '../../lazy.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import { endOfWork } from '../aws/http-handler.ts';

/**
 * Loads the S3 client when a file is first used (docs/decisions/0007-files.md), because the client is half as large as the
 * rest of the API, and most requests and jobs use no files.
 */
const loadS3 = async () => (await import('#s3-client')).createS3();

/** How long a link to a file stays valid, in seconds. */
const LINK_SECONDS = 3600;

/** The maximum number of consecutive times that an interrupted download is resumed. */
const RESUMPTIONS = 3;

/** A file that is being downloaded. */
interface Opened {
  readonly body: Readable;
  readonly bytes: number;
  readonly etag: string;
}

/** Creates the file store through which jobs access the uploads bucket. */
export function createFileStore(bucket: string): FileStore {
  const s3 = loadOnce(loadS3);

  async function get(
    Key: string,
    signal: AbortSignal,
    rest?: { Range: string; IfMatch: string },
  ): Promise<Opened> {
    const { client, GetObjectCommand } = await s3();
    const command = new GetObjectCommand({ Bucket: bucket, Key, ...rest });
    const { Body, ContentLength = 0, ETag = '' } = await client.send(command, { abortSignal: signal });
    const body = addAbortSignal(signal, Body as Readable);
    // Ignore errors here, because the stream's reader also gets them. Without a listener, an error before the first read
    // would crash the process.
    body.on('error', () => undefined);
    return { body, bytes: ContentLength, etag: ETag };
  }

  /** Reads a file. A download can take minutes, so if the connection breaks, the download resumes where it stopped. */
  async function* read(
    key: string,
    first: Opened,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let at = 0;
    let failures = 0;
    for (let { body } = first; ;) {
      try {
        for await (const piece of body as AsyncIterable<Buffer>) {
          at += piece.length;
          failures = 0;
          yield piece;
        }
        return;
      } catch (error) {
        failures += 1;
        if (signal.aborted || failures > RESUMPTIONS || at >= first.bytes) throw error;
        ({ body } = await get(key, signal, { Range: `bytes=${at}-`, IfMatch: first.etag }));
      }
    }
  }

  return {
    async open(key, signal) {
      let first: Opened;
      try {
        first = await get(key, signal);
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
      return { bytes: first.bytes, stream: read(key, first, signal) };
    },
    async put(Key, Body, ContentType) {
      const { client, PutObjectCommand } = await s3();
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType }));
    },
    link: async (key) => signLink(await s3(), bucket, key),
  };
}

/**
 * Signs a link without making a request. The link expires after an hour, or when the function's credentials expire,
 * whichever is earlier.
 */
async function signLink(
  { linkClient, getSignedUrl, GetObjectCommand }: S3,
  bucket: string,
  key: string,
): Promise<DownloadLink> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const signingDate = new Date();
  const url = await getSignedUrl(linkClient, command, { expiresIn: LINK_SECONDS, signingDate });
  return { url, expiresAt: new Date(signingDate.getTime() + LINK_SECONDS * 1000) };
}

/** Creates the upload store through which the API accesses the uploads bucket. */
export function createUploadStore(bucket: string): UploadStore {
  const s3 = loadOnce(loadS3);

  return {
    async put(Key, Body, ContentType) {
      const { client, PutObjectCommand } = await s3();
      try {
        const command = new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType });
        // Pass the signal explicitly, because the S3 client uses the SDK's own HTTP handler, which doesn't apply
        // {@link endOfWork}.
        const abortSignal = endOfWork();
        await client.send(command, { ...(abortSignal && { abortSignal }) });
      } catch (error) {
        throw new StoreUnavailableError('s3', 'unknown', error);
      }
    },

    async form(key, { contentType, minBytes, maxBytes, expiresIn }) {
      const { client, createPresignedPost } = await s3();
      return createPresignedPost(client, {
        Bucket: bucket,
        Key: key,
        Conditions: [['content-length-range', minBytes, maxBytes]],
        Fields: contentType === undefined ? {} : { 'Content-Type': contentType },
        Expires: expiresIn,
      });
    },

    async download(key) {
      const loaded = await s3();
      try {
        const command = new loaded.HeadObjectCommand({ Bucket: bucket, Key: key });
        const abortSignal = endOfWork();
        const { ContentLength: bytes = 0, ContentType: contentType = 'application/octet-stream' } =
          await loaded.client.send(command, { ...(abortSignal && { abortSignal }) });
        return { ...(await signLink(loaded, bucket, key)), bytes, contentType };
      } catch (error) {
        // S3's response to HEAD has no body and therefore no error code, so the SDK reports `NotFound`.
        if (error instanceof Error && error.name === 'NotFound') return undefined;
        throw new StoreUnavailableError('s3', 'unknown', error);
      }
    },
  };
}
