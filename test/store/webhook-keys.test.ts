import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Signing } from '../../lambdas/job/job-context.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob } from './job-rows.ts';

const DAY = 86_400;

const db = useJobDatabase();

const newTenant = (): string => `tenant-${randomUUID()}`;
const rotate = (tenant: string, generation: number, overlapSeconds = DAY) =>
  db.webhookKeys.rotate({ tenant, generation, overlapSeconds }, entryOf('webhook_key.rotate'));

/** Returns the number of seconds until a time. */
const secondsUntil = (moment: string | null): number => (Date.parse(moment ?? '') - Date.now()) / 1000;

/** Returns the signing keys for an attempt of a tenant's job. */
async function signingOf(tenant: string, type = 'webhook'): Promise<Signing | undefined> {
  const job = newJob({ tenant, type });
  await db.jobs.insert([job]);
  const [claim] = await db.attempts.claim([job.job_id], 'worker-1', 10_000);
  if (claim?.verdict !== 'claimed') throw new Error(`The job was not claimed: ${JSON.stringify(claim)}`);
  return claim.job.signing;
}

describe('the key of a tenant that never rotated it', () => {
  it('is the first generation, and the only one that signs', async () => {
    const tenant = newTenant();
    expect(await db.webhookKeys.read(tenant)).toEqual({
      generation: 1,
      rotate_time: null,
      previous_until: null,
    });
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [1] });
  });
});

describe('a rotation', () => {
  it('makes the next generation sign, together with the previous one during the overlap', async () => {
    const tenant = newTenant();
    const { keys, applied } = await rotate(tenant, 1);
    expect(applied).toBe(true);
    expect(keys).toMatchObject({ generation: 2 });
    expect(Math.abs(secondsUntil(keys.rotate_time))).toBeLessThan(5);
    expect(Math.abs(secondsUntil(keys.previous_until) - DAY)).toBeLessThan(5);
    expect(await db.webhookKeys.read(tenant)).toEqual(keys);
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [2, 1] });

    await db.sql(`UPDATE webhook_keys SET previous_until = now() WHERE tenant = $1`, [tenant]);
    expect(await db.webhookKeys.read(tenant)).toEqual({ ...keys, previous_until: null });
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [2] });
  });

  it('ends the previous key immediately if there is no overlap', async () => {
    const tenant = newTenant();
    expect(await rotate(tenant, 1, 0)).toMatchObject({ applied: true, keys: { previous_until: null } });
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [2] });
  });

  it('changes nothing if it is repeated: neither the generation nor the overlap', async () => {
    const tenant = newTenant();
    const first = await rotate(tenant, 1, 60);
    expect(await rotate(tenant, 1, 60)).toEqual(first);
    expect(await rotate(tenant, 1, DAY)).toEqual(first);
  });

  it('can be repeated to end the overlap early, for a key that turns out to be leaked', async () => {
    const tenant = newTenant();
    await rotate(tenant, 1);
    const { keys, applied } = await rotate(tenant, 1, 0);
    expect(applied).toBe(true);
    expect(keys).toMatchObject({ generation: 2, previous_until: null });
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [2] });
  });

  it('during an overlap ends the older key, so at most two keys sign', async () => {
    const tenant = newTenant();
    await rotate(tenant, 1);
    expect(await rotate(tenant, 2)).toMatchObject({ applied: true, keys: { generation: 3 } });
    expect(await signingOf(tenant)).toEqual({ kind: 'webhook', generations: [3, 2] });
  });

  it.each([
    ['of one that never was', 2, 0],
    ['of one long gone', 1, 2],
    ['of one still to come', 4, 2],
  ])('%s changes nothing', async (_what, generation, rotations) => {
    const tenant = newTenant();
    for (let current = 1; current <= rotations; current += 1) await rotate(tenant, current);
    const before = await db.webhookKeys.read(tenant);
    expect(await rotate(tenant, generation, 0)).toEqual({ applied: false, keys: before });
    expect(await db.webhookKeys.read(tenant)).toEqual(before);
  });

  it('happens once, however many concurrent requests ask for it', async () => {
    const tenant = newTenant();
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(tenant, 1)));
    expect(new Set(answers.map(({ keys }) => keys.generation))).toEqual(new Set([2]));
    expect(answers.every(({ applied }) => applied)).toBe(true);
    const again = await Promise.all(Array.from({ length: 8 }, () => rotate(tenant, 2)));
    expect(new Set(again.map(({ keys }) => keys.generation))).toEqual(new Set([3]));
  });

  it('of one tenant does not affect others', async () => {
    const [tenant, other] = [newTenant(), newTenant()];
    await rotate(other, 1);
    const before = await db.webhookKeys.read(other);
    await rotate(tenant, 1);
    await rotate(tenant, 2);
    expect(await db.webhookKeys.read(other)).toEqual(before);
    expect(await signingOf(other)).toEqual({ kind: 'webhook', generations: [2, 1] });
  });
});

describe('a claim of any other job type', () => {
  it('reads no key', async () => {
    const tenant = newTenant();
    await rotate(tenant, 1);
    expect(await signingOf(tenant, 'sleep')).toBeUndefined();
  });
});
