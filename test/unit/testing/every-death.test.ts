import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { job, type JobContext } from 'errand/jobs';
import { effect, runEveryDeath, type EveryDeathOptions } from 'errand/testing';
import * as z from 'zod';
import { jobThat, payload, Payments } from './payments.ts';

const payments = new Payments();

beforeEach(() => {
  payments.reset();
});

const charge = effect(payments, 'charge');
const keyedCharge = effect(payments, 'charge', { key: ({ idempotencyKey }) => String(idempotencyKey) });
const mail = effect(payments, 'mail');
const setUp = (): void => {
  payments.reset();
};

async function examine(
  run: (order: string, context: JobContext) => Promise<unknown>,
  options: EveryDeathOptions,
) {
  return runEveryDeath(jobThat(run), payload, { setUp, ...options });
}

describe('runEveryDeath', () => {
  it('finds a charge that is repeated, with the line of its call', async () => {
    const report = await examine(async (order) => payments.charge({ order }), { effects: { charge } });
    const source = expect.stringMatching(/^test\/unit\/testing\/every-death\.test\.ts:\d+:\d+$/) as unknown;
    expect(report.repeated).toEqual([
      {
        effect: 'charge',
        attempt: 2,
        identity: "{ order: 'order-1' }",
        source,
        deaths: [expect.objectContaining({ effect: 'charge', call: 1, attempt: 1, moment: 'after', source })],
      },
    ]);
    expect(report).toMatchObject({ isIdempotent: false, runs: 2, lost: [], missed: [] });
    expect(report.text).toMatch(
      /Killed after call 1 of charge in attempt 1 \(test.*\):\n {2}repeated: charge in attempt 2 at test/,
    );
    expect(() => {
      report.assertIdempotent();
    }).toThrow(report.text);
  });

  it('passes a charge with the idempotency key of the job', async () => {
    const report = await examine(
      async (order, { jobId }) => payments.charge({ order, idempotencyKey: jobId }),
      { effects: { charge: keyedCharge }, state: () => payments.charges },
    );
    expect(report).toMatchObject({ isIdempotent: true, runs: 2, repeated: [] });
    report.assertIdempotent();
  });

  it('finds a charge whose key differs in each attempt', async () => {
    const report = await examine(
      async (order) => payments.charge({ order, idempotencyKey: crypto.randomUUID() }),
      { effects: { charge: keyedCharge } },
    );
    expect(report.repeated).toMatchObject([{ effect: 'charge', attempt: 2 }]);
  });

  it('passes a handler that checks before it acts', async () => {
    const report = await examine(
      async (order) => {
        if (!(await payments.isPaid(order))) await payments.charge({ order });
        await payments.mail(order);
      },
      { effects: { charge } },
    );
    expect(report).toMatchObject({ isIdempotent: true, runs: 2 });
  });

  it('finds an effect that is lost because the handler records it before it acts', async () => {
    const report = await examine(
      async (order) => {
        if (payments.paid.has(order)) return;
        await payments.markPaid(order);
        await payments.charge({ order });
      },
      { effects: { charge, mark: effect(payments, 'markPaid') } },
    );
    expect(report.repeated).toEqual([]);
    expect(
      report.lost.map(({ effect: name, deaths }) => [name, deaths[0]?.effect, deaths[0]?.moment]),
    ).toEqual([
      ['charge', 'mark', 'after'],
      ['charge', 'charge', 'before'],
    ]);
  });

  it('counts the effects of a loop one by one', async () => {
    const effects = { mail };
    const wrong = await examine(
      async () => {
        for (let copy = 0; copy < 3; copy += 1) await payments.mail('same@example.com');
      },
      { effects },
    );
    // Runs are killed after the first, second and third mail, and before the second and third. One run has no death.
    expect(wrong.runs).toBe(6);
    expect(wrong.repeated).toHaveLength(1 + 1 + 2 + 2 + 3);
    const right = await examine(
      async () => {
        while (payments.mails.length < 3) await payments.mail('same@example.com');
      },
      { effects },
    );
    expect(right).toMatchObject({ isIdempotent: true, runs: 6 });
  });

  it('kills all parallel branches, which have no effects afterwards', async () => {
    const attempts: number[] = [];
    const report = await examine(
      async (order, { attempt }) => {
        attempts.push(attempt);
        await Promise.all([
          payments.charge({ order, idempotencyKey: order }),
          wait(2).then(() => payments.mail(`slow-${attempt}`)),
        ]);
      },
      { effects: { charge: keyedCharge, mail }, state: () => payments.charges.length },
    );
    // If the run is killed before or after the charge, the first attempt never sends its mail.
    const atCharge = report.repeated.filter(({ deaths }) => deaths[0]?.effect === 'charge');
    expect(atCharge).toEqual([]);
    // If the run is killed after the mail, the second attempt sends another mail with a different text.
    expect(report.repeated).toMatchObject([{ effect: 'mail', identity: "'slow-2'" }]);
    const mails = payments.mails.length;
    await wait(10);
    expect(payments.mails).toHaveLength(mails);
    expect(attempts.filter((attempt) => attempt === 1)).toHaveLength(2 + report.runs);
  });

  it('never continues a killed handler, not even one that swallows errors', async () => {
    const continued: string[] = [];
    const report = await examine(
      async (order, { attempt }) => {
        try {
          await payments.charge({ order, idempotencyKey: order });
        } catch {
          continued.push('catch');
        } finally {
          continued.push(`finally ${attempt}`);
        }
      },
      { effects: { charge: keyedCharge } },
    );
    expect(report.isIdempotent).toBe(true);
    // Two runs have no death, and two runs have one death, in the first attempt. Only attempts without a death continue.
    expect(continued).toEqual(['finally 1', 'finally 1', 'finally 2', 'finally 2']);
  });

  it('is not misled by effects whose order differs from run to run', async () => {
    let run = 0;
    const orders = ['a', 'b', 'c'];
    const rotated = (): string[] => {
      run += 1;
      return [...orders.slice(run % 3), ...orders.slice(0, run % 3)];
    };
    const right = await examine(
      async () => {
        for (const order of rotated()) await payments.charge({ order, idempotencyKey: order });
      },
      { effects: { charge: keyedCharge } },
    );
    expect(right).toMatchObject({ isIdempotent: true, runs: 6 });
    const wrong = await examine(
      async () => {
        for (const order of rotated()) await payments.charge({ order });
      },
      { effects: { charge } },
    );
    for (const { identity, deaths } of wrong.repeated) {
      expect(orders.map((order) => `{ order: '${order}' }`)).toContain(identity);
      expect(deaths).toHaveLength(1);
    }
    expect(wrong.repeated).toHaveLength(1 + 1 + 2 + 2 + 3);
  });

  it('refuses to judge a handler whose runs differ without a death', async () => {
    await expect(
      runEveryDeath(
        jobThat(async (order) => {
          if (!(await payments.isPaid(order))) await payments.charge({ order });
        }),
        payload,
        { effects: { charge } },
      ),
    ).rejects.toThrow('the first called charge 1 times, the second 0 times. Set setUp');
  });

  it('does not count an effect that failed', async () => {
    let isDown = true;
    const shaky = {
      async send(text: string): Promise<void> {
        await nextTurn();
        isDown = !isDown;
        if (!isDown) throw new Error(`Down: ${text}`);
      },
    };
    const report = await runEveryDeath(
      job('send', {
        payload: z.object({}),
        retry: { attempts: 3 },
        run: async () => shaky.send('hello'),
      }),
      {},
      {
        effects: { send: effect(shaky, 'send') },
        setUp() {
          isDown = true;
        },
      },
    );
    // Without a death, the job needs two attempts, and only the second attempt has the effect.
    expect(report.repeated.map(({ deaths }) => [deaths[0]?.attempt, deaths[0]?.moment])).toEqual([
      [2, 'after'],
    ]);
    expect(report.runs).toBe(4);
  });

  it('kills a handler whose call fails before it returns a promise', async () => {
    const guarded = {
      charge(order: string): Promise<void> {
        if (order !== '') throw new Error('Declined.');
        return Promise.resolve();
      },
    };
    const report = await examine(
      async (order) => {
        await guarded.charge(order).catch(() => undefined);
      },
      { effects: { guarded: effect(guarded, 'charge') } },
    ).catch((error: unknown) => String(error));
    expect(report).toContain('The job fails without any death: Declined.');
    const swallowed = await examine(
      async (order) => {
        try {
          await guarded.charge(order);
        } catch {
          // The handler expects this error.
        }
      },
      { effects: { guarded: effect(guarded, 'charge') } },
    );
    expect(swallowed).toMatchObject({ isIdempotent: true, runs: 2, missed: [] });
  });

  it('reports a different outcome and a different state', async () => {
    const report = await examine(
      async (order) => {
        if (await payments.isPaid(order)) throw new Error('The order is paid already.');
        await payments.charge({ order });
      },
      { effects: { charge }, state: () => payments.mails.length },
    );
    expect(report.isIdempotent).toBe(false);
    expect(report.text).toContain('the job ended as failed (The order is paid already.) instead of success');
    const state = await examine(
      async (order) => {
        await payments.mail(order);
        await payments.charge({ order, idempotencyKey: order });
      },
      { effects: { charge: keyedCharge }, state: () => payments.mails.length },
    );
    expect(state.repeated).toEqual([]);
    expect(state.text).toContain('the state is 2\n  instead of   1');
  });

  it('kills the second attempt too, if configured', async () => {
    // The job is correct after one death, but wrong after two.
    const run = async (order: string, { attempt }: JobContext): Promise<void> => {
      await payments.charge({ order, idempotencyKey: attempt < 3 ? order : `${order}-again` });
    };
    const effects = { charge: keyedCharge };
    expect((await examine(run, { effects })).repeated).toEqual([]);
    const { repeated, runs } = await examine(run, { effects, deaths: 2 });
    expect(runs).toBe(2 + 4);
    expect(repeated.map(({ attempt, deaths }) => [attempt, deaths.map(({ moment }) => moment)])).toEqual([
      [3, ['before', 'after']],
      [3, ['after', 'before']],
      [3, ['after', 'after']],
    ]);
  });

  it('restores the methods when the handler cannot be judged', async () => {
    const original = Reflect.get(payments, 'charge') as unknown;
    await expect(examine(async () => nextTurn(), { effects: { charge } })).rejects.toThrow();
    expect(Reflect.get(payments, 'charge')).toBe(original);
    expect(Object.hasOwn(payments, 'charge')).toBe(false);
  });
});
