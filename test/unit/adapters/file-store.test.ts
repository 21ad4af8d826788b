import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFileStore } from '../../../lambdas/adapters/s3/file-store.ts';

const KEY = 'uploads/default/app.log';
const CONTENT = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251));
const ETAG = '"the-first"';

/** The store's requests, and the function that responds to them. */
let asked: { range: string | undefined; ifMatch: string | undefined }[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push({ range: request.headers.range, ifMatch: request.headers['if-match'] });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'worker',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves the content from the requested position, and breaks the connection after `breakAfter` bytes. */
function serve(breakAfter: number): typeof answer {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? 'bytes=0-')?.[1]);
    const rest = CONTENT.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { etag: ETAG, 'content-length': rest.length });
    if (rest.length <= breakAfter) response.end(rest);
    else response.write(rest.subarray(0, breakAfter), () => response.destroy());
  };
}

function refuse(status: number, code: string): typeof answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  };
}

const open = (signal = new AbortController().signal) => createFileStore('uploads').open(KEY, signal);

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a file in S3', () => {
  it('is read in one request', async () => {
    answer = serve(Infinity);
    const file = await open();
    expect(file?.bytes).toBe(CONTENT.length);
    expect((await readAll(file?.stream ?? NONE)).equals(CONTENT)).toBe(true);
    expect(asked).toEqual([{ range: undefined, ifMatch: undefined }]);
  });

  it('is requested again from the byte at which the connection broke, on the condition that it is unchanged', async () => {
    answer = serve(300_000);
    const file = await open();
    expect((await readAll(file?.stream ?? NONE)).equals(CONTENT)).toBe(true);
    expect(asked).toEqual([
      { range: undefined, ifMatch: undefined },
      { range: 'bytes=300000-', ifMatch: ETAG },
      { range: 'bytes=600000-', ifMatch: ETAG },
      { range: 'bytes=900000-', ifMatch: ETAG },
    ]);
  });

  it('fails when it makes no more progress', async () => {
    answer = serve(0);
    const file = await open();
    await expect(readAll(file?.stream ?? NONE)).rejects.toThrow('aborted');
    expect(asked).toHaveLength(4);
  });

  it('fails if it was replaced meanwhile', async () => {
    answer = serve(300_000);
    const file = await open();
    answer = refuse(412, 'PreconditionFailed');
    await expect(readAll(file?.stream ?? NONE)).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('is undefined if it does not exist', async () => {
    answer = refuse(404, 'NoSuchKey');
    expect(await open()).toBeUndefined();
  });

  it('causes an error if access is denied, because that is not the job’s fault', async () => {
    answer = refuse(403, 'AccessDenied');
    await expect(open()).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('stops being read as soon as the job is stopped, however slow the transfer is', async () => {
    answer = (_request, response) => {
      response
        .writeHead(200, { etag: ETAG, 'content-length': CONTENT.length })
        .write(CONTENT.subarray(0, 10));
    };
    const stop = new AbortController();
    const file = await open(stop.signal);
    const reading = readAll(file?.stream ?? NONE);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(asked).toHaveLength(1);
  });
});

/** A placeholder for a missing file, needed only for the types. Reading this file fails. */
const NONE: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]() {
    throw new Error('There is no file.');
  },
};
