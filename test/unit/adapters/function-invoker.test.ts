import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLambdaClient } from '../../../lambdas/adapters/lambda/client.ts';
import { createFunctionInvoker } from '../../../lambdas/adapters/lambda/function-invoker.ts';
import { FinalError, ThrottledError } from '../../../lambdas/job/errors.ts';
import { createRecordingLog, type RecordingLog } from '../../helpers/recording-log.ts';
import { stackOf } from '../../../lambdas/job/failure.ts';
import type { FunctionEnding, FunctionEvent } from '../../../lambdas/job/run-in-function.ts';

const EVENT: FunctionEvent = {
  job_id: 'a-job',
  type: 'transcode',
  tenant: 'shop',
  attempt: 1,
  payload: { video: 'ä.mp4' },
  deadline: '2030-01-31T12:00:00.000Z',
};
const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:transcode:live';

const surroundings = { ...process.env };
let server: Server;
let received: { url: string; body: string }[];
let log: RecordingLog;
/** How the endpoint responds. */
let respond: RequestListener;

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ url: request.url ?? '', body });
      respond(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  });
});

afterEach(async () => {
  process.env = { ...surroundings };
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function invoke(signal = new AbortController().signal): Promise<FunctionEnding> {
  log = createRecordingLog();
  return createFunctionInvoker(createLambdaClient(), log)(ARN, EVENT, signal);
}

const ok =
  (body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  };

const refuse =
  (status: number, type: string, fields: object = {}): RequestListener =>
  (_request, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
      .end(JSON.stringify({ message: `about ${ARN}`, ...fields }));
  };

describe('an invocation', () => {
  it('sends the event to the function, with its qualifier, and returns the result', async () => {
    respond = ok('{"seconds":3}');
    expect(await invoke()).toEqual({ kind: 'returned', result: { seconds: 3 } });
    expect(received).toHaveLength(1);
    expect(decodeURIComponent(received[0]?.url ?? '')).toBe(`/2015-03-31/functions/${ARN}/invocations`);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(EVENT);
  });

  it('treats an empty response as null', async () => {
    respond = ok('');
    expect(await invoke()).toEqual({ kind: 'returned', result: null });
  });

  it('fails for good if the function returns something that is not JSON', async () => {
    respond = ok('<html>');
    await expect(invoke()).rejects.toThrow(FinalError);
    await expect(invoke()).rejects.toThrow('The function of the job type "transcode" returned something');
  });

  it.each([
    [
      { errorType: 'E', errorMessage: 'm', stackTrace: ['one'] },
      { errorType: 'E', errorMessage: 'm', stackTrace: ['one'] },
    ],
    [
      { errorType: 'E', errorMessage: 'm', trace: ['E: m', 'at'] },
      { errorType: 'E', errorMessage: 'm', stackTrace: ['E: m', 'at'] },
    ],
    [{ errorMessage: 'timed out' }, { errorType: undefined, errorMessage: 'timed out', stackTrace: [] }],
    [
      { errorType: 1, stackTrace: [{ line: 1 }] },
      {
        errorType: undefined,
        errorMessage: '{"errorType":1,"stackTrace":[{"line":1}]}',
        stackTrace: ['{"line":1}'],
      },
    ],
    ['just text', { errorType: undefined, errorMessage: '"just text"', stackTrace: [] }],
  ])('reads the error %j', async (error, expected) => {
    respond = ok(JSON.stringify(error), { 'x-amz-function-error': 'Unhandled' });
    expect(await invoke()).toEqual({ kind: 'threw', ...expected });
  });

  it.each([
    [
      429,
      'TooManyRequestsException',
      { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    ],
    [429, 'TooManyRequestsException', { Reason: 'CallerRateLimitExceeded' }, 'CallerRateLimitExceeded'],
    [429, 'TooManyRequestsException', {}, 'TooManyRequestsException'],
    [502, 'ENILimitReachedException', {}, 'ENILimitReachedException'],
    [502, 'ResourceNotReadyException', {}, 'ResourceNotReadyException'],
    [409, 'ResourceConflictException', {}, 'ResourceConflictException'],
  ])('did not begin if Lambda responds %d %s %j', async (status, type, fields, reason) => {
    respond = refuse(status, type, fields);
    const error = await invoke().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ThrottledError);
    expect((error as Error).message).toBe(
      `The function of the job type "transcode" has no capacity now: ${reason}.`,
    );
    expect(received).toHaveLength(1);
  });

  it.each([
    [404, 'ResourceNotFoundException'],
    [403, 'AccessDeniedException'],
    [500, 'ServiceException'],
    [502, 'KMSAccessDeniedException'],
  ])("fails if Lambda responds %d %s; only the worker's log names the ARN", async (status, type) => {
    respond = refuse(status, type);
    const error = await invoke().catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(ThrottledError);
    expect((error as Error).message).toBe(
      `The function of the job type "transcode" could not be invoked: ${type}.`,
    );
    expect(stackOf(error)).not.toContain('arn:');
    expect(JSON.stringify(log.entries)).toContain(EVENT.job_id);
    expect(String(log.entries[0]?.fields.error)).toContain(ARN);
    expect(received).toHaveLength(1);
  });

  it('is not retried if its connection breaks, because the function may have run', async () => {
    respond = (request) => {
      request.socket.destroy();
    };
    await expect(invoke()).rejects.toThrow(
      'The function of the job type "transcode" may have run, but its response was lost.',
    );
    expect(received).toHaveLength(1);
  });

  it('ends when its signal fires', async () => {
    const stop = new AbortController();
    respond = () => {
      stop.abort('timeout');
    };
    await expect(invoke(stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(received).toHaveLength(1);
  });
});
