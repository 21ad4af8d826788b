import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isAlive, lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

/**
 * The source of a function whose event selects its behavior: `block` never yields, `exit` ends the process, and `wait` is the number of milliseconds
 * to wait.
 */
const BUSY = `export const handler = async (event) => {
  console.log('running', event.id);
  if (event.block) for (;;);
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.bytes) return 'x'.repeat(event.bytes - 2);
  await new Promise((resolve) => setTimeout(resolve, event.wait));
  return process.pid;
};`;

let test: LambdaUnderTest;

beforeEach(async () => {
  test = await lambdaUnderTest({ concurrency: 2 });
});

afterEach(() => test.end());

describe('the timeout', () => {
  it('kills a handler that never yields, and starts a new process for the next invocation', async () => {
    const name = await test.define(BUSY, { timeoutSeconds: 1 });
    const { value: before } = await test.call(name);
    const { functionError, value } = await test.call(name, { block: true });

    expect(functionError).toBe('Unhandled');
    expect(value).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.00 seconds$/,
      ),
    });
    expect(isAlive(before as number)).toBe(false);
    const { value: after } = await test.call(name);
    expect(after).not.toBe(before);
  });

  it('does not count the initialization', async () => {
    const source = `await new Promise((resolve) => setTimeout(resolve, 1200)); export const handler = () => 'done';`;
    const name = await test.define(source, { timeoutSeconds: 1 });
    expect(await test.call(name)).toEqual({ value: 'done' });
  });
});

describe('a crash', () => {
  it.each([
    [{ exit: 3 }, 'Runtime exited with error: exit status 3'],
    [{ exit: 0 }, 'Runtime exited without providing a reason'],
  ])('in an invocation with %j is reported with the reason for the exit', async (event, reason) => {
    const name = await test.define(BUSY);
    const { value } = await test.call(name, event);
    expect(value).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(new RegExp(`^RequestId: \\S+ Error: ${reason}$`)),
    });
  });

  it('by kill -9 does not affect other invocations', async () => {
    const name = await test.define(BUSY);
    const victim = test.call(name, { id: 'victim', wait: 60_000 });
    await test.logged('running victim');
    const pid = test.lambda.sandboxes()[0]?.pid ?? 0;
    const neighbour = test.call(name, { id: 'neighbour', wait: 100 });
    await test.logged('running neighbour');
    process.kill(pid, 'SIGKILL');

    expect(await victim).toMatchObject({
      value: { errorMessage: expect.stringContaining('Runtime exited with error: signal: killed') },
    });
    expect((await neighbour).functionError).toBeUndefined();
  });

  it('of an idle sandbox does not affect the next caller', async () => {
    const name = await test.define(BUSY);
    const { value: pid } = await test.call(name);
    process.kill(pid as number, 'SIGKILL');
    while (test.lambda.sandboxes().length > 0) await new Promise(setImmediate);
    expect((await test.call(name)).functionError).toBeUndefined();
  });
});

describe('concurrency', () => {
  it('beyond the reservation is throttled immediately, and available again after the invocation', async () => {
    const name = await test.define(BUSY, { reservedConcurrency: 1 });
    const first = test.call(name, { id: 'first', wait: 50 });
    await expect(test.lambda.invoke(name, '{}')).resolves.toMatchObject({
      throttled: true,
      reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    await first;
    expect((await test.call(name)).functionError).toBeUndefined();
  });

  it('with a reservation of 0 stops the function', async () => {
    const name = await test.define(BUSY, { reservedConcurrency: 0 });
    await expect(test.lambda.invoke(name, '{}')).resolves.toMatchObject({ throttled: true });
    expect(test.lambda.sandboxes()).toEqual([]);
  });

  it('without a reservation is the account’s: callers wait in line, and the number of processes is limited', async () => {
    const name = await test.define(BUSY);
    const runs = await Promise.all(Array.from({ length: 20 }, () => test.call(name, { wait: 5 })));
    expect(new Set(runs.map(({ value }) => value)).size).toBeLessThanOrEqual(2);
    expect(test.lambda.sandboxes().length).toBeLessThanOrEqual(2);
  });

  it('of successive invocations needs only one process', async () => {
    const name = await test.define(BUSY);
    for (let run = 0; run < 20; run += 1) await test.call(name);
    expect(test.lambda.sandboxes()).toHaveLength(1);
  });

  it('is visible in the list of sandboxes', async () => {
    const name = await test.define(BUSY);
    const run = test.call(name, { id: 'seen', wait: 50 });
    await test.logged('running seen');
    expect(test.lambda.sandboxes()).toEqual([
      { function: name, pid: expect.any(Number), state: 'busy', requestId: expect.any(String) },
    ]);
    const { value: pid } = await run;
    while (test.lambda.sandboxes()[0]?.state === 'busy') await new Promise(setImmediate);
    expect(test.lambda.sandboxes()).toEqual([{ function: name, pid, state: 'idle' }]);
  });
});

describe('a response', () => {
  it('of 6 MB is returned, and a response beyond Lambda’s limit becomes an error', async () => {
    const name = await test.define(BUSY);
    const { value } = await test.call(name, { bytes: 6 * 1024 * 1024 });
    expect(value).toHaveLength(6 * 1024 * 1024 - 2);
    expect(await test.call(name, { bytes: 6_291_557 })).toMatchObject({
      value: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    });
  });
});
