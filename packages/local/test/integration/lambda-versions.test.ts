import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  ResourceNotFoundException,
  type InvokeCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { saying, versionsUnderTest, type VersionsUnderTest } from './lambda-versions-under-test.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function';

let test: VersionsUnderTest;

beforeAll(async () => {
  test = await versionsUnderTest({ asyncRetryDelaysMs: [] });
});

afterAll(() => test.end());

/** Invokes a function, and returns the result and the version in the response. */
async function invoke(input: InvokeCommandInput): Promise<{ value: unknown; executed: string | undefined }> {
  const { Payload, ExecutedVersion } = await test.client.send(new InvokeCommand(input));
  return { value: JSON.parse(Payload?.transformToString() ?? 'null') as unknown, executed: ExecutedVersion };
}

/** Creates a function whose version 1 returns `old`, and whose `$LATEST` returns `new`. */
async function changed(): Promise<string> {
  const name = await test.define(saying('old'));
  test.lambda.publishVersion(name);
  await test.change(name, saying('new'));
  return name;
}

describe('a published version', () => {
  it('keeps its code after the function has changed, in the same folder', async () => {
    const name = await changed();
    expect(await invoke({ FunctionName: name, Qualifier: '1' })).toEqual({ value: 'old', executed: '1' });
    expect(await invoke({ FunctionName: name })).toEqual({ value: 'new', executed: '$LATEST' });
  });

  it('is invoked by qualifier, or by a name or ARN that ends with the version', async () => {
    const name = await changed();
    const calls: InvokeCommandInput[] = [
      { FunctionName: `function:${name}`, Qualifier: '1' },
      { FunctionName: `${name}:1` },
      { FunctionName: `000000000000:function:${name}:1` },
      { FunctionName: `${ARN}:${name}:1` },
      { FunctionName: `${ARN}:${name}`, Qualifier: '1' },
      { FunctionName: `${ARN}:${name}:1`, Qualifier: '1' },
    ];
    for (const call of calls) expect(await invoke(call)).toEqual({ value: 'old', executed: '1' });
    await expect(invoke({ FunctionName: `${name}:1`, Qualifier: '2' })).rejects.toThrow(
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  });

  it('keeps its configuration, and publishing again without a change returns the same version number', async () => {
    const name = await test.define(`export const handler = () => process.env.COLOR;`, {
      environment: { COLOR: 'red' },
      timeoutSeconds: 5,
    });
    expect([test.lambda.publishVersion(name), test.lambda.publishVersion(name)]).toEqual(['1', '1']);
    const configuration = test.lambda.configuration(name);
    await test.lambda.updateFunction({ ...configuration, environment: { COLOR: 'blue' } });
    expect(test.lambda.publishVersion(name)).toBe('2');
    // Reserved concurrency belongs to the function, not to a version.
    await test.lambda.updateFunction({ ...test.lambda.configuration(name), reservedConcurrency: 3 });
    expect(test.lambda.publishVersion(name)).toBe('2');
    await test.lambda.updateFunction({ ...configuration, timeoutSeconds: 6 });
    expect(test.lambda.publishVersion(name)).toBe('3');
    expect(await invoke({ FunctionName: name, Qualifier: '1' })).toMatchObject({ value: 'red' });
    expect(await invoke({ FunctionName: name, Qualifier: '2' })).toMatchObject({ value: 'blue' });
    const described = await test.client.send(
      new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: '3' }),
    );
    expect(described).toMatchObject({
      FunctionArn: `${ARN}:${name}:3`,
      Version: '3',
      Timeout: 6,
      Environment: { Variables: { COLOR: 'red' } },
    });
  });

  it('sees its version in its context, environment and log stream', async () => {
    const name = await test.define(
      `export const handler = (_event, { functionVersion, invokedFunctionArn, logStreamName }) => ({
        functionVersion, invokedFunctionArn, logStreamName, variable: process.env.AWS_LAMBDA_FUNCTION_VERSION,
        key: process.env.AWS_ACCESS_KEY_ID });`,
    );
    test.lambda.publishVersion(name);
    expect(await invoke({ FunctionName: name, Qualifier: '1' })).toMatchObject({
      value: {
        functionVersion: '1',
        invokedFunctionArn: `${ARN}:${name}:1`,
        logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[1\][0-9a-f]{32}$/),
        variable: '1',
        key: `${name}:1`,
      },
    });
    expect(await invoke({ FunctionName: name })).toMatchObject({
      value: { functionVersion: '$LATEST', invokedFunctionArn: `${ARN}:${name}`, key: name },
    });
  });

  it('of a Python function also sees its version', async () => {
    const name = await test.define(
      `import os\ndef handler(event, context):\n    return [context.function_version, context.invoked_function_arn, os.environ["AWS_LAMBDA_FUNCTION_VERSION"]]\n`,
      { file: 'index.py', runtime: 'python3.13' },
    );
    test.lambda.publishVersion(name);
    expect(await invoke({ FunctionName: name, Qualifier: '1' })).toEqual({
      value: ['1', `${ARN}:${name}:1`, '1'],
      executed: '1',
    });
  });

  it('processes asynchronous events', async () => {
    const name = await test.define(
      `export const handler = (event, { functionVersion }) => { console.log('got', event.id, functionVersion); };`,
    );
    test.lambda.publishVersion(name);
    await test.change(name, saying('new'));
    await invoke({
      FunctionName: name,
      Qualifier: '1',
      InvocationType: 'Event',
      Payload: '{"id":"the event"}',
    });
    expect(await test.logged('got the event')).toMatch(/got the event 1$/);
  });

  it('can have its own retry settings', async () => {
    const name = await test.define(`export const handler = () => { throw new Error('no'); };`);
    test.lambda.publishVersion(name);
    test.lambda.configureEvents(`${name}:1`, { maximumRetryAttempts: 0 });
    const command = new InvokeCommand({ FunctionName: `${name}:1`, InvocationType: 'Event' });
    const { $metadata } = await test.client.send(command);
    expect(await test.logged(`event ${$metadata.requestId ?? ''}: `)).toContain(': it failed once');
  });

  it('that does not exist is refused with AWS’s message', async () => {
    const name = await changed();
    for (const Qualifier of ['2', 'live']) {
      const refused: unknown = await invoke({ FunctionName: name, Qualifier }).catch(
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(ResourceNotFoundException);
      expect(refused).toMatchObject({
        Type: 'User',
        message: `Function not found: ${ARN}:${name}:${Qualifier}`,
      });
    }
    const dry = invoke({ FunctionName: name, Qualifier: '2', InvocationType: 'DryRun' });
    await expect(dry).rejects.toThrow(ResourceNotFoundException);
  });
});

