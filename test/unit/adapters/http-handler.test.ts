import { HttpRequest } from '@smithy/core/protocols';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { callingWithin, createHttpHandler, type Times } from '../../../lambdas/adapters/aws/http-handler.ts';

const TIMES: Times = { connectionTimeout: 2_000, requestTimeout: 8_000 };
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** Starts a service, and creates a handler that calls it. */
async function serve(listener: RequestListener, times: Partial<Times> = {}) {
  const sockets: Socket[] = [];
  const server: Server = createServer(listener);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const handler = createHttpHandler({ ...TIMES, ...times });
  ended.push(() => {
    handler.destroy?.();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const call = async (given: Partial<HttpRequest> = {}, options = {}) => {
    const { response } = await handler.handle(
      new HttpRequest({
        protocol: 'http:',
        hostname: '127.0.0.1',
        port,
        method: 'POST',
        headers: { host: 'h' },
        ...given,
      }),
      options,
    );
    const { statusCode, reason, headers } = response;
    return { statusCode, reason, headers, body: Buffer.from(response.body as Uint8Array).toString() };
  };
  return { call, sockets };
}

describe('our HTTP handler', () => {
  it('sends the given request, and returns the whole response', async () => {
    const { call } = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(202, 'Fine', { 'x-many': ['a', 'b'] });
        response.write(`${request.method} ${request.url} ${String(request.headers['x-amz-target'])} `);
        response.end(Buffer.concat(chunks));
      });
    });
    const given = {
      method: 'PUT',
      path: '/a/b',
      query: { name: 'a b', each: ['1', '2'] },
      headers: { host: 'h', 'x-amz-target': 'Do', 'content-length': '4' },
      body: new TextEncoder().encode('né!'),
    };
    expect(await call(given)).toMatchObject({
      statusCode: 202,
      reason: 'Fine',
      headers: { 'x-many': 'a, b' },
      body: 'PUT /a/b?each=1&each=2&name=a%20b Do né!',
    });
  });

  it('keeps its connection for the next call', async () => {
    const { call, sockets } = await serve((_request, response) => response.end('{}'));
    await call();
    await call();
    expect(sockets).toHaveLength(1);
  });

  it('opens a new connection for a call that requests one, and closes it afterwards', async () => {
    const { call, sockets } = await serve((_request, response) => response.end('{}'));
    await call();
    const { signal } = new AbortController();
    await callingWithin({ signal, isOnNewConnection: true }, call);
    await call();
    expect(sockets).toHaveLength(2);
  });

  it('aborts a call when its context’s time limit is reached', async () => {
    const { call } = await serve(() => undefined);
    const end = new AbortController();
    const aborted = callingWithin({ signal: end.signal }, call);
    end.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    const limits = { signal: new AbortController().signal, requestTimeout: TIMES.connectionTimeout + 10 };
    await expect(callingWithin(limits, call)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('returns no bytes for a response without a body', async () => {
    const { call } = await serve((_request, response) => response.writeHead(204).end());
    expect(await call()).toMatchObject({ statusCode: 204, body: '' });
  });

  it.each([
    ['head', () => undefined],
    ['end', (_request, response) => response.writeHead(200, { 'content-length': 9 }).write('half')],
  ] as [string, RequestListener][])('gives up waiting for the %s of a response', async (_part, listener) => {
    const { call, sockets } = await serve(listener, { connectionTimeout: 400, requestTimeout: 500 });
    await expect(call()).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'No response from 127.0.0.1 within 500 ms.',
    });
    await new Promise((resolve) => sockets[0]?.resume().once('close', resolve));
  });

  it('reads the time limit of a call from its options', async () => {
    const { call } = await serve(() => undefined, { connectionTimeout: 400 });
    await expect(call({}, { requestTimeout: 450 })).rejects.toThrow('within 450 ms');
  });

  it('gives up waiting for a connection', async () => {
    const { call } = await serve(() => undefined, { connectionTimeout: 200, requestTimeout: 1_000 });
    const calls = Array.from({ length: 51 }, () => call().catch((error: unknown) => error as Error));
    expect(await Promise.race(calls)).toMatchObject({
      name: 'TimeoutError',
      message: 'No connection to 127.0.0.1 within 200 ms.',
    });
    await Promise.all(calls);
  });

  it('reports a broken connection as a timeout, like the SDK, so that its retries recognize it', async () => {
    const { call } = await serve((request) => request.socket.destroy());
    await expect(call()).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
  });

  it('reports an interrupted response as a timeout', async () => {
    const { call } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 9 }).write('half', () => request.socket.destroy());
    });
    await expect(call()).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
  });

  it("passes on Node's own errors", async () => {
    const { call } = await serve(() => undefined);
    await expect(call({ port: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(call({ headers: { 'x-amz-target': 'a\nb' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_CHAR',
    });
  });

  it('ends an aborted call, before and while it is sent', async () => {
    const { call } = await serve(() => {
      controller.abort(new Error('Enough.'));
    });
    const controller = new AbortController();
    const failure = { name: 'AbortError', cause: new Error('Enough.') };
    await expect(call({}, { abortSignal: controller.signal })).rejects.toMatchObject(failure);
    await expect(call({}, { abortSignal: controller.signal })).rejects.toMatchObject(failure);
  });
});
