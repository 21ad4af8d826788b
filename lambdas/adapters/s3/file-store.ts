import { addAbortSignal, type Readable } from 'node:stream';
import type { FileStore } from '../../job/job-files.ts';
import type { S3 } from './client.ts';

/** How often in a row a file is asked for again whose bytes stopped coming. */
const RESUMPTIONS = 3;

/** A file of which bytes are coming in. */
interface Opened {
  readonly body: Readable;
  readonly bytes: number;
  readonly etag: string;
}

/** The bucket of uploads, for who reads it. S3's client is loaded with the first file: most jobs do without. */
export function createFileStore(bucket: string): FileStore {
  let loading: Promise<S3> | undefined;
  const load = (): Promise<S3> => (loading ??= import('#s3-client').then(({ createS3 }) => createS3()));

  async function get(
    Key: string,
    signal: AbortSignal,
    rest?: { Range: string; IfMatch: string },
  ): Promise<Opened> {
    const { client, GetObjectCommand } = await load();
    const command = new GetObjectCommand({ Bucket: bucket, Key, ...rest });
    const { Body, ContentLength = 0, ETag = '' } = await client.send(command, { abortSignal: signal });
    const body = addAbortSignal(signal, Body as Readable);
    // Whoever reads hears of an error; before that there may be nobody to hear.
    body.on('error', () => undefined);
    return { body, bytes: ContentLength, etag: ETag };
  }

  /** A download of minutes outlives a connection now and then: what is missing is asked for again. */
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
  };
}
