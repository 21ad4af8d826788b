import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HttpRequest } from '@smithy/core/protocols';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, createServer, request, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { createHttpHandler, rehearsing } from '../../../lambdas/adapters/aws/http-handler.ts';
import { prepareConnections } from '../../../lambdas/adapters/aws/prepared-connections.ts';
import { createDynamoDbClient } from '../../../lambdas/adapters/dynamodb/client.ts';

/** The service's connections, and the bodies of the requests it received. */
let connections: Socket[];
let bodies: string[];
/** The handlers for the next requests. Once all have been used, the service responds with `{}`. */
let listeners: RequestListener[];
let server: Server;
let port: number;
const ended: (() => void)[] = [];

beforeEach(async () => {
  connections = [];
  bodies = [];
  listeners = [];
  server = createServer((message, response) => {
    const listener = listeners.shift();
    if (listener) {
      listener(message, response);
      return;
    }
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.end('{}');
    });
  });
  server.on('connection', (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const end of ended.splice(0)) end();
  server.closeAllConnections();
  server.close();
});

describe('a rehearsed call', () => {
  it('opens the connection of the first real call, and sends nothing', async () => {
    const handler = createHttpHandler({ connectionTimeout: 2_000, requestTimeout: 8_000 });
    ended.push(() => handler.destroy?.());
    const call = () => handler.handle(requestTo(port));
    const { response } = await rehearsing(call);
    expect(response).toMatchObject({ statusCode: 200, body: Buffer.from('{}') });
    await untilConnected(1);
    expect(bodies).toEqual([]);
    await call();
    await call();
    expect(connections).toHaveLength(1);
    expect(bodies).toEqual(['real', 'real']);
  });

  it('succeeds if the host cannot be reached', async () => {
    server.close();
    const handler = createHttpHandler({ connectionTimeout: 2_000, requestTimeout: 8_000 });
    const call = () => handler.handle(requestTo(port));
    expect((await rehearsing(call)).response.statusCode).toBe(200);
    await expect(call()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('of an SDK client changes nothing in the real call', async () => {
    const { client, put } = openClient();
    await rehearsing(put);
    await put();
    const rehearsed = bodies.splice(0);
    client.destroy();
    await openClient().put();
    expect(rehearsed).toEqual(bodies);
  });

  it('of an SDK client costs one retry if its connection is dead when it is needed', async () => {
    const { put } = openClient();
    await rehearsing(put);
    listeners.push((message) => message.socket.resetAndDestroy());
    await put();
    expect(connections).toHaveLength(2);
    expect(bodies).toHaveLength(1);
  });
});

describe('a rehearsed call over TLS', () => {
  const names: unknown[] = [];
  let handshakes = 0;
  let handshake: Promise<unknown>;
  let call: () => Promise<unknown>;
  let certificate: string;

  beforeEach(async () => {
    names.length = handshakes = 0;
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    certificate = cert;
    const secure = createTlsServer({ cert, key }, ({ socket }, response) => {
      names.push((socket as { servername?: string }).servername);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    secure.on('secureConnection', () => (handshakes += 1));
    handshake = new Promise((resolve) => secure.once('secureConnection', resolve));
    await once(secure, 'listening');
    const handler = createHttpHandler({ connectionTimeout: 2_000, requestTimeout: 8_000 });
    ended.push(() => {
      handler.destroy?.();
      secure.closeAllConnections();
      secure.close();
    });
    const to = requestTo((secure.address() as AddressInfo).port);
    call = () => handler.handle(Object.assign(to, { protocol: 'https:', hostname: 'localhost' }));
  });

  it('completes the handshake for the first real call', async () => {
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, certificate]);
    ended.push(() => {
      setDefaultCACertificates(trusted);
    });
    await rehearsing(call);
    await handshake;
    await call();
    expect(handshakes).toBe(1);
    expect(names).toEqual(['localhost']);
  });

  it('leaves no connection to a host without a trusted certificate', async () => {
    await rehearsing(call);
    await expect(call()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(names).toEqual([]);
  });
});

describe('a prepared connection', () => {
  it('is not used if the service has closed it', async () => {
    const { prepared, get } = openAgent();
    await prepared.open('127.0.0.1', port);
    await untilConnected(1);
    const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
    connections[0]?.end();
    await closed;
    await get();
    expect(connections).toHaveLength(2);
  });

  it.each([
    { name: 'is used after 5 s', waited: 5_000, count: 1 },
    { name: 'is not used after more than 5 s', waited: 5_001, count: 2 },
    { name: 'is not used if the clock was set back', waited: -5_001, count: 2 },
  ])('$name', async ({ waited, count }) => {
    let now = 1_000_000;
    const { prepared, get } = openAgent(() => now);
    await prepared.open('127.0.0.1', port);
    await untilConnected(1);
    now += waited;
    await get();
    expect(connections).toHaveLength(count);
  });

  it('is used by only one call', async () => {
    const { prepared, get } = openAgent();
    await prepared.open('127.0.0.1', port);
    await Promise.all([get(), get()]);
    expect(connections).toHaveLength(2);
  });
});

function requestTo(to: number): HttpRequest {
  return new HttpRequest({
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: to,
    method: 'POST',
    headers: { host: 'h' },
    body: 'real',
  });
}

function openClient(): { client: DynamoDBClient; put: () => Promise<unknown> } {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  });
  const client = createDynamoDbClient();
  ended.push(() => {
    client.destroy();
    process.env = before;
  });
  return { client, put: () => client.send(new PutItemCommand({ TableName: 't', Item: { pk: { S: 'a' } } })) };
}

function openAgent(now?: () => number) {
  const agent = new Agent({ keepAlive: true });
  const prepared = prepareConnections(agent, now);
  ended.push(() => {
    prepared.close();
    agent.destroy();
  });
  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, agent }, (response) => {
        response.resume().once('end', resolve);
      })
        .on('error', reject)
        .end();
    });
  return { prepared, get };
}

async function untilConnected(count: number): Promise<void> {
  while (connections.length < count) await new Promise((resolve) => server.once('connection', resolve));
}
