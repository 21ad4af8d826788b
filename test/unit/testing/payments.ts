import { setImmediate as nextTurn } from 'node:timers/promises';
import { job, type JobContext } from 'errand/jobs';
import * as z from 'zod';

export interface Charge {
  readonly order: string;
  readonly amount?: number;
  readonly idempotencyKey?: string;
}

/** A payment provider that charges once per idempotency key. */
export class Payments {
  charges: Charge[] = [];
  mails: string[] = [];
  paid = new Set<string>();

  async charge(charge: Charge): Promise<{ id: string }> {
    await nextTurn();
    const known = this.charges.find(
      ({ idempotencyKey: key }) => key !== undefined && key === charge.idempotencyKey,
    );
    if (!known) this.charges.push(charge);
    return { id: charge.order };
  }

  async isPaid(order: string): Promise<boolean> {
    await nextTurn();
    return this.charges.some((charge) => charge.order === order);
  }

  async markPaid(order: string): Promise<void> {
    await nextTurn();
    this.paid.add(order);
  }

  async mail(to: string): Promise<void> {
    await nextTurn();
    this.mails.push(to);
  }

  reset(): void {
    this.charges = [];
    this.mails = [];
    this.paid = new Set();
  }
}

export const payload = { order: 'order-1' };

/** Defines a job with this handler. */
export function jobThat(run: (order: string, context: JobContext) => Promise<unknown>) {
  return job('pay', {
    payload: z.object({ order: z.string() }),
    run: ({ order }, context) => run(order, context),
  });
}
