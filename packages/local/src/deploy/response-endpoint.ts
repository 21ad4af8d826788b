import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '../http-api/read-body.ts';

/** Receives the single response from a custom resource's provider. */
export interface ResponseEndpoint {
  readonly url: string;
  /** The body of the first accepted response. */
  readonly answered: Promise<string>;
  end(): Promise<void>;
}

/** CloudFormation's maximum response size. */
const MAX_RESPONSE_BYTES = 4096;

/**
 * Accepts one HTTP PUT, under the same conditions as the presigned S3 URL that CloudFormation sends. The request must state its length,
 * because S3 accepts no chunked uploads. A content type is refused, because the URL's signature does not cover it. `fetch` sets a content
 * type for every string body, unless the caller sets an empty content type.
 */
export async function openResponseEndpoint(): Promise<ResponseEndpoint> {
  let take: (body: string) => void;
  const answered = new Promise<string>((settle) => {
    take = settle;
  });

  const server = createServer((request, response) => {
    const refuse = (statusCode: number, code: string, message: string) => {
      request.resume();
      response.writeHead(statusCode, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    };
    if (request.method !== 'PUT') {
      refuse(403, 'SignatureDoesNotMatch', 'The URL is signed for PUT.');
    } else if ((request.headers['content-type'] ?? '') !== '') {
      refuse(403, 'SignatureDoesNotMatch', 'The URL is signed without a content type; send an empty one.');
    } else if (request.headers['content-length'] === undefined) {
      refuse(501, 'NotImplemented', 'S3 does not accept Transfer-Encoding; send a Content-Length.');
    } else {
      void readBody(request, MAX_RESPONSE_BYTES).then((body) => {
        if (!body) {
          refuse(400, 'EntityTooLarge', `CloudFormation accepts at most ${MAX_RESPONSE_BYTES} bytes.`);
          return;
        }
        response.end();
        take(body.toString());
      });
    }
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/`,
    answered,
    async end() {
      const closed = new Promise((settle) => server.close(settle));
      server.closeAllConnections();
      await closed;
    },
  };
}
