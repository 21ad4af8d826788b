import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { readAllowedHosts } from '../../../../lambdas/jobs/outbound/allowed-hosts.ts';
import { type Answer, type Timeouts, post } from '../../../../lambdas/jobs/outbound/post.ts';

const trusted = getCACertificates('default');
let certificate: { cert: string; key: string };
let server: Server;

/** Creates a certificate for receiver.test. This process trusts the certificate until this file's tests end. */
beforeAll(async () => {
  const name = 'receiver.test';
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  certificate = { cert, key };
  setDefaultCACertificates([...trusted, certificate.cert]);
});

afterAll(() => {
  setDefaultCACertificates(trusted);
});

afterEach(async () => {
  await new Promise((closed) => server.close(closed));
});

async function listen(started: Server): Promise<number> {
  server = started.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends a POST to a host name that resolves to 127.0.0.1. */
function send(host: string, timeouts?: Timeouts): Promise<Answer> {
  const message = { headers: {}, body: Buffer.from('{}') };
  return post(new URL(`https://${host}/`), message, new AbortController().signal, {
    allowedHosts: readAllowedHosts(host),
    addressing: {
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      isPublic: () => true,
    },
    ...(timeouts && { timeouts }),
  });
}

describe('TLS', () => {
  it('requires a certificate for the name, although it connects to an address', async () => {
    const asked: unknown[] = [];
    const port = await listen(
      createHttpsServer(certificate, ({ socket, headers }, response) => {
        asked.push((socket as { servername?: string }).servername, headers.host);
        response.end('safe');
      }),
    );
    const answer = await send(`receiver.test:${port}`);
    expect(answer.body.toString()).toBe('safe');
    expect(asked).toEqual(['receiver.test', `receiver.test:${port}`]);
  });

  it('refuses a certificate for another name', async () => {
    const port = await listen(createHttpsServer(certificate, (_request, response) => response.end()));
    await expect(send(`other.test:${port}`)).rejects.toThrow(
      `No response from other.test:${port}: ERR_TLS_CERT_ALTNAME_INVALID`,
    );
  });

  it('refuses an untrusted certificate', async () => {
    const port = await listen(createHttpsServer(certificate, (_request, response) => response.end()));
    setDefaultCACertificates(trusted);
    await expect(send(`receiver.test:${port}`)).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('must complete within the connection timeout', async () => {
    const port = await listen(createServer((socket) => socket.resume()));
    await expect(send(`receiver.test:${port}`, { connect: 100, answer: 5_000 })).rejects.toThrow(
      'no connection within 0.1 s',
    );
  });
});
