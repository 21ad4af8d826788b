import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createErrand } from 'errand-client';
import { serveOnHttp, type HttpOptions, type RunningHttpServer } from '../../../bin/command-line/mcp/http.ts';
import { createServer } from '../../../bin/command-line/mcp/server.ts';
import { commandsFor } from '../../helpers/errand-command.ts';
import { connectToHttp } from '../../helpers/mcp-client.ts';

const { errand } = commandsFor(() => 'http://127.0.0.1:1');

let server: RunningHttpServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(options: Partial<HttpOptions> = {}): Promise<URL> {
  const url = 'http://127.0.0.1:1';
  const factory = () =>
    createServer({ errand: createErrand({ url, retries: 0 }), url, version: '1.0.0', allowWrites: false });
  server = await serveOnHttp(factory, {
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    allowedHosts: [],
    report: () => undefined,
    ...options,
  });
  return new URL(server.url);
}

/** Sends a request that lists the tools. Unlike `fetch`, this function can set any `Host` header. */
async function post(
  url: URL,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; headers: object }> {
  const sent = request({ host: '127.0.0.1', port: url.port, path: url.pathname, method: 'POST' });
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  for (const [name, value] of Object.entries(all)) sent.setHeader(name, value);
  sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response), headers: response.headers };
}

describe('errand mcp --http', () => {
  it.each([
    ['no other header', {}],
    ['localhost as its host', { host: 'localhost:3001' }],
    ['a web page of this machine as its origin', { origin: 'http://localhost:6274' }],
  ])('answers a request with %s', async (_what, headers) => {
    const { status, body } = await post(await serve(), headers);
    expect(status).toBe(200);
    expect(body).toContain('list_failures');
  });

  it.each([
    [
      'another host, as after DNS rebinding',
      { host: 'attacker.example:3001' },
      /"host: attacker\.example:3001" .*--allow-host/,
    ],
    ['a web page of another host as its origin', { origin: 'https://attacker.example' }, /attacker\.example/],
    ['an opaque origin', { origin: 'null' }, /"origin: null" .*--allow-host/],
  ])('refuses a request with %s', async (_what, headers, message) => {
    const { status, body } = await post(await serve(), headers);
    expect(status).toBe(403);
    expect(body).toMatch(message);
    expect(body).not.toContain('list_failures');
  });

  it('accepts the hosts in --allow-host', async () => {
    const url = await serve({ allowedHosts: ['agents.example.com'] });
    const named = { host: 'agents.example.com', origin: 'https://agents.example.com' };
    expect(await post(url, named)).toMatchObject({ status: 200 });
    expect(await post(url, { host: 'other.example.com' })).toMatchObject({ status: 403 });
  });

  it('responds to any other path with 404 and its own path', async () => {
    const url = await serve();
    expect(await post(new URL('/', url))).toMatchObject({ status: 404, body: 'The MCP endpoint is /mcp.\n' });
  });

  it.each(['0.0.0.0', '::'])('does not listen on %s without a token', async (host) => {
    await expect(serve({ host })).rejects.toThrow(
      `--host ${host} opens the server to other machines: set the variable ERRAND_MCP_TOKEN`,
    );
    await expect(serve({ host, token: '' })).rejects.toThrow('ERRAND_MCP_TOKEN');
  });

  it('with a token accepts only requests with the token', async () => {
    const url = await serve({ host: '0.0.0.0', token: 'a-secret' });
    for (const headers of [{}, { authorization: 'Bearer a-secre' }, { authorization: 'Basic a-secret' }]) {
      const { status, body, headers: sent } = await post(url, headers);
      expect({ status, sent }).toMatchObject({ status: 401, sent: { 'www-authenticate': 'Bearer' } });
      expect(body).toBe('Send the token from ERRAND_MCP_TOKEN as "Authorization: Bearer".\n');
    }
    url.hostname = '127.0.0.1';
    const client = await connectToHttp(url.href, 'modern', 'a-secret');
    expect((await client.listTools()).tools).not.toHaveLength(0);
    await client.close();
    await expect(connectToHttp(url.href, 'legacy', 'wrong')).rejects.toThrow(
      /Send the token from ERRAND_MCP_TOKEN/,
    );
  });

  it('reports that its port is taken', async () => {
    const { port } = await serve();
    expect(await errand(['mcp', '--http', '--port', port])).toEqual({
      code: 2,
      output: '',
      messages: `error: can't listen on 127.0.0.1, port ${port} (EADDRINUSE): choose others with --host and --port\n`,
    });
  });

  it.each([
    [['mcp', '--port', '8080'], /--port requires --http/],
    [['mcp', '--allow-host', 'x'], /--allow-host requires --http/],
    [['mcp', '--http', '--port', '70000'], /--port.*It must be a port from 0 to 65535/],
    [['mcp', '--http', '--host', '0.0.0.0'], /set the variable ERRAND_MCP_TOKEN to a secret/],
  ])('refuses %j', async (words, message) => {
    const { code, messages } = await errand(words);
    expect(messages).toMatch(message);
    expect(code).toBe(2);
  });
});
