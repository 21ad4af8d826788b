import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** The maximum time to wait for the JSON, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Starts a server on 127.0.0.1. `received` resolves with the first JSON document that the tested function sends. */
export async function receiveOne(): Promise<{ url: string; received: Promise<unknown> }> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const server = createServer((request, response) => {
    json(request).then(
      (document) => {
        response.end();
        resolve(document);
      },
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const timer = setTimeout(resolve, PATIENCE_MS, `nothing within ${PATIENCE_MS / 1000} s`);
  void promise.then(() => {
    clearTimeout(timer);
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: promise };
}
