import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

let test: LambdaUnderTest;

beforeAll(async () => {
  process.env.LEAK = 'from the parent';
  test = await lambdaUnderTest();
});

afterAll(async () => {
  delete process.env.LEAK;
  await test.end();
});

describe('a function', () => {
  it('gets its event and its invocation’s context', async () => {
    const name = await test.define(
      `export const handler = async (event, context) => ({
        event, context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID });`,
      { name: 'greeter', memorySize: 256, timeoutSeconds: 7 },
    );
    const result = await test.lambda.invoke(name, '{"name":"Zoë"}');
    const value = result.throttled ? {} : (JSON.parse(result.payload.toString()) as Record<string, unknown>);

    expect(value).toEqual({
      event: { name: 'Zoë' },
      context: {
        functionName: 'greeter',
        functionVersion: '$LATEST',
        memoryLimitInMB: '256',
        logGroupName: '/aws/lambda/greeter',
        logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:greeter',
        awsRequestId: result.requestId,
      },
      left: expect.any(Number),
      trace: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
    });
    expect(value.left).toBeGreaterThan(6_000);
    expect(value.left).toBeLessThanOrEqual(7_000);
  });

  it('gets an event that arrives in many chunks, some split within a character', async () => {
    const name = await test.define(`export const handler = (event) => event;`);
    const event = { text: 'a€'.repeat(1_000_000) };
    expect(await test.call(name, event)).toEqual({ value: event });
  });

  it('sees only its own environment, not its parent’s', async () => {
    const name = await test.define(`export const handler = () => process.env;`, {
      name: 'lonely',
      environment: { TABLE_NAME: 'jobs', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:4566' },
    });
    const { value } = await test.call(name);

    expect(value).toMatchObject({
      TABLE_NAME: 'jobs',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:4566',
      AWS_LAMBDA_FUNCTION_NAME: 'lonely',
      AWS_ACCESS_KEY_ID: 'lonely',
      AWS_REGION: 'us-east-1',
      TZ: ':UTC',
    });
    expect(
      Object.keys(value as object)
        .filter((key) => !/^_|^(AWS|LAMBDA)_/.test(key))
        .sort(),
    ).toEqual(['HOME', 'LANG', 'PATH', 'TABLE_NAME', 'TZ']);
  });

  it('can be CommonJS, and can return without a promise', async () => {
    const name = await test.define(`exports.handler = (event) => event.a + 1;`, { file: 'index.js' });
    expect(await test.call(name, { a: 1 })).toEqual({ value: 2 });
  });

  it('returns null if its handler returns undefined', async () => {
    const name = await test.define(`export const handler = async () => undefined;`);
    expect(await test.call(name)).toEqual({ value: null });
  });

  it('keeps its state between invocations in the same process', async () => {
    const name = await test.define(`let runs = 0; export const handler = () => [process.pid, ++runs];`);
    const { value: first } = await test.call(name);
    const [pid] = first as [number, number];
    expect(await test.call(name)).toEqual({ value: [pid, 2] });
    expect(await test.call(name)).toEqual({ value: [pid, 3] });
  });

  it('writes log lines with the time and the request ID, or JSON', async () => {
    const source = `export const handler = (event, context) => {
      console.warn('wrote\\nthis', 1); process.stderr.write('raw line\\n'); return context.awsRequestId; };`;
    const text = await test.define(source);
    const { value: textId } = await test.call(text);
    const line = await test.logged('wrote\rthis');
    expect(line.split('\t').slice(1)).toEqual([textId, 'WARN', 'wrote\rthis 1']);
    await test.logged('raw line');

    const json = await test.define(source, { logFormat: 'JSON' });
    const { value: requestId } = await test.call(json);
    const entry = JSON.parse(await test.logged('wrote\\nthis')) as unknown;
    expect(entry).toEqual({
      timestamp: expect.any(String),
      level: 'WARN',
      requestId,
      message: 'wrote\nthis 1',
    });
  });
});

describe('a function that fails', () => {
  it('returns its error’s type, message and stack', async () => {
    const name = await test.define(
      `export const handler = async () => { throw new RangeError('too far'); };`,
    );
    expect(await test.call(name)).toEqual({
      functionError: 'Unhandled',
      value: {
        errorType: 'RangeError',
        errorMessage: 'too far',
        trace: expect.arrayContaining(['RangeError: too far']),
      },
    });
  });

  it('returns its error even if the error’s name is not a valid header value', async () => {
    const name = await test.define(
      `export const handler = async () => { throw Object.assign(new Error('odd'), { name: 'Ödd\\r\\nX-Forged: 1' }); };`,
    );
    expect(await test.call(name)).toMatchObject({
      value: { errorType: 'Ödd\r\nX-Forged: 1', errorMessage: 'odd' },
    });
  });

  it('outside its handler loses only its process', async () => {
    const name = await test.define(`export const handler = (event) => event.ok
      ? process.pid
      : new Promise(() => setImmediate(() => { throw new Error('astray'); }));`);
    const { value: before } = await test.call(name, { ok: true });
    expect(await test.call(name)).toMatchObject({ value: { errorType: 'Error', errorMessage: 'astray' } });
    const { value: after } = await test.call(name, { ok: true });
    expect(after).not.toBe(before);
  });

  it('through an unhandled rejection reports the rejection', async () => {
    const name = await test.define(
      `export const handler = () => new Promise(() => { void Promise.reject(new Error('lost')); });`,
    );
    expect(await test.call(name)).toMatchObject({
      value: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    });
  });

  it('because its promise can never settle reports that immediately', async () => {
    const name = await test.define(`export const handler = () => new Promise(() => {});`);
    expect(await test.call(name)).toMatchObject({ value: { errorType: 'Runtime.NodeJsExit' } });
  });

  it('because its result is not JSON reports that', async () => {
    const name = await test.define(`export const handler = async () => 1n;`);
    expect(await test.call(name)).toMatchObject({ value: { errorType: 'Runtime.JSONStringifyError' } });
  });
});

describe('a bundle that cannot be loaded', () => {
  it.each([
    ['throws', `throw new TypeError('at load'); export const handler = 1;`, 'TypeError', 'at load'],
    ['has a syntax error', `export const handler = ;`, 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
    [
      'exports no handler',
      `export const other = 1;`,
      'Runtime.HandlerNotFound',
      'index.handler is undefined',
    ],
    [
      'has a handler with a callback, which Node.js 24 no longer supports',
      `export const handler = (event, context, callback) => callback(null, 1);`,
      'Runtime.CallbackHandlerDeprecated',
      'callback',
    ],
    [
      'imports a package that does not exist',
      `import 'nowhere'; export const handler = 1;`,
      'Runtime.ImportModuleError',
      `Cannot find package 'nowhere'`,
    ],
  ])('because it %s fails its invocation', async (_, source, errorType, message) => {
    const name = await test.define(source);
    expect(await test.call(name)).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType, errorMessage: expect.stringContaining(message) },
    });
  });

  it('fails because of a missing package, even if a node_modules above it has the package', async () => {
    const outside = path.join(test.dir, 'node_modules', 'outsider');
    await mkdir(outside, { recursive: true });
    await writeFile(path.join(outside, 'index.js'), 'exports.value = 1;');
    const imports = await test.define(`import 'outsider'; export const handler = 1;`);
    const requires = await test.define(`exports.handler = () => require('outsider');`, { file: 'index.js' });

    expect(await test.call(imports)).toMatchObject({
      value: {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: expect.stringContaining('not in the bundle'),
      },
    });
    expect(await test.call(requires)).toMatchObject({
      value: { errorType: 'Error', errorMessage: expect.stringContaining('not in the bundle') },
    });
  });

  it('that does not exist is refused when the function is created', async () => {
    await expect(test.define(`export const handler = 1;`, { handler: 'main.handler' })).rejects.toThrow(
      /^Lambda function function-\d+: no bundle for its handler main.handler in .*; synthesize the stack again$/,
    );
  });
});
