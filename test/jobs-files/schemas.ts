import { job } from 'errand/jobs';
import * as z from 'zod';

const run = () => null;

/** A payload with most kinds of values. */
export const order = job('order', {
  payload: z.strictObject({
    id: z.uuid(),
    customer: z.object({ email: z.email(), name: z.string().min(1).max(40), since: z.iso.date().optional() }),
    lines: z
      .array(
        z.strictObject({
          sku: z.string().regex(/^[A-Z]{2}-\d{3,6}$/),
          quantity: z.int().min(1).max(99),
          price: z.number().nonnegative().lt(10_000),
        }),
      )
      .min(1)
      .max(5),
    placed_at: z.iso.datetime(),
    currency: z.enum(['EUR', 'TRY']),
    express: z.boolean().default(false),
    note: z.string().max(200).nullable(),
    kind: z.literal('order'),
  }),
  run,
});

/** A payload with alternatives. A member selects the alternative. */
export const event = job('event', {
  payload: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('moved'), to: z.tuple([z.number(), z.number()]) }),
    z.strictObject({ type: z.literal('renamed'), name: z.string().min(3) }),
    z.strictObject({
      type: z.literal('tagged'),
      tags: z.record(z.string().regex(/^[a-z]{1,8}$/), z.union([z.string(), z.int()])),
    }),
  ]),
  run,
});

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

/** A recursive payload. */
const tree: z.ZodType<Tree> = z.strictObject({
  name: z.string().min(1),
  get children() {
    return z.array(tree);
  },
});

export const grow = job('grow', { payload: tree, run });

export const plain = job('plain', { payload: z.string().min(2).max(5), run });

export const anything = job('anything', { payload: z.any(), run });
