import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { forwardTo } from '../../src/aws-endpoint/forward.ts';
import { readRequestBody } from '../../src/aws-endpoint/request-body.ts';
import type { AwsService } from '../../src/service.ts';

/** Creates a service that responds with its name and the length of the request's body. */
function echo(name: string): AwsService {
  return {
    name,
    handle(request, response) {
      void text(request).then((body) => response.end(`${name} ${body.length}`));
    },
    end: () => Promise.resolve(),
  };
}

function signed(service: string, caller = 'api'): Record<string, string> {
  const scope = `${caller}/20261122/eu-west-1/${service}/aws4_request`;
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=0`,
  };
}

describe('the AWS endpoint', () => {
  let endpoint: AwsEndpoint;
  let logged: string[];

  beforeEach(async () => {
    logged = [];
    endpoint = await startAwsEndpoint({
      port: 0,
      services: [echo('sqs'), echo('rds-data'), echo('lambda'), echo('s3')],
      log: (line) => logged.push(line),
    });
  });
  afterEach(() => endpoint.end());

  const send = async (path: string, init: RequestInit = {}): Promise<string> =>
    (await fetch(endpoint.url + path, init)).text();

  it('passes a request with its whole body to the service that it is signed for', async () => {
    const body = 'x'.repeat(100_000);

    expect(await send('/', { method: 'POST', headers: signed('sqs'), body })).toBe('sqs 100000');
    expect(await send('/Execute', { method: 'POST', headers: signed('rds-data'), body: '{}' })).toBe(
      'rds-data 2',
    );
  });

  it('finds the service in a presigned URL’s query string, and routes unsigned requests to S3', async () => {
    const credential = encodeURIComponent('api/20261122/eu-west-1/sqs/aws4_request');

    expect(await send(`/?X-Amz-Credential=${credential}&X-Amz-Signature=0`)).toBe('sqs 0');
    expect(await send('/bucket/key')).toBe('s3 0');
  });

  it('routes requests to a service that is registered later', async () => {
    endpoint.register(echo('ssm'));

    expect(await send('/', { headers: signed('ssm') })).toBe('ssm 0');
  });

  it('forwards a service’s calls with the whole body to another server, even if a guard has read the body', async () => {
    await using stack = new AsyncDisposableStack();
    const other = stack.adopt(
      await startAwsEndpoint({ port: 0, services: [echo('sqs'), echo('s3')] }),
      (each) => each.end(),
    );
    endpoint.intercept(({ service, request }, proceed) => {
      if (service === 'sqs') void readRequestBody(request).then(proceed);
      else proceed();
    });
    for (const name of ['sqs', 's3']) {
      const forwarding = stack.adopt(forwardTo(name, other.url), (each) => each.end());
      endpoint.register(forwarding);
    }
    const body = 'x'.repeat(100_000);
    const headers = { ...signed('sqs'), 'x-amz-target': 'AmazonSQS.SendMessage' };

    expect(await send('/', { method: 'POST', headers, body })).toBe('sqs 100000');
    expect(await send('/bucket/key', { method: 'PUT', headers: signed('s3'), body })).toBe('s3 100000');
    expect(other.calls().map(({ action }) => action)).toEqual(['PutObject', 'SendMessage']);
  });

  it('forwards each call over a new connection, which the other server cannot have closed', async () => {
    await using stack = new AsyncDisposableStack();
    // Closes a connection when its second request arrives, like a server whose idle timeout has just elapsed.
    const used = new WeakSet();
    const other = createServer(({ socket }, response) => {
      if (used.has(socket)) socket.destroy();
      else response.end('answered');
      used.add(socket);
    });
    stack.defer(() => void other.close());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    endpoint.register(stack.adopt(forwardTo('s3', `http://127.0.0.1:${port}`), (each) => each.end()));

    for (let call = 0; call < 3; call += 1) {
      const response = await fetch(`${endpoint.url}/bucket/key`, { method: 'PUT', headers: signed('s3') });
      expect({ status: response.status, text: await response.text() }).toEqual({
        status: 200,
        text: 'answered',
      });
      expect(response.headers.get('connection')).toBe('keep-alive');
    }
  });

  it('names the server if it does not respond', async () => {
    const forwarding = forwardTo('sqs', 'http://127.0.0.1:1');
    endpoint.register(forwarding);
    const headers = { ...signed('sqs'), 'x-amz-target': 'AmazonSQS.SendMessage' };
    const response = await fetch(endpoint.url, { method: 'POST', headers, body: '{}' });
    await forwarding.end();

    expect(response.status).toBe(503);
    expect(await response.text()).toContain('The server http://127.0.0.1:1, which handles sqs, failed');
  });

  it('refuses an unknown service in a format that the SDKs understand, and lists the known services', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { ...signed('kinesis'), 'x-amz-target': 'Kinesis_20131202.PutRecord' },
    });

    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('UnrecognizedServiceException');
    const message = 'The embedded AWS has no service named "kinesis". Services: lambda, rds-data, s3, sqs.';
    expect(await response.json()).toEqual({ __type: 'UnrecognizedServiceException', message });
    expect(logged).toEqual([message]);
  });

  it.each(['//', 'http://[', '/\\\\', '*'])(
    'passes a request with the target %s to its service',
    async (target) => {
      const { port } = new URL(endpoint.url);
      const request = httpRequest({ port, path: target, method: 'OPTIONS', headers: signed('s3') }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect([response.statusCode, await text(response)]).toEqual([200, 's3 0']);
    },
  );

  it.each(['__proto__', 'constructor'])('does not treat %s as a service', async (service) => {
    endpoint.intercept(() => {
      throw new Error('An interceptor was called.');
    });
    expect((await fetch(endpoint.url, { headers: signed(service) })).status).toBe(400);
  });

  it('responds to an internal failure, logs it, and continues', async () => {
    endpoint.intercept(({ service }, proceed) => {
      if (service === 'sqs') throw new Error('a fault');
      proceed();
    });
    const response = await fetch(endpoint.url, { headers: signed('sqs') });
    const message = 'The embedded cloud failed. See its log for the error.';
    expect([response.status, await response.json()]).toEqual([500, { __type: 'InternalFailure', message }]);
    expect(logged.join('\n')).toMatch(/^The embedded sqs failed in GET \/: Error: a fault\n {4}at /);
    expect(await send('/bucket/key')).toBe('s3 0');
  });

  it('asks for a signature if a JSON-protocol request has none', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('counts calls by caller, service and action, lists the counts, and resets them', async () => {
    const target = (action: string) => ({ 'x-amz-target': `AmazonSQS.${action}` });
    await send('/', { method: 'POST', headers: { ...signed('sqs', 'worker'), ...target('DeleteMessage') } });
    await send('/', { method: 'POST', headers: { ...signed('sqs', 'worker'), ...target('DeleteMessage') } });
    await send('/', { method: 'POST', headers: { ...signed('sqs', 'api'), ...target('SendMessage') } });
    await send('/Execute', { method: 'POST', headers: signed('rds-data', 'api') });
    await send('/BeginTransaction', { method: 'POST', headers: signed('rds-data', 'migrate') });
    await send('/2015-03-31/functions/worker/invocations', {
      method: 'POST',
      headers: signed('lambda', 'rule'),
    });
    await send('/bucket/key?partNumber=1&uploadId=u', { method: 'PUT', headers: signed('s3', 'api') });
    await send('/bucket?list-type=2', { headers: signed('s3', 'api') });
    await send('/bucket/key');

    const counts = [
      { caller: 'anonymous', service: 's3', action: 'GetObject', count: 1 },
      { caller: 'api', service: 'rds-data', action: 'ExecuteStatement', count: 1 },
      { caller: 'api', service: 's3', action: 'ListObjectsV2', count: 1 },
      { caller: 'api', service: 's3', action: 'UploadPart', count: 1 },
      { caller: 'api', service: 'sqs', action: 'SendMessage', count: 1 },
      { caller: 'migrate', service: 'rds-data', action: 'BeginTransaction', count: 1 },
      { caller: 'rule', service: 'lambda', action: 'Invoke', count: 1 },
      { caller: 'worker', service: 'sqs', action: 'DeleteMessage', count: 2 },
    ];
    expect(endpoint.calls()).toEqual(counts);
    expect(JSON.parse(await send('/_errand/calls'))).toEqual({ calls: counts });
    expect(JSON.parse(await send('/_errand/calls', { method: 'DELETE' }))).toEqual({ calls: [] });
    expect(endpoint.calls()).toEqual([]);
  });

  it('serves additional views, and lists them in the error for an unknown view', async () => {
    endpoint.registerView('sandboxes', (_request, response) => response.end('three'));

    expect(await send('/_errand/sandboxes')).toBe('three');
    expect(JSON.parse(await send('/_errand/nothing'))).toEqual({
      message: 'No view named "nothing". Views: calls, sandboxes.',
    });
  });

  it('refuses a second view with the same name', () => {
    const view = (_request: IncomingMessage, response: ServerResponse) => response.end();
    endpoint.registerView('sandboxes', view);
    expect(() => {
      endpoint.registerView('sandboxes', view);
    }).toThrow('/_errand/sandboxes is taken: give the view "sandboxes" another name.');
  });

  it('accepts only loopback hosts, so that a web page cannot reach it through DNS rebinding', async () => {
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const answered = (response: IncomingMessage): void => {
          response.resume();
          resolve(response.statusCode);
        };
        httpRequest(endpoint.url, { headers: { ...signed('sqs'), host } }, answered)
          .on('error', reject)
          .end();
      });

    expect(await statusFor('evil.example:4566')).toBe(403);
    expect(await statusFor('localhost.evil.example')).toBe(403);
    expect(await statusFor('127.0.0.1.evil.example:4566')).toBe(403);
    expect(await statusFor('localhost:4566')).toBe(200);
    expect(await statusFor('bucket.localhost:4566')).toBe(200);
    expect(endpoint.calls()).toEqual([expect.objectContaining({ service: 'sqs', count: 2 })]);
  });

  it('accepts only pages with loopback origins', async () => {
    const statusFor = async (origin: string): Promise<number> =>
      (await fetch(`${endpoint.url}/bucket`, { method: 'POST', headers: { origin } })).status;

    expect(await statusFor('https://evil.example')).toBe(403);
    expect(await statusFor('null')).toBe(403);
    expect(await statusFor('http://localhost:3000')).toBe(200);
  });

  it('reports in one line that its port is taken, and which setting changes it', async () => {
    await expect(startAwsEndpoint({ port: endpoint.port })).rejects.toThrow(
      `Port ${endpoint.port} of 127.0.0.1 is taken: ` +
        'stop what listens there, or set ERRAND_AWS_PORT to a free port.',
    );
  });

  it('stops immediately, even while a request waits for its response', async () => {
    const asked = Promise.withResolvers<undefined>();
    endpoint.register({
      name: 'slow',
      handle() {
        asked.resolve(undefined); // Never responds, like a long poll.
      },
      end: () => Promise.resolve(),
    });
    const waiting = send('/', { headers: signed('slow') }).catch(() => 'cut off');
    await asked.promise;

    await endpoint.end();

    expect(await waiting).toBe('cut off');
    endpoint = await startAwsEndpoint({ port: endpoint.port }); // The port is free again.
  });
});
