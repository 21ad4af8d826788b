import { describe, expect, it } from '@jest/globals';
import type { TakenMessage } from '../../../lambdas/message/message.ts';
import {
  sendMessages,
  type Deliver,
  type Delivery,
  type Settlement,
  type TakeOptions,
} from '../../../lambdas/message/send.ts';
import { createRecordingJobLog } from '../../helpers/recording-log.ts';

const SENT: Delivery = { status: 'sent', receiverMessageId: 'r' };

function message(number: number, attempt = 1): TakenMessage {
  return { message_id: `m${number}`, to: '+905551111111', content: `text ${number}`, attempt };
}

/** Runs a send job that takes the given messages, and records the job's writes. */
function run(
  taken: TakenMessage[],
  deliver: Deliver,
  {
    settle = () => true,
    signal = new AbortController().signal,
  }: { settle?: () => boolean; signal?: AbortSignal } = {},
) {
  const takes: TakeOptions[] = [];
  const settled: Settlement[] = [];
  const givenBack: string[] = [];
  const outbox = {
    take(options: TakeOptions) {
      takes.push(options);
      return Promise.resolve(taken);
    },
    settle(settlement: Settlement) {
      settled.push(settlement);
      return new Promise<boolean>((resolve) => {
        resolve(settle());
      });
    },
    giveBack(_taker: string, ids: readonly string[]) {
      givenBack.push(...ids);
      return Promise.resolve();
    },
  };
  const clock = { now: () => new Date(), newId: () => 'taker', random: () => 0 };
  const counts = sendMessages(
    { tenant: 'tenant', limit: taken.length, leaseMs: 46_000, signal },
    { outbox, deliver, clock, log: createRecordingJobLog() },
  );
  return { counts, takes, settled, givenBack };
}

describe('a run', () => {
  it('takes messages with its own id and a lease for its maximum duration, and counts the outcomes', async () => {
    const outcomes: Record<string, Delivery> = {
      m1: SENT,
      m2: { status: 'failed', error: 'no such number' },
      m3: { status: 'pending', error: 'busy', retryInMs: undefined },
    };
    const { counts, takes, settled } = run(
      [1, 2, 3].map((number) => message(number)),
      ({ message_id: id }) => Promise.resolve(outcomes[id] ?? SENT),
    );
    expect(await counts).toEqual({ sent: 1, failed: 1, retried: 1 });
    expect(takes).toEqual([{ tenant: 'tenant', taker: 'taker', limit: 3, leaseMs: 46_000, maxAttempts: 10 }]);
    const base = { taker: 'taker', attempt: 1, receiverMessageId: null, error: null, retryInMs: 0 };
    expect(settled).toEqual([
      { ...base, messageId: 'm1', status: 'sent', receiverMessageId: 'r' },
      { ...base, messageId: 'm2', status: 'failed', error: 'no such number' },
      { ...base, messageId: 'm3', status: 'pending', error: 'busy', retryInMs: 60_000 },
    ]);
  });

  it.each([
    [1, undefined, 60_000],
    [2, undefined, 120_000],
    [7, undefined, 3_600_000],
    [1, 1_000, 1_000],
    [1, 0, 0],
    [1, 10 * 24 * 3_600_000, 24 * 3_600_000],
  ])('after attempt %i, with a Retry-After of %p ms, waits %i ms', async (attempt, retryInMs, waits) => {
    const { counts, settled } = run([message(1, attempt)], () =>
      Promise.resolve({ status: 'pending', error: 'busy', retryInMs }),
    );
    await counts;
    expect(settled).toMatchObject([{ status: 'pending', retryInMs: waits }]);
  });

  it('fails a message with the reason when its tenth attempt fails', async () => {
    const { counts, settled } = run([message(1, 10)], () =>
      Promise.resolve({ status: 'pending', error: 'busy', retryInMs: 1_000 }),
    );
    expect(await counts).toEqual({ sent: 0, failed: 1, retried: 0 });
    expect(settled).toMatchObject([{ status: 'failed', error: 'busy' }]);
  });

  it('does not count messages that another run has taken over', async () => {
    const { counts } = run([message(1)], () => Promise.resolve(SENT), { settle: () => false });
    expect(await counts).toEqual({ sent: 0, failed: 0, retried: 0 });
  });

  it('sends ten messages at once, and gives back the rest when it is stopped', async () => {
    const stop = new AbortController();
    const begun: string[] = [];
    const { counts, settled, givenBack } = run(
      Array.from({ length: 12 }, (_, index) => message(index)),
      ({ message_id: id }, signal) => {
        begun.push(id);
        if (begun.length === 10) stop.abort('canceled');
        return new Promise((resolve) => {
          const stopped = () => {
            resolve({ status: 'pending', error: 'stopped', retryInMs: undefined });
          };
          if (signal.aborted) stopped();
          else signal.addEventListener('abort', stopped);
        });
      },
      { signal: stop.signal },
    );
    await expect(counts).rejects.toBe('canceled');
    expect(begun).toHaveLength(10);
    expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'pending'));
    expect(givenBack).toEqual(['m10', 'm11']);
  });

  it('sends the other messages if one outcome cannot be written, and then fails', async () => {
    let calls = 0;
    const { counts, settled, givenBack } = run(
      Array.from({ length: 12 }, (_, index) => message(index)),
      () => Promise.resolve(SENT),
      {
        settle: () => {
          calls += 1;
          if (calls === 1) throw new Error('no database');
          return true;
        },
      },
    );
    await expect(counts).rejects.toThrow('no database');
    expect(settled).toHaveLength(12);
    expect(givenBack).toEqual([]);
  });
});
