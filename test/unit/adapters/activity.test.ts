import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createActivity, createActivityLog } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { ActivityLog } from '../../../lambdas/job/activity.ts';

interface Command {
  input: {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, { N: string }>;
  };
}

/** Creates an in-memory DynamoDB item, and a clock that the test sets. */
function createWorld() {
  const item: Record<string, { N: string }> = {};
  const world = {
    now: 1_000_000,
    writes: 0,
    isGone: false,
    client: {
      send({ input }: Command) {
        if (world.isGone) return Promise.reject(new Error('DynamoDB is gone.'));
        const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
        if (!names || !values) return Promise.resolve({ Item: item });
        world.writes += 1;
        for (const name of Object.values(names)) {
          const value = values[`:${name}`];
          if (value) item[name] = value;
          else Reflect.deleteProperty(item, name);
        }
        return Promise.resolve({});
      },
    } as unknown as DynamoDBClient,
  };
  const now = (): Date => new Date(world.now);
  return {
    world,
    newInstance: () => createActivity(world.client, 'table', now),
    sweeper: createActivityLog(world.client, 'table', now),
  };
}

async function mayHaveWork(sweeper: ActivityLog): Promise<boolean> {
  return (await sweeper.look()).mayHaveWork;
}

describe('the activity mark', () => {
  it('is written by an instance at most every 30 s', async () => {
    const { world, newInstance } = createWorld();
    const activity = newInstance();
    await activity.mark();
    world.now += 29_999;
    await activity.mark();
    expect(world.writes).toBe(1);
    world.now += 1;
    await activity.mark();
    expect(world.writes).toBe(2);
  });

  it('is written again if the clock was moved back, because another instance may then write an earlier time', async () => {
    const { world, newInstance } = createWorld();
    const activity = newInstance();
    await activity.mark();
    world.now -= 60_000;
    await activity.mark();
    expect(world.writes).toBe(2);
  });

  it('is written again if the first attempt failed', async () => {
    const { world, newInstance } = createWorld();
    const activity = newInstance();
    world.isGone = true;
    await expect(activity.mark()).rejects.toBeInstanceOf(StoreUnavailableError);
    world.isGone = false;
    await activity.mark();
    expect(world.writes).toBe(1);
  });
});

describe('the sweeper', () => {
  it('looks for work if nothing was ever recorded', async () => {
    expect(await mayHaveWork(createWorld().sweeper)).toBe(true);
  });

  it('looks again if its last check is in the future, because the clock was moved back', async () => {
    const { world, newInstance, sweeper } = createWorld();
    await newInstance().mark();
    world.now += 3_600_000;
    await sweeper.settle(new Date(world.now), null);
    expect(await mayHaveWork(sweeper)).toBe(false);
    world.now -= 1_800_000;
    await newInstance().mark();
    expect(await mayHaveWork(sweeper)).toBe(true);
  });

  it('stops looking when it finds no work left, after the last mark has expired', async () => {
    const { world, newInstance, sweeper } = createWorld();
    await newInstance().mark();
    world.now += 64_999;
    await sweeper.settle(new Date(world.now), null);
    expect(await mayHaveWork(sweeper)).toBe(true);
    world.now += 1;
    await sweeper.settle(new Date(world.now), null);
    expect(await mayHaveWork(sweeper)).toBe(false);
  });

  it('looks again when the first long-delayed job is due, and rests until the next', async () => {
    const { world, newInstance, sweeper } = createWorld();
    await newInstance().mark();
    world.now += 100_000;
    await sweeper.settle(new Date(world.now), new Date(world.now + 10_000));
    world.now += 9_999;
    expect(await mayHaveWork(sweeper)).toBe(false);
    world.now += 1;
    expect(await mayHaveWork(sweeper)).toBe(true);
    await sweeper.settle(new Date(world.now), new Date(world.now + 10_000));
    expect(await mayHaveWork(sweeper)).toBe(false);
    await sweeper.settle(new Date(world.now), null);
    world.now += 10_000;
    expect(await mayHaveWork(sweeper)).toBe(false);
  });

  it('looks again after the next mark', async () => {
    const { world, newInstance, sweeper } = createWorld();
    await newInstance().mark();
    world.now += 100_000;
    await sweeper.settle(new Date(world.now), null);
    await newInstance().mark();
    expect(await mayHaveWork(sweeper)).toBe(true);
  });

  it('never misses a row that was written within 30 s of its submission’s mark', async () => {
    // In each step, time passes and a submission begins. The submission writes its row within 30 s. If no row has been written yet, the
    // sweeper records that no work is left.
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: 60_000 }),
      instance: fc.nat(2),
      writesAfterMs: fc.integer({ min: 0, max: 30_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(120_000), async (steps, sweepsAfterMs) => {
        const { world, newInstance, sweeper } = createWorld();
        const instances = [newInstance(), newInstance(), newInstance()];
        const rowsAt: number[] = [];
        for (const { passMs, instance, writesAfterMs } of steps) {
          world.now += passMs;
          await instances[instance]?.mark();
          rowsAt.push(world.now + writesAfterMs);
          // If no row has been written yet, the sweeper records that no work is left.
          if (rowsAt.every((at) => at > world.now)) await sweeper.settle(new Date(world.now), null);
        }
        world.now += sweepsAfterMs;
        const isSettled = !(await mayHaveWork(sweeper));
        if (rowsAt.some((at) => at <= world.now)) expect(isSettled).toBe(false);
      }),
    );
  });

  it('keeps the result of the last pruning, whatever else is recorded', async () => {
    const { world, newInstance, sweeper } = createWorld();
    expect((await sweeper.look()).oldestEnd).toBeNull();
    await sweeper.notePruned(new Date(123_456));
    await newInstance().mark();
    await sweeper.settle(new Date(world.now), null);
    expect((await sweeper.look()).oldestEnd).toEqual(new Date(123_456));
  });

  it('keeps the time of the next roll-up of the history, whatever else is recorded', async () => {
    const { world, newInstance, sweeper } = createWorld();
    expect((await sweeper.look()).historyDueAt).toBeNull();
    await sweeper.noteRolledUp(new Date(123_456));
    await newInstance().mark();
    await sweeper.settle(new Date(world.now), null);
    await sweeper.notePruned(new Date(654_321));
    expect((await sweeper.look()).historyDueAt).toEqual(new Date(123_456));
  });

  it('reports if it cannot read the item', async () => {
    const { world, sweeper } = createWorld();
    world.isGone = true;
    await expect(sweeper.look()).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
