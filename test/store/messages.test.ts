import { beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Message, TakenMessage } from '../../lambdas/message/message.ts';
import type { Settlement } from '../../lambdas/message/send.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';

const TENANT = 'tenant';
const LEASE_MS = 60_000;
const MAX_ATTEMPTS = 3;

const db = useJobDatabase();

beforeEach(async () => {
  await emptyTables(db, 'messages');
});

/** Writes messages one after the other, so that the first message is the oldest. */
async function post(count: number, tenant = TENANT): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const message = {
      message_id: uuidv7(),
      tenant,
      to: '+905551111111',
      content: `text ${number}`,
      submitted_by: null,
    };
    ids.push((await db.messages.insert(message)).message_id);
  }
  return ids;
}

async function stateOf(messageId: string | undefined, tenant = TENANT): Promise<Message> {
  const message = await db.messages.get(tenant, messageId ?? '');
  if (!message) throw new Error(`There is no message ${messageId ?? ''}.`);
  return message;
}

function take(taker: string, limit = 2): Promise<TakenMessage[]> {
  return db.messages.take({ tenant: TENANT, taker, limit, leaseMs: LEASE_MS, maxAttempts: MAX_ATTEMPTS });
}

const idsOf = (messages: readonly TakenMessage[]): string[] => messages.map(({ message_id: id }) => id);

const endLeases = () =>
  db.sql(`UPDATE messages SET due_at = now() - interval '1 ms' WHERE status = 'sending'`);

function settlement(
  { message_id: messageId, attempt }: TakenMessage,
  taker: string,
  more: Partial<Settlement> = {},
): Settlement {
  const base = { messageId, attempt, taker, receiverMessageId: null, error: null, retryInMs: 0 };
  return { ...base, status: 'sent', ...more };
}

describe('a message', () => {
  it('is written once, however often its insert is retried', async () => {
    const message = {
      message_id: uuidv7(),
      tenant: TENANT,
      to: '+905551111111',
      content: 'Hello',
      submitted_by: null,
    };
    const first = await db.messages.insert(message);
    expect(first).toEqual({
      message_id: message.message_id,
      to: '+905551111111',
      content: 'Hello',
      status: 'pending',
      attempt: 0,
      next_attempt_at: first.create_time,
      receiver_message_id: null,
      error: null,
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      end_time: null,
    });
    expect(await db.messages.insert(message)).toEqual(first);
    expect(await db.sql('SELECT FROM messages')).toHaveLength(1);
  });

  it('belongs to its tenant', async () => {
    const [id = ''] = await post(1);
    expect(await db.messages.get('another', id)).toBeUndefined();
    expect(await db.messages.list({ tenant: 'another', limit: 10 })).toEqual([]);
  });
});

describe('a list of messages', () => {
  it('goes from the newest to the oldest, page by page, with or without a status', async () => {
    const ids = await post(5);
    const taker = uuidv7();
    for (const message of await take(taker)) await db.messages.settle(settlement(message, taker));
    const page = async (query: { status?: 'sent' | 'pending'; before?: string; limit: number }) =>
      (await db.messages.list({ tenant: TENANT, ...query })).map(({ message_id: id }) => ids.indexOf(id));
    expect(await page({ limit: 3 })).toEqual([4, 3, 2]);
    expect(await page({ limit: 3, before: ids[2] ?? '' })).toEqual([1, 0]);
    expect(await page({ limit: 9, status: 'sent' })).toEqual([1, 0]);
    expect(await page({ limit: 9, status: 'pending', before: ids[4] ?? '' })).toEqual([3, 2]);
  });
});

describe('taking messages', () => {
  it('gets only the tenant’s own messages, and does not change others', async () => {
    const theirs = await post(3, 'another');
    const [own] = await post(1);
    await db.messages.take({
      ...{ tenant: 'another', taker: uuidv7(), limit: 1 },
      ...{ leaseMs: LEASE_MS, maxAttempts: 1 },
    });
    // The message's last attempt is lost. Only a take by the same tenant may record the loss.
    await endLeases();
    expect(idsOf(await take(uuidv7(), 9))).toEqual([own]);
    const states = await Promise.all(theirs.map((id) => stateOf(id, 'another')));
    expect(states.map(({ status, attempt }) => [status, attempt])).toEqual([
      ['sending', 1],
      ['pending', 0],
      ['pending', 0],
    ]);
  });

  it('gets the oldest due messages, and counts an attempt', async () => {
    const [first, second, third] = await post(3);
    await db.sql(`UPDATE messages SET due_at = now() + interval '1 minute' WHERE message_id = $1`, [second]);
    expect(await take(uuidv7())).toEqual([
      { message_id: first, to: '+905551111111', content: 'text 1', attempt: 1 },
      { message_id: third, to: '+905551111111', content: 'text 3', attempt: 1 },
    ]);
    expect(await stateOf(first)).toMatchObject({ status: 'sending', attempt: 1, next_attempt_at: null });
    expect(await stateOf(second)).toMatchObject({ status: 'pending', attempt: 0 });
    expect(await take(uuidv7())).toEqual([]);
  });

  it('never gets the same message in two concurrent takes', async () => {
    const ids = await post(40);
    const takes = await Promise.all(Array.from({ length: 20 }, () => take(uuidv7())));
    const taken = idsOf(takes.flat());
    expect(new Set(taken).size).toBe(taken.length);
    // A take returns fewer messages than available if concurrent takes have received some of them. The next take receives the rest.
    const rest = idsOf(await take(uuidv7(), 40));
    expect([...taken, ...rest].sort()).toEqual(ids);
  });

  it('skips messages that another transaction has locked', async () => {
    const [first, second] = await post(2);
    const other = await db.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM messages WHERE message_id = $1 FOR UPDATE', [first]);
    expect(idsOf(await take(uuidv7(), 1))).toEqual([second]);
    await other.query('ROLLBACK');
    other.release();
  });

  it('gets exactly the same messages when it is retried after a lost response', async () => {
    await post(5);
    const taker = uuidv7();
    const taken = await take(taker);
    expect(await take(taker)).toEqual(taken);
    expect(taken).toHaveLength(2);
  });

  it('gets a dead worker’s messages after its lease has expired', async () => {
    await post(1);
    const [message] = await take(uuidv7());
    expect(await take(uuidv7())).toEqual([]);
    await endLeases();
    expect(await take(uuidv7())).toEqual([{ ...message, attempt: 2 }]);
  });

  it('fails a message whose last attempt was lost, because it may have been sent', async () => {
    const [id] = await post(1);
    await db.sql('UPDATE messages SET attempt = $1', [MAX_ATTEMPTS - 1]);
    await take(uuidv7());
    await endLeases();
    expect(await take(uuidv7())).toEqual([]);
    expect(await stateOf(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: 'The worker stopped without an answer on attempt 3 of 3.',
      end_time: expect.any(String),
    });
  });
});

