import { expect, it } from '@jest/globals';
import { lambdaUnderTest } from './lambda-under-test.ts';

const WAITS = `export const handler = (event) => {
  console.log('running', event.id);
  return new Promise((resolve) => setTimeout(resolve, event.wait));
};`;

/**
 * Returns Lambda's error message for a concurrency reservation that is too large:
 * https://github.com/aws-samples/sample-one-click-generative-ai-solutions/issues/3
 */
const refusal = (least: number) =>
  "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of " +
  `[${least}].`;

it('an invocation beyond the quota’s unreserved part is throttled', async () => {
  const test = await lambdaUnderTest({ accountConcurrency: 101 });
  try {
    await test.define(WAITS, { reservedConcurrency: 1 });
    const name = await test.define(WAITS);
    const running = Array.from({ length: 100 }, () => test.lambda.invoke(name, '{"wait":1}'));
    expect(await test.lambda.invoke(name, '{}')).toMatchObject({
      throttled: true,
      reason: 'ConcurrentInvocationLimitExceeded',
    });
    expect((await Promise.all(running)).every(({ throttled }) => !throttled)).toBe(true);
    expect(await test.lambda.invoke(name, '{}')).toMatchObject({ throttled: false });
  } finally {
    await test.end();
  }
});

it.each([
  ['new account', 10, 1, 10],
  ['account with the default quota', 1000, 901, 100],
])(
  'a reservation that does not fit into a %s is refused, as in Lambda',
  async (_account, quota, reserved, least) => {
    const test = await lambdaUnderTest({ accountConcurrency: quota });
    try {
      await expect(test.define(WAITS, { reservedConcurrency: reserved })).rejects.toThrow(refusal(least));
      expect(test.lambda.functions()).toEqual([]);
    } finally {
      await test.end();
    }
  },
);

it('updating a function can keep its reservation, or raise it as far as the quota allows', async () => {
  const test = await lambdaUnderTest({ accountConcurrency: 1000 });
  try {
    const name = await test.define(WAITS, { reservedConcurrency: 900 });
    const configuration = test.lambda.configuration(name);
    await test.lambda.updateFunction({ ...configuration, timeoutSeconds: 3 });
    expect(() => test.lambda.updateFunction({ ...configuration, reservedConcurrency: 901 })).toThrow(
      refusal(100),
    );
  } finally {
    await test.end();
  }
});

it('a quota that is not a whole number is refused', async () => {
  await expect(lambdaUnderTest({ accountConcurrency: 0.5 })).rejects.toThrow(
    'accountConcurrency is 0.5: it must be a whole number of at least 1.',
  );
});
