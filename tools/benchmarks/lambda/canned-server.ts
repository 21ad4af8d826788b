/**
 * A fake AWS in a separate process. It listens on three ports on 127.0.0.1, one per service, because each AWS service has its own host. The
 * first argument is the duration of a call in milliseconds. If `tls <key file> <certificate file>` follows, the server speaks HTTPS. The
 * server prints the ports as one line of JSON, and exits when its standard input closes. `GET /calls` returns the number of calls received
 * so far.
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
      throw new Error(`The request ${String(target ?? request.url)} is not signed.`);
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
