import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startHttpServer } from '../../../local/http-api/http-server.ts';
import { httpApisUnderTest } from './http-api-under-test.ts';

const apis = httpApisUnderTest();

afterAll(() => apis.end());

describe('the HTTP server', () => {
  it('answers 503 until it has a gateway', async () => {
    const server = await startHttpServer({ port: 0 });
    expect((await fetch(server.url)).status).toBe(503);
    await server.end();
  });

  it('names a taken port, and the setting that changes it', async () => {
    const server = await startHttpServer({ port: 0 });
    const { port } = new URL(server.url);
    await expect(startHttpServer({ port: Number(port) })).rejects.toThrow(
      new RegExp(`Port ${port} .*taken.*PORT`),
    );
    await server.end();
  });

  it('lives on when a client leaves in the middle of its body', async () => {
    const url = await apis.serve(() => 'still here');
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect(await (await fetch(url)).json()).toBe('still here');
  });

  it('ends although a client keeps its connection open, and lets a request under way finish', async () => {
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
    // Else the client would keep the connection, and the server would wait for it.
    expect(response.headers.get('connection')).toBe('close');
  });
});
