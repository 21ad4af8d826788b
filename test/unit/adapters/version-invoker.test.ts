import { describe, expect, it } from '@jest/globals';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { createVersionInvoker } from '../../../lambdas/adapters/lambda/version-invoker.ts';
import { FinalError, ThrottledError } from '../../../lambdas/job/errors.ts';
import type { PinnedBatch, PinnedSettlements } from '../../../lambdas/job/versions.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const BATCH: PinnedBatch = {
  worker: 'request-1',
  remainingMs: 9_000,
  jobs: [{ jobId: 'a', hasMessage: true }],
};

interface Output {
  FunctionError?: string;
  Payload: { transformToString(): string };
}

const output = (text: string, more: object = {}): Promise<Output> =>
  Promise.resolve({ Payload: { transformToString: () => text }, ...more });

/** Creates an error like the SDK's. */
const refusal = (name: string, more: object = {}): Promise<never> =>
  Promise.reject(
    Object.assign(new Error(`about arn:aws:lambda:${name}`), { name, $fault: 'client', ...more }),
  );

async function invoke(answer: () => Promise<Output>) {
  const sent: unknown[] = [];
  const log = createRecordingLog();
  const client = {
    send: ({ input }: { input: unknown }) => {
      sent.push(input);
      return answer();
    },
  } as unknown as Pick<LambdaClient, 'send'>;
  const run = createVersionInvoker(client, 'worker', log);
  let settlements: PinnedSettlements | undefined;
  let error: unknown;
  try {
    settlements = await run('3', BATCH, new AbortController().signal);
  } catch (thrown) {
    error = thrown;
  }
  return { sent, settlements, error, log: log.entries };
}

describe('the invocation of a version', () => {
  it('names the worker and the version, and returns what to do with each message', async () => {
    const { sent, settlements } = await invoke(() => output('{"a":{"action":"ack"}}'));
    expect(sent).toEqual([
      { FunctionName: 'worker', Qualifier: '3', Payload: JSON.stringify({ pinned: BATCH }) },
    ]);
    expect(settlements).toEqual({ a: { action: 'ack' } });
  });

  it.each([
    ['the version failed', () => output('{"errorType":"Runtime.ExitError"}', { FunctionError: 'Unhandled' })],
    ['the connection broke', () => Promise.reject(new Error('socket hang up'))],
  ])('returns nothing if the jobs may have run: %s', async (_what, answer) => {
    const { settlements, error, log } = await invoke(answer);
    expect([settlements, error]).toEqual([undefined, undefined]);
    expect(log).toMatchObject([{ level: 'error', fields: { version: '3' } }]);
  });

  it('throws a ThrottledError if there is no capacity', async () => {
    const { error } = await invoke(() =>
      refusal('TooManyRequestsException', { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }),
    );
    expect(error).toBeInstanceOf(ThrottledError);
    expect((error as Error).message).toContain('ReservedFunctionConcurrentInvocationLimitExceeded');
  });

  it('throws a FinalError that names the version and the setting if the version is deleted', async () => {
    const { error } = await invoke(() => refusal('ResourceNotFoundException'));
    expect(error).toBeInstanceOf(FinalError);
    expect((error as Error).message).toMatch(/version 3 .*KEEP_VERSIONS/);
  });

  it('explains what to do if the worker no longer has permission', async () => {
    const { error } = await invoke(() => refusal('AccessDeniedException'));
    expect(error).not.toBeInstanceOf(FinalError);
    expect((error as Error).message).toMatch(/versioning: 'pinned'/);
  });

  it('keeps account names out of the message, which tenants can read', async () => {
    const { error } = await invoke(() => refusal('ServiceException'));
    expect((error as Error).message).toBe('Version 3 of the worker could not be invoked: ServiceException.');
  });
});
