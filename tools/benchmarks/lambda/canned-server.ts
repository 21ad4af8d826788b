/**
 * AWS as the functions see it, in a process of its own: three ports on 127.0.0.1, one a service, as in AWS each has a host of
 * its own. The first argument is how many milliseconds a call takes. With `tls <key file> <certificate file>` after it, the server
 * speaks HTTPS. It prints the ports as one line of JSON, and ends with its standard input. `GET /calls` answers how many calls it has
 * received.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { cannedAnswer } from './canned-answers.ts';

const [, , callMs, scheme, keyFile = '', certificateFile = ''] = process.argv;

let calls = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') {
    response.end(String(calls));
    return;
  }
  calls += 1;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const target = request.headers['x-amz-target'];
    const authorization = request.headers.authorization ?? '';
    if (!/^AWS4-HMAC-SHA256 Credential=.*Signature=[0-9a-f]{64}$/.test(authorization)) {
      throw new Error(`A request of ${String(target ?? request.url)} is not signed.`);
    }
    const { contentType, body } = cannedAnswer(
      typeof target === 'string' ? target : undefined,
      request.url ?? '',
      Buffer.concat(chunks).toString(),
    );
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'x-amzn-requestid': '4f0c2c0e-7b1f-4c39-9f41-3f9f0c4bb7ad',
    });
    if (Number(callMs) > 0) setTimeout(() => response.end(body), Number(callMs));
    else response.end(body);
  });
}

async function listen(): Promise<number> {
  const server =
    scheme === 'tls'
      ? createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, answer)
      : createServer(answer);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

const [rdsData, dynamoDb, sqs] = [await listen(), await listen(), await listen()];
process.stdout.write(`${JSON.stringify({ rdsData, dynamoDb, sqs })}\n`);
process.stdin.once('end', () => process.exit(0)).resume();
