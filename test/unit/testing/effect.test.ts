import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobContext } from 'errand/jobs';
import { effect, runEveryDeath, type EveryDeathOptions } from 'errand/testing';
import { jobThat, payload, Payments } from './payments.ts';

const payments = new Payments();

beforeEach(() => {
  payments.reset();
});

const charge = effect(payments, 'charge');

async function examine(
  run: (order: string, context: JobContext) => Promise<unknown>,
  options: EveryDeathOptions,
) {
  const setUp = (): void => {
    payments.reset();
  };
  return runEveryDeath(jobThat(run), payload, { setUp, ...options });
}

describe('the effects of runEveryDeath', () => {
  describe('submitted jobs', () => {
    it('pass if every attempt submits them in the same order, and are lost otherwise', async () => {
      const right = await examine(
        async (_order, { submit }) => {
          await submit('resize', { image: 'a' });
          await submit('resize', { image: 'b' });
        },
        { effects: {} },
      );
      expect(right).toMatchObject({ isIdempotent: true, runs: 4 });
      const wrong = await examine(
        async (order, { submit }) => {
          if (!payments.paid.has(order)) await submit('resize', { image: 'a' });
          await payments.markPaid(order);
          await submit('resize', { image: 'b' });
        },
        { effects: { mark: effect(payments, 'markPaid', { key: (order) => order }) } },
      );
      // The second attempt submits `b` as its first job. The first attempt's first job, `a`, has the same id as `b`, so `b` is lost.
      expect(wrong.lost).toContainEqual(
        expect.objectContaining({ effect: 'context.submit', identity: "'resize', { image: 'b' }" }),
      );
    });
  });

  describe('AWS clients and classes', () => {
    class PutCommand {
      readonly middlewareStack = {};
      readonly input: { readonly Key: string };
      constructor(input: { readonly Key: string }) {
        this.input = input;
      }
    }
    class GetCommand extends PutCommand {}
    class Client {
      readonly sent: string[] = [];
      async send(command: PutCommand): Promise<void> {
        await nextTurn();
        this.sent.push(command.input.Key);
      }
    }

    it('have one effect per command, each with its own key', async () => {
      const client = new Client();
      const report = await runEveryDeath(
        jobThat(async () => {
          await client.send(new GetCommand({ Key: 'a' }));
          await client.send(new PutCommand({ Key: 'a' }));
        }),
        payload,
        {
          effects: {
            put: effect(client, 'send', {
              when: (command) => !(command instanceof GetCommand),
              key: ({ input }) => input.Key,
            }),
          },
        },
      );
      expect(report).toMatchObject({ isIdempotent: true, runs: 2 });
      expect(Object.hasOwn(client, 'send')).toBe(false);
    });

    it('are replaced for all instances of a class', async () => {
      const original = Reflect.get(Client.prototype, 'send') as unknown;
      const report = await runEveryDeath(
        jobThat(async () => new Client().send(new PutCommand({ Key: 'a' }))),
        payload,
        { effects: { put: effect(Client.prototype, 'send') } },
      );
      expect(report.repeated).toMatchObject([{ identity: "PutCommand { Key: 'a' }" }]);
      expect(Reflect.get(Client.prototype, 'send')).toBe(original);
    });
  });

  describe('refusals', () => {
    it('list the existing methods if a method does not exist', () => {
      expect(() => effect(payments, 'chrage' as 'charge')).toThrow(
        'effect "chrage": the object has no method of this name; its methods are charge, isPaid, markPaid, mail, reset.',
      );
    });

    it('cover exports of an ES module, and frozen objects', async () => {
      const module = await import('node:timers/promises');
      expect(() => effect(module, 'setTimeout')).toThrow("the exports of an ES module can't be replaced");
      expect(() => effect(Object.freeze({ send: async () => nextTurn() }), 'send')).toThrow(
        'the object is frozen, so its methods cannot be replaced.',
      );
    });

    it('cover a method that does not return a promise', async () => {
      const ledger = { add: (amount: number) => amount };
      await expect(
        runEveryDeath(
          jobThat(async () => Promise.resolve(ledger.add(1))),
          payload,
          { effects: { add: effect(ledger, 'add') } },
        ),
      ).rejects.toThrow('effects.add: the method returned no promise');
      expect(ledger.add(2)).toBe(2);
    });

    it('cover a job that fails without a death', async () => {
      const failing = examine(async () => Promise.reject(new Error('The fake is down.')), {
        effects: { charge },
      });
      await expect(failing).rejects.toThrow('The job fails without any death: The fake is down.');
    });

    it('cover a method called through a queue that loses the context of the handler', async () => {
      const queue: (() => void)[] = [];
      const timer = setInterval(() => queue.shift()?.(), 1);
      try {
        const queued = examine(
          async (order) =>
            new Promise((resolve) => {
              queue.push(() => {
                resolve(payments.charge({ order }));
              });
            }),
          { effects: { charge } },
        );
        await expect(queued).rejects.toThrow(
          "effects.charge: the method was called outside of the handler's asynchronous context",
        );
      } finally {
        clearInterval(timer);
      }
    });

    it('cover a handler without effects', async () => {
      await expect(examine(async () => nextTurn(), { effects: { charge } })).rejects.toThrow(
        'The handler called no effect, so there is no call at which it could be killed: declared are charge.',
      );
    });
  });
});
