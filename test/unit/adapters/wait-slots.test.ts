import { GetItemCommand, ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from 'errand-local/aws-endpoint/aws-endpoint';
import { startDynamoDb, type DynamoDb } from 'errand-local/dynamodb/dynamodb';
import { createWaitSlots, type WaitLimits } from '../../../lambdas/adapters/dynamodb/wait-slots.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { WaitSlot } from '../../../lambdas/job/wait.ts';
import {
  createTable,
  dynamoDbClient,
  TABLE,
} from '../../../packages/local/test/integration/dynamodb-client.ts';

/** The start of a window, in milliseconds. */
const WINDOW_STARTS = Date.parse('2026-01-01T00:00:00Z');

let dataDir: string;
let dynamoDb: DynamoDb;
let endpoint: AwsEndpoint;
let client: DynamoDBClient;
let now: number;
/** Each test has its own tenants, and time advances between tests. So no test counts another test's waits. */
let tenant: string;
let testNumber = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'wait-slots-'));
  dynamoDb = await startDynamoDb({ dataDir, now: () => now });
  endpoint = await startAwsEndpoint({ port: 0, services: [dynamoDb] });
  client = dynamoDbClient(endpoint.url);
  await createTable(client);
});

afterAll(async () => {
  client.destroy();
  await endpoint.end();
  await dynamoDb.end();
  await rm(dataDir, { recursive: true });
});

beforeEach(() => {
  testNumber += 1;
  now = WINDOW_STARTS + testNumber * 3_600_000;
  tenant = `tenant-${testNumber}`;
});

/** Creates the wait slots of one API instance. */
function slotsOf(limits: Partial<WaitLimits> = {}, of: DynamoDBClient = client) {
  const clock = { now: () => new Date(now), newId: () => `01900000-0000-7000-8000-${newEnd()}` };
  return createWaitSlots(of, TABLE, { perTenant: 2, total: 3, ...limits }, clock);
}

const newEnd = (): string => randomBytes(6).toString('hex');

/** Takes all available slots, up to `wanted`. */
async function takeAll(of: string, wanted = 10, slots = slotsOf()): Promise<WaitSlot[]> {
  const taken: WaitSlot[] = [];
  for (let number = 0; number < wanted; number += 1) {
    const slot = await slots.take(of);
    if (slot) taken.push(slot);
  }
  return taken;
}

describe('slots for waits', () => {
  it('are limited per tenant and in total', async () => {
    expect(await takeAll(tenant)).toHaveLength(2);
    expect(await takeAll(`${tenant}-other`)).toHaveLength(1);
    expect(await takeAll(`${tenant}-third`)).toHaveLength(0);
  });

  it('are limited across concurrent requests', async () => {
    const tenants = Array.from({ length: 30 }, (_, number) => `${tenant}-${number % 3}`);
    // On a busy machine, some requests may time out. They count as refused.
    const taken = await Promise.all(
      tenants.map((each) =>
        slotsOf()
          .take(each)
          .catch(() => undefined),
      ),
    );
    const holders = tenants.filter((_, index) => taken[index]);
    expect(holders.length).toBeLessThanOrEqual(3);
    for (const each of new Set(holders))
      expect(holders.filter((one) => one === each).length).toBeLessThanOrEqual(2);
  });

  it('are free after their release, for every instance', async () => {
    for (const slot of await takeAll(tenant)) await slot.release();
    expect(await takeAll(tenant)).toHaveLength(2);
  });

  it('do not charge the tenant if the total limit refuses a wait', async () => {
    const others = await takeAll(`${tenant}-other`);
    const third = await takeAll(`${tenant}-third`);
    expect(await takeAll(tenant)).toHaveLength(0);
    for (const slot of [...others, ...third]) await slot.release();
    expect(await takeAll(tenant)).toHaveLength(2);
  });

  it('count the waits of the previous window', async () => {
    now += 29_000;
    const [first, second] = await takeAll(tenant);
    now += 2_000;
    expect(await takeAll(tenant)).toHaveLength(0);
    await first?.release();
    expect(await takeAll(tenant)).toHaveLength(1);
    await second?.release();
    expect(await takeAll(tenant)).toHaveLength(1);
  });

  it.each([0, 15_000, 29_999])(
    'of an instance killed %i ms into a window are free within a minute',
    async (ms) => {
      now += ms;
      expect(await takeAll(tenant)).toHaveLength(2);
      // A live instance would have released the slots within 25 s. A killed instance's slots stay taken until the end of the next
      // window.
      now += 25_000;
      expect(await takeAll(tenant)).toHaveLength(0);
      now += 35_000;
      expect(await takeAll(tenant)).toHaveLength(2);
    },
  );

  it('are refused if the window ends before the slot is taken', async () => {
    now += 29_999;
    const turning = {
      send: (command: object, options: never) => {
        if (!(command instanceof GetItemCommand)) now += 1;
        return client.send(command as never, options);
      },
    } as unknown as DynamoDBClient;
    expect(await slotsOf({}, turning).take(tenant)).toBeUndefined();
    expect(await takeAll(tenant)).toHaveLength(2);
  });

  it('are freed once if the SDK retries a release', async () => {
    const [first] = await takeAll(tenant);
    await first?.release();
    await takeAll(tenant, 1);
    await first?.release();
    expect(await takeAll(tenant)).toHaveLength(0);
  });

  it('are taken once if the SDK retries a call whose response was lost', async () => {
    const repeating = {
      async send(command: never, options: never) {
        await client.send(command, options);
        return client.send(command, options);
      },
    } as unknown as DynamoDBClient;
    expect(await takeAll(tenant, 10, slotsOf({}, repeating))).toHaveLength(2);
  });

  it('expire soon', async () => {
    const [slot] = await takeAll(tenant);
    await slot?.release();
    now += 90_000;
    await dynamoDb.sweepExpiredItems();
    const { Items: items = [] } = await client.send(new ScanCommand({ TableName: TABLE }));
    expect(items.filter(({ pk }) => pk?.S?.startsWith(`waits#${tenant}`))).toEqual([]);
  });
});

describe('slots for waits that are turned off', () => {
  it.each([
    ['a tenant', { perTenant: 0 }],
    ['all', { total: 0 }],
  ])('for %s need no calls', async (_whom, limits) => {
    const silent = { send: () => Promise.reject(new Error('asked')) } as unknown as DynamoDBClient;
    expect(await slotsOf(limits, silent).take(tenant)).toBeUndefined();
  });
});

describe('unreachable DynamoDB', () => {
  it('is reported when a slot is taken or released', async () => {
    const gone = { send: () => Promise.reject(new Error(randomUUID())) } as unknown as DynamoDBClient;
    await expect(slotsOf({}, gone).take(tenant)).rejects.toBeInstanceOf(StoreUnavailableError);
    let isGone = false;
    const going = {
      send: (command: never, options: never) =>
        isGone ? Promise.reject(new Error('gone')) : client.send(command, options),
    } as unknown as DynamoDBClient;
    const slot = await slotsOf({}, going).take(tenant);
    isGone = true;
    await expect(slot?.release()).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('delays a request by at most a second', async () => {
    const hanging = {
      send: (_command: never, { abortSignal }: { abortSignal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          abortSignal.addEventListener('abort', () => {
            reject(abortSignal.reason as Error);
          });
        }),
    } as unknown as DynamoDBClient;
    const startedAt = performance.now();
    await expect(slotsOf({}, hanging).take(tenant)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
