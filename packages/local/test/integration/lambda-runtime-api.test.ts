import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRuntimeApi, type RuntimeApi, type RuntimeListener } from '../../src/lambda/runtime-api.ts';

let api: RuntimeApi;
let heard: unknown[];
let isInitialized: boolean;

beforeEach(async () => {
  heard = [];
  isInitialized = false;
  const hear = (kind: string, id: string, payload?: Buffer) => {
    heard.push([kind, id, payload?.toString()]);
    return id === 'mine';
  };
  const listener: RuntimeListener = {
    ready() {
      api.deliver({
        requestId: 'mine',
        payload: Buffer.from('{"a":"ä"}'),
        deadline: 1_700_000_000_000,
        functionArn: 'arn:f',
        traceId: 'Root=1',
      });
    },
    responded: (id, payload) => hear('responded', id, payload),
    respondedTooMuch: (id) => hear('too much', id),
    failed: (id, payload) => hear('failed', id, payload),
    initFailed(payload) {
      hear('init failed', '', payload);
      return !isInitialized;
    },
  };
  api = await startRuntimeApi(listener);
});

afterEach(() => {
  api.end();
});

function call(path: string, body?: string) {
  const url = `http://${api.address}/2018-06-01/runtime${path}`;
  return fetch(url, body === undefined ? {} : { method: 'POST', body });
}

/** Tests the features that any runtime interface client may rely on. The embedded cloud's own bootstrap uses only some of these features. */
describe('the Runtime API', () => {
  it('returns the next invocation with its headers', async () => {
    const response = await call('/invocation/next');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': 'mine',
      'lambda-runtime-deadline-ms': '1700000000000',
      'lambda-runtime-invoked-function-arn': 'arn:f',
      'lambda-runtime-trace-id': 'Root=1',
    });
    expect(await response.text()).toBe('{"a":"ä"}');
  });

  it.each([
    ['/invocation/mine/response', ['responded', 'mine', '{}']],
    ['/invocation/mine/error', ['failed', 'mine', '{}']],
    ['/init/error', ['init failed', '', '{}']],
  ])('accepts %s', async (path, expected) => {
    const response = await call(path, '{}');
    expect([response.status, await response.json()]).toEqual([202, { status: 'OK' }]);
    expect(heard).toEqual([expected]);
  });

  it('refuses a response or an error for an invocation that is not the current one', async () => {
    const response = await call('/invocation/other/response', '{}');
    expect([response.status, await response.json()]).toEqual([
      400,
      { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' },
    ]);
  });

  it('refuses a response that is too large, after reading all of it', async () => {
    const response = await call('/invocation/mine/response', 'x'.repeat(6_291_557));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errorType: 'RequestEntityTooLarge' });
    expect(heard).toEqual([['too much', 'mine', undefined]]);
  });

  it('refuses an error of the initialization when it is over', async () => {
    isInitialized = true;
    const response = await call('/init/error', '{}');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ errorType: 'InvalidStateTransition' });
  });

  it('knows each call by one method and one version', async () => {
    const post = { method: 'POST', body: '{}' };
    const other = `http://${api.address}/2015-03-31/runtime/invocation/mine/response`;
    expect((await fetch(other, post)).status).toBe(404);
    expect((await call('/init/error')).status).toBe(404);
    expect((await call('/invocation/next', '{}')).status).toBe(404);
    expect(heard).toEqual([]);
  });

  it('does not know any other path', async () => {
    expect((await call('/invocation/mine/other', '{}')).status).toBe(404);
    expect((await call('/restore/next')).status).toBe(404);
  });
});