describe('recording a message’s outcome', () => {
  it('ends a sent message with the receiver’s id', async () => {
    await post(1);
    const taker = uuidv7();
    const [message] = await take(taker);
    if (!message) throw new Error('nothing was taken');
    const sent = settlement(message, taker, { receiverMessageId: 'r-1' });
    expect(await db.messages.settle(sent)).toBe(true);
    const state = await stateOf(message.message_id);
    expect(state).toMatchObject({ status: 'sent', receiver_message_id: 'r-1', end_time: expect.any(String) });
    // The outcome is recorded again, as if the response had been lost.
    expect(await db.messages.settle(sent)).toBe(true);
    expect(await stateOf(message.message_id)).toEqual(state);
  });

  it('postpones a message with the reason, after which it is taken again', async () => {
    await post(1);
    const taker = uuidv7();
    const [message] = await take(taker);
    if (!message) throw new Error('nothing was taken');
    const retry = settlement(message, taker, { status: 'pending', error: 'answered 500', retryInMs: 60_000 });
    expect(await db.messages.settle(retry)).toBe(true);
    const { next_attempt_at: next, ...state } = await stateOf(message.message_id);
    expect(state).toMatchObject({ status: 'pending', attempt: 1, error: 'answered 500', end_time: null });
    expect(Date.parse(next ?? '') - Date.now()).toBeGreaterThan(50_000);
    expect(await take(uuidv7())).toEqual([]);
  });

  it('changes nothing if the take has lost the message', async () => {
    await post(1);
    const [late, current] = [uuidv7(), uuidv7()];
    const [lost] = await take(late);
    await endLeases();
    const [held] = await take(current);
    if (!lost || !held) throw new Error('nothing was taken');
    for (const status of ['sent', 'pending', 'failed'] as const) {
      expect(await db.messages.settle(settlement(lost, late, { status }))).toBe(false);
    }
    expect(await stateOf(held.message_id)).toMatchObject({ status: 'sending', attempt: 2 });
    expect(await db.messages.settle(settlement(held, current))).toBe(true);
    expect(await db.messages.settle(settlement(lost, late, { status: 'failed' }))).toBe(false);
    expect(await stateOf(held.message_id)).toMatchObject({ status: 'sent', attempt: 2 });
  });
});

it('the outcome of an earlier attempt is not recorded, even if the same worker has taken the message again', async () => {
  await post(1);
  const taker = uuidv7();
  const [first] = await take(taker);
  if (!first) throw new Error('nothing was taken');
  await db.messages.settle(settlement(first, taker, { status: 'pending', error: 'answered 500' }));
  expect(await take(taker)).toMatchObject([{ attempt: 2 }]);
  expect(await db.messages.settle(settlement(first, taker))).toBe(false);
  expect(await stateOf(first.message_id)).toMatchObject({ status: 'sending', attempt: 2 });
});

describe('giving back a message', () => {
  it('makes it wait as if it had never been taken, and its take can no longer record an outcome', async () => {
    const [first, second] = await post(2);
    const taker = uuidv7();
    const [message, other] = await take(taker);
    if (!message || !other) throw new Error('nothing was taken');
    await db.messages.giveBack(taker, [message.message_id]);
    await db.messages.giveBack(taker, [message.message_id]);
    expect(await stateOf(first)).toMatchObject({ status: 'pending', attempt: 0 });
    expect(await stateOf(second)).toMatchObject({ status: 'sending', attempt: 1 });
    expect(await db.messages.settle(settlement(message, taker))).toBe(false);
    // The next take receives the message with the same attempt number.
    expect(await take(uuidv7())).toEqual([message]);
    expect(await db.messages.settle(settlement(message, taker))).toBe(false);
  });

  it('changes nothing if the take no longer holds it', async () => {
    await post(1);
    const late = uuidv7();
    const [lost] = await take(late);
    await endLeases();
    await take(uuidv7());
    await db.messages.giveBack(late, idsOf(lost ? [lost] : []));
    expect(await stateOf(lost?.message_id)).toMatchObject({ status: 'sending', attempt: 2 });
  });
});
