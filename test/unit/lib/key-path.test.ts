import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { jsonSchemaOf, type PayloadSchema } from '../../../lambdas/job/definition-schemas.ts';
import { job } from '../../../lambdas/job/definition.ts';
import { keyProblems } from '../../../lib/jobs/key-path.ts';

function problems(payload: PayloadSchema, key: string): string[] {
  const definition = job('bill', { payload, concurrency: { key, limit: 2 }, run: () => null });
  const { name, queue, retry, flow } = definition;
  return keyProblems({
    name,
    queue,
    retry,
    timeout_seconds: null,
    ...(flow && { flow }),
    payload: jsonSchemaOf(payload, undefined),
  });
}

interface Tree {
  name: string;
  child?: Tree | undefined;
}
const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get child() {
    return tree.optional();
  },
});

const payload = z.object({
  customer: z.string(),
  account: z.object({ id: z.int(), open: z.boolean().nullable() }),
  tags: z.array(z.string()),
  plan: z.enum(['free', 'paid']).optional(),
  any: z.unknown(),
  prices: z.record(z.string(), z.number()),
  owner: z.union([z.object({ email: z.string() }), z.object({ phone: z.string() })]),
});

describe('a key with a path into the payload', () => {
  it.each([
    'payload.customer',
    'payload.account.id',
    'payload.account.open',
    'payload.tags.0',
    'payload.plan',
    'payload.any.thing',
    'payload.prices.EUR',
    'payload.owner.phone',
  ])('can be %s', (key) => {
    expect(problems(payload, key)).toEqual([]);
  });

  it.each([
    'payload',
    'payload.custmer',
    'payload.account',
    'payload.account.name',
    'payload.tags',
    'payload.customer.id',
  ])('cannot be %s', (key) => {
    expect(problems(payload, key)).toEqual([
      `job "bill": concurrency.key is "${key}", but the payload's schema has no string, number or boolean there: name a field of the payload, or use a key that does not begin with "payload."`,
    ]);
  });

  it('follows a schema that refers to itself', () => {
    expect(problems(tree, 'payload.child.child.name')).toEqual([]);
    expect(problems(tree, 'payload.child.child.names')).toHaveLength(1);
  });

  it('can be the whole payload, if that is a scalar', () => {
    expect(problems(z.string(), 'payload')).toEqual([]);
  });

  it('without the prefix is literal', () => {
    expect(problems(payload, 'customer')).toEqual([]);
  });
});
