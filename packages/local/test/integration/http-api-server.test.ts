import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from '../../src/http-api/http-server.ts';
import { httpApisUnderTest } from './http-api-under-test.ts';

const apis = httpApisUnderTest();

afterAll(() => apis.end());

describe('the HTTP server', () => {
  it('responds with 503 until it has a gateway', async () => {
    const server = await startHttpServer({ port: 0 });
    expect((await fetch(server.url)).status).toBe(503);
    await server.end();
  });

  it('reports a taken port and the setting that changes it', async () => {
    const server = await startHttpServer({ port: 0 });
    const { port } = new URL(server.url);
    await expect(startHttpServer({ port: Number(port) })).rejects.toThrow(
      new RegExp(`Port ${port} .*taken.*PORT`),
    );
    await server.end();
  });

  it('survives a client that disconnects in the middle of the body', async () => {
    const url = await apis.serve(() => 'still here');
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf');
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect(await (await fetch(url)).json()).toBe('still here');
  });

  it('stops after the current request, even though a client keeps its connection open', async () => {
    const server = await startHttpServer({ port: 0 });
    const { promise: invoked, resolve: noteInvoked } = Promise.withResolvers<undefined>();
    const { promise: result, resolve: finish } = Promise.withResolvers<undefined>();
    server.serve(async () => {
      noteInvoked(undefined);
      await result;
      return { statusCode: 200, headers: {}, body: Buffer.from('done') };
    });
    const underWay = fetch(server.url);
    await invoked;
    const ended = server.end();
    finish(undefined);
    await ended;
    const response = await underWay;
    expect(await response.text()).toBe('done');
    // Without this header, the client would keep the connection open, and the server would wait for the client to close it.
    expect(response.headers.get('connection')).toBe('close');
  });
});

describe('a web page', () => {
  const server = stackOfServers();
  afterAll(() => server.end());

  it.each([
    [
      'from a rebound name',
      { host: 'evil.example:3000' },
      /^This API does not answer the host "evil\.example:3000"\. .*--host/,
    ],
    ['from a name that only looks local', { host: 'localhost.evil.example' }, /the host/],
    [
      'from a rebound name with its origin',
      { host: 'evil.example', origin: 'http://evil.example' },
      /the host/,
    ],
    [
      'from another origin',
      { origin: 'https://evil.example' },
      /pages of the origin "https:\/\/evil\.example"\. .*CORS_ORIGINS/,
    ],
    ['from another port', { origin: 'http://localhost:1' }, /pages of the origin/],
    ['with an opaque origin', { origin: 'null' }, /pages of the origin "null"/],
    [
      'from another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      /pages of another site/,
    ],
    ['from another site with the same name', { 'sec-fetch-site': 'same-site' }, /pages of another site/],
  ])('%s is refused before the gateway, and the error says what to do', async (_what, headers, message) => {
    const { url, served } = await server.start();
    const { status, body } = await send(url, headers, 'POST');
    expect(status).toBe(403);
    expect((JSON.parse(body) as { message: string }).message).toMatch(message);
    expect(served).toEqual([]);
  });

  it.each([
    ['by another loopback name', { host: 'api.localhost:3000' }],
    ['through a forwarded port', { host: '127.0.0.1:8080' }],
    ['over IPv6', { host: '[::1]:3000' }],
    [
      'from its own page',
      { host: 'localhost:3000', origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' },
    ],
    ['from a page with a listed origin', { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }],
    ['from the address bar', { 'sec-fetch-site': 'none' }],
  ])('may call %s', async (_what, headers) => {
    const { url } = await server.start({ origins: ['https://app.example'] });
    expect((await send(url, headers)).status).toBe(200);
  });

  it('may not submit a form from a link', async () => {
    const { url } = await server.start();
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await send(url, link, 'POST')).status).toBe(403);
  });
});

describe('a server that is open to other machines', () => {
  const server = stackOfServers();
  afterAll(() => server.end());

  it('accepts any address and the machine’s name as the host, but no other name', async () => {
    const { url } = await server.start({ host: '0.0.0.0' });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    for (const [host, status] of [
      ['192.0.2.1:3000', 200],
      ['[2001:db8::1]:3000', 200],
      [`${hostname()}:3000`, 200],
      ['localhost:3000', 200],
      ['evil.example:3000', 403],
    ] as const) {
      expect([host, (await send(url, { host })).status]).toEqual([host, status]);
    }
    const page = { host: '192.0.2.1', origin: 'https://evil.example' };
    expect((await send(url, page, 'POST')).status).toBe(403);
  });

  it('accepts the name that it was configured with', async () => {
    const { url } = await server.start({ host: 'localhost' });
    expect((await send(url, { host: '192.0.2.1' })).status).toBe(403);
  });

  it('reports an address that this machine does not have', async () => {
    await expect(server.start({ host: '192.0.2.1' })).rejects.toThrow(
      /^This machine has no address 192\.0\.2\.1\. Set --host/,
    );
  });
});

/** Starts and ends servers that respond with 200, and record each request's method. */
function stackOfServers() {
  const started: HttpServer[] = [];
  return {
    async start({ host, origins }: { host?: string; origins?: string[] } = {}) {
      const server = await startHttpServer({ port: 0, ...(host !== undefined && { host }) });
      started.push(server);
      const served: (string | undefined)[] = [];
      server.serve(({ method }) => {
        served.push(method);
        return Promise.resolve({ statusCode: 200, headers: {}, body: Buffer.alloc(0) });
      }, origins);
      return { url: server.url, served };
    },
    async end() {
      await Promise.all(started.map((server) => server.end()));
    },
  };
}

/** Sends a request with headers that `fetch` does not let you set. */
async function send(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number | undefined; body: string }> {
  const [answer] = (await once(request(url, { method, headers }).end(), 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await text(answer) };
}
