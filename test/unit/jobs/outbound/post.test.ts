import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Host } from '../../../../lambdas/access/host-entry.ts';
import { FinalError } from '../../../../lambdas/job/errors.ts';
import { type Answer, post, type OutboundRules } from '../../../../lambdas/jobs/outbound/post.ts';
import { publicAddressing, type Addressing } from '../../../../lambdas/jobs/outbound/public-addresses.ts';
import { startReceiver, type Received, type Receiver } from '../../../helpers/webhook-receiver.ts';

type Respond = (request: Received, response: ServerResponse, earlier: number) => void;

const MESSAGE = { headers: { 'content-type': 'application/json' }, body: Buffer.from('{"a":"ä"}') };

let respond: Respond;
let receiver: Receiver;

beforeEach(async () => {
  respond = (_request, response) => response.end('ok');
  receiver = await startReceiver((...given) => {
    respond(...given);
  });
});

afterEach(() => receiver.end());

/** Sends a POST to a URL, which may be relative to the receiver's URL. By default, only the receiver's host is allowed. */
function send(
  url: string,
  rules: Partial<OutboundRules> & { setting?: string } = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Answer> {
  const { setting = receiver.origin, ...rest } = rules;
  return post(new URL(url, receiver.origin), MESSAGE, signal, {
    allowedHosts: setting.split(',').filter(Boolean).map(hostOf),
    ...rest,
  });
}

/**
 * Returns an allowed host, even if WEBHOOK_ALLOWED_HOSTS would refuse the entry. The tests check that the connection is guarded independently.
 */
function hostOf(entry: string): Host {
  const { protocol, hostname, port } = new URL(entry.includes('://') ? entry : `https://${entry}`);
  return { protocol, hostname, port, isWildcard: false };
}

/** Checks that the receiver got exactly one request, and waits until the request's connection is closed. */
async function connectionClosed(): Promise<void> {
  expect(receiver.received).toHaveLength(1);
  await Promise.all(receiver.received.map(({ closed }) => closed));
}

/** Creates a resolver that returns the given addresses for every name, and records the queries. */
function addressing(
  addresses: string[],
  isPublic = publicAddressing.isPublic,
): Addressing & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    isPublic,
    resolve(hostname) {
      asked.push(hostname);
      return Promise.resolve(
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
  };
}

describe('a POST', () => {
  it('sends its headers and its body, and returns the response', async () => {
    respond = (_request, response) => response.writeHead(201, { 'x-a': 'b' }).end('made');
    const answer = await send('/hooks?a=b');
    expect(answer).toMatchObject({ status: 201, isTruncated: false });
    expect(answer.headers['x-a']).toBe('b');
    expect(answer.body.toString()).toBe('made');
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/hooks?a=b',
        headers: {
          host: `127.0.0.1:${receiver.port}`,
          'content-type': 'application/json',
          'content-length': '10',
          connection: 'close',
        },
      },
    ]);
    expect(receiver.received[0]?.body.toString()).toBe('{"a":"ä"}');
  });

  it('keeps 16 KiB of a response, and then closes the connection', async () => {
    respond = (_request, response) => {
      const flood = (): void => {
        while (response.write(Buffer.alloc(4_096, 'x')));
      };
      response.on('drain', flood);
      flood();
    };
    const answer = await send('/');
    expect(answer.body.toString()).toBe('x'.repeat(16 * 1024));
    expect(answer.isTruncated).toBe(true);
    await connectionClosed();
  });

  it('keeps a whole response of 16 KiB', async () => {
    respond = (_request, response) => response.end(Buffer.alloc(16 * 1024, 'x'));
    expect(await send('/')).toMatchObject({ isTruncated: false, body: { length: 16 * 1024 } });
  });

  it('keeps the beginning of an interrupted response, whose status has arrived', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('begun', () => response.destroy());
    };
    const answer = await send('/');
    expect(answer).toMatchObject({ status: 200, isTruncated: true });
    expect(answer.body.toString()).toBe('begun');
  });

  it('times out without a response, and closes its connection', async () => {
    respond = () => undefined;
    const waiting = send('/', { timeouts: { connect: 5_000, answer: 100 } });
    await expect(waiting).rejects.toThrow(`No response from 127.0.0.1:${receiver.port}: none within 0.1 s`);
    await expect(waiting).rejects.not.toBeInstanceOf(FinalError);
    await connectionClosed();
  });

  it('times out without a connection', async () => {
    const stuck = { resolve: () => new Promise<never>(() => undefined), isPublic: () => true };
    const waiting = send(`http://receiver.test:${receiver.port}/`, {
      setting: `http://receiver.test:${receiver.port}`,
      addressing: stuck,
      timeouts: { connect: 50, answer: 5_000 },
    });
    await expect(waiting).rejects.toThrow(
      `No response from receiver.test:${receiver.port}: no connection within 0.05 s`,
    );
  });

  it('reports why it could not connect, without the address', async () => {
    const { origin } = receiver;
    await receiver.end();
    await expect(send('/', { setting: origin })).rejects.toThrow(
      /^No response from 127\.0\.0\.1:\d+: ECONNREFUSED$/,
    );
    receiver = await startReceiver(() => undefined);
  });

  it('stops immediately when it is aborted, and closes its connection', async () => {
    const stop = new AbortController();
    respond = () => {
      stop.abort('canceled');
    };
    await expect(send('/', {}, stop.signal)).rejects.toBe('canceled');
    await connectionClosed();
  });

  it('stops in the middle of a response too', async () => {
    const stop = new AbortController();
    respond = (_request, response) => {
      response.write('begun');
    };
    const begun = (): void => {
      setImmediate(() => {
        stop.abort('canceled');
      });
    };
    // Node publishes to this channel when a response's headers have arrived.
    subscribe('http.client.response.finish', begun);
    try {
      await expect(send('/', {}, stop.signal)).rejects.toBe('canceled');
    } finally {
      unsubscribe('http.client.response.finish', begun);
    }
    await connectionClosed();
  });

  it('is not started with an aborted signal', async () => {
    await expect(send('/', {}, AbortSignal.abort('canceled'))).rejects.toBe('canceled');
    expect(receiver.received).toEqual([]);
  });
});

