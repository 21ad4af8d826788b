import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import type { MessageStatus } from '../../lambdas/message/message.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';

const TENANT = 'tenant';
const MAX_ATTEMPTS = 3;

const db = useJobDatabase();

/** A message's expected state, computed from the rules without SQL. */
interface Expected {
  id: string;
  status: MessageStatus;
  attempt: number;
  /** The take that holds the message while it is being sent. */
  taker: string | null;
  isDue: boolean;
}

/** A message that a take received. Meanwhile, a later take may have received the same message. */
interface Hold {
  id: string;
  taker: string;
  attempt: number;
}

type Step =
  | { do: 'post' }
  | { do: 'take'; limit: number }
  | { do: 'settle'; hold: number; status: 'sent' | 'pending' | 'failed' }
  | { do: 'give back'; hold: number }
  | { do: 'end the leases' }
  | { do: 'end the back-offs' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ do: 'post' }),
  fc.record({ do: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('settle' as const),
    hold: fc.nat(30),
    status: fc.constantFrom('sent' as const, 'pending' as const, 'failed' as const),
  }),
  fc.record({ do: fc.constant('give back' as const), hold: fc.nat(30) }),
  fc.constant<Step>({ do: 'end the leases' }),
  fc.constant<Step>({ do: 'end the back-offs' }),
);

/** A random walk. Each step runs the SQL statements and applies the rules; both must have the same result. */
class Walk {
  readonly messages: Expected[] = [];
  /** Every take of a message, including expired takes. A take's outcome may arrive at any time. */
  readonly holds: Hold[] = [];

  async make(next: Step): Promise<void> {
    switch (next.do) {
      case 'post':
        return this.post();
      case 'take':
        return this.take(next.limit);
      case 'settle':
        return this.settle(this.holds[next.hold % this.holds.length], next.status);
      case 'give back':
        return this.giveBack(this.holds[next.hold % this.holds.length]);
      case 'end the leases':
        return this.letPass('sending');
      case 'end the back-offs':
        return this.letPass('pending');
    }
  }

  private async post(): Promise<void> {
    const id = uuidv7();
    const message = {
      message_id: id,
      tenant: TENANT,
      to: '+905551111111',
      content: 'text',
      submitted_by: null,
    };
    await db.messages.insert(message);
    this.messages.push({ id, status: 'pending', attempt: 0, taker: null, isDue: true });
  }

  private async take(limit: number): Promise<void> {
    const taker = uuidv7();
    const due = this.messages.filter(({ isDue }) => isDue).slice(0, limit);
    const expected: Hold[] = [];
    for (const message of due) {
      if (message.status === 'sending' && message.attempt >= MAX_ATTEMPTS) {
        Object.assign(message, { status: 'failed', taker: null, isDue: false });
      } else {
        Object.assign(message, { status: 'sending', attempt: message.attempt + 1, taker, isDue: false });
        expected.push({ id: message.id, taker, attempt: message.attempt });
      }
    }
    const taken = await db.messages.take({
      tenant: TENANT,
      taker,
      limit,
      leaseMs: 60_000,
      maxAttempts: MAX_ATTEMPTS,
    });
    expect(taken.map(({ message_id: id, attempt }) => ({ id, taker, attempt }))).toEqual(expected);
    this.holds.push(...expected);
  }

  private async settle(hold: Hold | undefined, status: 'sent' | 'pending' | 'failed'): Promise<void> {
    const message = this.heldBy(hold);
    if (!hold) return;
    const before = this.find(hold.id).status;
    const isWritten = await db.messages.settle({
      messageId: hold.id,
      taker: hold.taker,
      attempt: hold.attempt,
      status,
      receiverMessageId: null,
      error: null,
      retryInMs: 60_000,
    });
    if (message) {
      expect(isWritten).toBe(true);
      Object.assign(message, { status, taker: null, isDue: false });
    } else if (before !== status) {
      // If the same outcome is already recorded, this is a retry after a lost response. Any other outcome must be refused.
      expect(isWritten).toBe(false);
    }
  }

  private async giveBack(hold: Hold | undefined): Promise<void> {
    const message = this.heldBy(hold);
    if (!hold) return;
    await db.messages.giveBack(hold.taker, [hold.id]);
    if (message)
      Object.assign(message, { status: 'pending', attempt: message.attempt - 1, taker: null, isDue: true });
  }

  private async letPass(status: 'sending' | 'pending'): Promise<void> {
    await db.sql(`UPDATE messages SET due_at = now() - interval '1 ms' WHERE status = $1`, [status]);
    for (const message of this.messages) if (message.status === status) message.isDue = true;
  }

  private heldBy(hold: Hold | undefined): Expected | undefined {
    return this.messages.find(
      ({ id, status, taker }) => id === hold?.id && status === 'sending' && taker === hold.taker,
    );
  }

  private find(id: string): Expected {
    const message = this.messages.find((candidate) => candidate.id === id);
    if (!message) throw new Error(`There is no message ${id}.`);
    return message;
  }
}

it('a message moves through its states by the rules, whatever late takes try to write', async () => {
  const seen = new Set<MessageStatus>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      await emptyTables(db, 'messages');
      const walk = new Walk();
      for (const next of steps) {
        await walk.make(next);
        const rows = await db.sql(
          `SELECT message_id::text AS id, status, attempt, CASE status WHEN 'sending' THEN taken_by END AS taker,
             due_at IS NOT NULL AND due_at <= now() AS "isDue"
           FROM messages ORDER BY message_id`,
        );
        expect(rows).toEqual(walk.messages);
      }
      for (const { status } of walk.messages) seen.add(status);
    }),
    { numRuns: 60 },
  );
  expect(seen).toEqual(new Set(['pending', 'sending', 'sent', 'failed']));
});
