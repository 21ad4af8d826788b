import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { needPackages } from '../../../../test/helpers/system-packages.ts';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

let world: LambdaUnderTest;

beforeAll(async () => {
  await needPackages('A Python function', ['python3']);
  world = await lambdaUnderTest();
});

afterAll(async () => {
  await world.end();
});

/** Creates a Python function from the source of its module. */
function python(source: string, settings: Parameters<LambdaUnderTest['define']>[1] = {}): Promise<string> {
  return world.define(source, { file: 'app.py', handler: 'app.handler', runtime: 'python3.13', ...settings });
}

describe('a Python function', () => {
  it('gets its event and its invocation’s context', async () => {
    const name = await python(
      `
import os

def handler(event, context):
    left = context.get_remaining_time_in_millis()
    return {
        "event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "name": context.function_name, "version": context.function_version, "memory": context.memory_limit_in_mb,
        "hasTime": 0 < left <= 7000, "runtime": os.environ["AWS_EXECUTION_ENV"], "own": os.environ["OWN"],
    }`,
      { timeoutSeconds: 7, environment: { OWN: 'mine' } },
    );
    expect((await world.call(name, { text: 'ä' })).value).toEqual({
      event: { text: 'ä' },
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      name,
      version: '$LATEST',
      memory: '128',
      hasTime: true,
      runtime: 'AWS_Lambda_python3.13',
      own: 'mine',
    });
  });

  it('keeps its state between invocations in the same process', async () => {
    const name = await python(
      'runs = 0\ndef handler(event, context):\n  global runs\n  runs += 1\n  return runs',
    );
    expect((await world.call(name)).value).toBe(1);
    expect((await world.call(name)).value).toBe(2);
  });

  it('returns an exception’s type, message and stack', async () => {
    const name = await python(
      'class Refused(Exception):\n  pass\n\ndef inner():\n  raise Refused("no")\n\ndef handler(event, context):\n  inner()',
    );
    const { functionError, value } = await world.call(name);
    expect(functionError).toBe('Unhandled');
    expect(value).toMatchObject({
      errorType: 'Refused',
      errorMessage: 'no',
      stackTrace: [
        expect.stringMatching(/^ {2}File ".*app\.py", line 8, in handler\n {4}inner\(\)\n/),
        expect.stringMatching(/^ {2}File ".*app\.py", line 5, in inner\n {4}raise Refused\("no"\)\n/),
      ],
    });
  });

  it.each([
    [
      'import nothing_of_this_name',
      'app.handler',
      'Runtime.ImportModuleError',
      /No module named 'nothing_of/,
    ],
    ['def handler(:', 'app.handler', 'Runtime.UserCodeSyntaxError', /Syntax error in module 'app'/],
    ['value = 1', 'app.handler', 'Runtime.HandlerNotFound', /Handler 'handler' missing on module 'app'/],
    [
      'def handler(e, c):\n  return {1, 2}',
      'app.handler',
      'Runtime.MarshalError',
      /Unable to marshal response/,
    ],
  ])('with the source %j fails with a named error', async (source, handler, errorType, errorMessage) => {
    const { value } = await world.call(await python(source, { handler }));
    expect(value).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) });
  });

  it('does not find packages that are installed on this machine', async () => {
    const name = await python('def handler(event, context):\n  import pip');
    expect((await world.call(name)).value).toMatchObject({ errorType: 'ModuleNotFoundError' });
  });

  it('is killed at its timeout, and runs again in a new process', async () => {
    const name = await python(
      'import time\ndef handler(event, context):\n  time.sleep(event["seconds"])\n  return "done"',
      { timeoutSeconds: 1 },
    );
    expect((await world.call(name, { seconds: 30 })).value).toMatchObject({ errorType: 'Sandbox.Timedout' });
    expect((await world.call(name, { seconds: 0 })).value).toBe('done');
  });

  it('writes its log in the function’s log format', async () => {
    const source =
      'import logging\ndef handler(event, context):\n  print("printed 1")\n  logging.warning("logged %s", event["n"])';
    await world.call(await python(source), { n: 'as text' });
    expect(await world.logged('printed 1')).toBe('printed 1');
    expect(await world.logged('logged as text')).toMatch(
      /^\[WARNING\]\t\S+Z\t[0-9a-f-]{36}\tlogged as text$/,
    );
    await world.call(await python(source, { logFormat: 'JSON' }), { n: 'as JSON' });
    expect(JSON.parse(await world.logged('logged as JSON'))).toMatchObject({
      level: 'WARNING',
      message: 'logged as JSON',
      logger: 'root',
      requestId: expect.any(String),
    });
  });

  it('reports the Python version that it runs on if this differs from its runtime’s', async () => {
    const ask = ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
    const version = spawnSync('python3', ask, { encoding: 'utf8' }).stdout.trim();
    const name = await python('def handler(event, context):\n  pass', { runtime: 'python3.99' });
    expect(await world.logged('python3.99')).toBe(
      `${name} runs on this machine's Python ${version} in place of python3.99.`,
    );
  });

  it('cannot be created if its code lacks the handler', async () => {
    await expect(python('', { handler: 'other.handler' })).rejects.toThrow(
      /no bundle for its handler other\.handler/,
    );
  });
});