describe('an alias', () => {
  it('runs its version, and appears in the function’s context', async () => {
    const source = `export const handler = (_event, { invokedFunctionArn }) => invokedFunctionArn;`;
    const name = await test.define(source);
    test.lambda.publishVersion(name);
    test.lambda.setAlias(name, 'live', '1');
    expect(await invoke({ FunctionName: name, Qualifier: 'live' })).toEqual({
      value: `${ARN}:${name}:live`,
      executed: '1',
    });
    await test.change(name, saying('new'));
    test.lambda.setAlias(name, 'live', test.lambda.publishVersion(name));
    expect(await invoke({ FunctionName: `${name}:live` })).toEqual({ value: 'new', executed: '2' });
    expect(() => {
      test.lambda.setAlias(name, 'live', '7');
    }).toThrow(`Function not found: ${ARN}:${name}:7`);
  });
});

describe('the sandboxes of versions', () => {
  /** Returns the source of a handler that runs until a file exists. */
  const waiting = (goOn: string): string => `
    import { existsSync } from 'node:fs';
    import { setTimeout as wait } from 'node:timers/promises';
    export const handler = async (event, { functionVersion }) => {
      console.log('runs', event.id);
      while (!existsSync(${JSON.stringify(goOn)})) await wait(5);
      return functionVersion;
    };`;

  it('are listed with their version, and share the function’s reserved concurrency', async () => {
    const goOn = path.join(test.dir, 'go-on-shared');
    const name = await test.define(waiting(goOn), { reservedConcurrency: 2 });
    test.lambda.publishVersion(name);
    const runs = [
      invoke({ FunctionName: name, Qualifier: '1', Payload: '{"id":"shared-1"}' }),
      invoke({ FunctionName: name, Payload: '{"id":"shared-2"}' }),
    ];
    await Promise.all([test.logged('runs shared-1'), test.logged('runs shared-2')]);
    for (const Qualifier of ['1', undefined])
      await expect(invoke({ FunctionName: name, Qualifier })).rejects.toMatchObject({
        name: 'TooManyRequestsException',
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    const listed = test.lambda.sandboxes().filter((each) => each.function === name);
    expect(listed.map(({ version, state }) => [version, state])).toEqual([
      [undefined, 'busy'],
      ['1', 'busy'],
    ]);
    await writeFile(goOn, '');
    expect(await Promise.all(runs)).toMatchObject([{ value: '1' }, { value: '$LATEST' }]);
  });

  it('end when they have been idle for a long time', async () => {
    const idle = await versionsUnderTest({ idleTimeoutMs: 50 });
    const name = await idle.define(saying('here'));
    idle.lambda.publishVersion(name);
    expect(await idle.call(`${name}:1`)).toEqual({ value: 'here' });
    while (idle.lambda.sandboxes().length > 0) await new Promise(setImmediate);
    expect(await idle.call(`${name}:1`)).toEqual({ value: 'here' });
    await idle.end();
    expect(idle.lambda.sandboxes()).toEqual([]);
  });
});