describe('a host', () => {
  it('that is not on the list is refused again at connection time', async () => {
    await expect(send('/', { setting: 'example.com' })).rejects.toThrow(FinalError);
    await expect(send('/', { setting: '' })).rejects.toThrow('WEBHOOK_ALLOWED_HOSTS');
    expect(receiver.received).toEqual([]);
  });

  it.each([
    [['127.0.0.1']],
    [['93.184.216.34', '10.0.0.1']],
    [['169.254.169.254', '93.184.216.34']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [[]],
  ])('whose name resolves to %j is refused before any connection', async (addresses) => {
    const failing = send(`http://receiver.test:${receiver.port}/`, {
      setting: `http://receiver.test:${receiver.port}`,
      addressing: addressing(addresses),
    });
    await expect(failing).rejects.toThrow(FinalError);
    await expect(failing).rejects.toThrow(/^receiver\.test resolves to (a non-public|no) address/);
    expect(receiver.received).toEqual([]);
  });

  it('named localhost is refused because of its resolved address', async () => {
    const { port } = receiver;
    const failing = send(`http://localhost:${port}/`, { setting: `http://localhost:${port}` });
    await expect(failing).rejects.toThrow('localhost resolves to a non-public address');
    expect(receiver.received).toEqual([]);
  });

  it('is resolved once, and the connection goes to the checked address with the name', async () => {
    // With DNS rebinding, a second query would return another address, so the name must be resolved only once.
    const rebinding = addressing(['127.0.0.1'], (address) => address === '127.0.0.1');
    const setting = `http://receiver.test:${receiver.port}`;
    const answer = await send(`${setting}/`, { setting, addressing: rebinding });
    expect(answer.status).toBe(200);
    expect(rebinding.asked).toEqual(['receiver.test']);
    expect(receiver.received[0]?.headers.host).toBe(`receiver.test:${receiver.port}`);
  });

  it('that is an address needs no DNS query', async () => {
    const unused = addressing([]);
    await send('/', { addressing: unused });
    expect(unused.asked).toEqual([]);
  });

  it('that does not exist may exist at the next attempt', async () => {
    const failing = send('https://receiver.test/', {
      setting: 'receiver.test',
      addressing: {
        isPublic: () => true,
        resolve: () => Promise.reject(Object.assign(new Error('queryA'), { code: 'ENOTFOUND' })),
      },
    });
    await expect(failing).rejects.toThrow('No response from receiver.test: ENOTFOUND');
    await expect(failing).rejects.not.toBeInstanceOf(FinalError);
  });
});

describe('a redirect', () => {
  const redirect =
    (status: number, location: string): Respond =>
    ({ path }, response) => {
      if (path === '/start') response.writeHead(status, { location }).end();
      else response.end('arrived');
    };

  it.each([307, 308])('with %d on the same origin is followed with the same POST', async (status) => {
    respond = redirect(status, '/there');
    const answer = await send('/start');
    expect(answer).toMatchObject({ status: 200, url: { pathname: '/there' } });
    const [, second] = receiver.received;
    expect(second).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    expect(second?.body).toEqual(MESSAGE.body);
  });

  it.each([301, 302, 303])('with %d would lose the POST, and fails', async (status) => {
    respond = redirect(status, '/there');
    const failing = send('/start');
    await expect(failing).rejects.toThrow(FinalError);
    await expect(failing).rejects.toThrow(`responded with ${status}, which turns a POST into a GET`);
    expect(receiver.received).toHaveLength(1);
  });

  it.each(['https://127.0.0.1/', 'http://169.254.169.254/latest', '//example.com/', 'http://127.0.0.1:1/'])(
    'to %s goes to another origin, and fails although the host is allowed',
    async (location) => {
      respond = redirect(307, location);
      const setting = `${receiver.origin},127.0.0.1,http://169.254.169.254,http://example.com,http://127.0.0.1:1`;
      const failing = send('/start', { setting });
      await expect(failing).rejects.toThrow(FinalError);
      await expect(failing).rejects.toThrow('redirects to other hosts are not followed');
    },
  );

  it('without a location fails', async () => {
    respond = (_request, response) => response.writeHead(307).end();
    await expect(send('/start')).rejects.toThrow(
      'responded with 307, but without a valid URL as the location',
    );
    respond = redirect(307, 'http://[');
    await expect(send('/start')).rejects.toThrow(
      'responded with 307, but without a valid URL as the location',
    );
  });

  it('is followed at most three times', async () => {
    respond = ({ path }, response) => {
      const left = Number(path.slice(1));
      if (left > 0) response.writeHead(307, { location: `/${left - 1}` }).end();
      else response.end('arrived');
    };
    expect(await send('/3')).toMatchObject({ status: 200 });
    await expect(send('/4')).rejects.toThrow('redirects more than 3 times');
  });

  it('resolves its host again', async () => {
    respond = redirect(308, '/there');
    const setting = `http://receiver.test:${receiver.port}`;
    const counted = addressing(['127.0.0.1'], () => true);
    await send(`${setting}/start`, { setting, addressing: counted });
    expect(counted.asked).toHaveLength(2);
  });
});
