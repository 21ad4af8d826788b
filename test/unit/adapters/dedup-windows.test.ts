import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDedupWindow } from '../../../lambdas/adapters/dynamodb/dedup-window.ts';
import { createDedupWindows } from '../../../lambdas/adapters/dynamodb/dedup-windows.ts';
import type { DedupHolder, DedupWindow, WindowToOpen } from '../../../lambdas/job/dedup.ts';
import { startAwsEndpoint, type AwsEndpoint } from '../../../packages/local/src/aws-endpoint/aws-endpoint.ts';
import { startDynamoDb, type DynamoDb } from '../../../packages/local/src/dynamodb/dynamodb.ts';
import {
  createTable,
  dynamoDbClient,
  TABLE,
} from '../../../packages/local/test/integration/dynamodb-client.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

let dataDir: string;
let dynamoDb: DynamoDb;
let endpoint: AwsEndpoint;
let client: DynamoDBClient;
let dedup: DedupWindow;
/** Runs before each of the client's calls. */
let before: (command: string) => Promise<void> = () => Promise.resolve();
let objects = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'dedup-windows-test-'));
  dynamoDb = await startDynamoDb({ dataDir });
  endpoint = await startAwsEndpoint({ port: 0, services: [dynamoDb] });
  client = dynamoDbClient(endpoint.url);
  await createTable(client);
  const watched = {
    async send(command: Parameters<DynamoDBClient['send']>[0]) {
      await before(command.constructor.name.replace(/Command$/, ''));
      return client.send(command);
    },
  } as unknown as DynamoDBClient;
  const now = (): Date => new Date(NOW);
  const single = createDedupWindow(watched, TABLE, now);
  dedup = { ...single, ...createDedupWindows(watched, TABLE, now, single) };
});

beforeEach(() => {
  before = () => Promise.resolve();
});

afterAll(async () => {
  client.destroy();
  await endpoint.end();
  await dynamoDb.end();
  await rm(dataDir, { recursive: true });
});

/** Returns a window for an object that no other test uses. */
function windowOf(jobId: string, more: Partial<DedupHolder> = {}): WindowToOpen {
  objects += 1;
  const windowEndsAt = new Date(NOW + 300_000);
  return {
    key: { tenant: 'default', objectId: `object-${objects}` },
    holder: { jobId, owner: jobId, windowEndsAt, ...more },
  };
}

async function itemOf({ key }: WindowToOpen) {
  const Key = { pk: { S: `object#${key.tenant}#${key.objectId}` } };
  return (await client.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true }))).Item;
}

/** Returns the calls that an action makes. */
async function callsOf(action: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  before = (command) => {
    calls.push(command);
    return Promise.resolve();
  };
  await action();
  return calls;
}

describe('opening several windows', () => {
  it('takes one call per 25 windows, and writes the same items as opening each window separately', async () => {
    const windows = Array.from({ length: 60 }, (_, number) => windowOf(`job-${number}`));
    const [first, ...others] = windows;
    if (!first) throw new Error('There is no window.');
    const calls = await callsOf(async () => {
      expect(await dedup.openAll(windows)).toEqual(windows.map(() => ({ opened: true })));
    });
    expect(calls).toEqual(['BatchExecuteStatement', 'BatchExecuteStatement', 'BatchExecuteStatement']);
    const alone = { ...windowOf('job-0'), holder: first.holder };
    await dedup.open(alone.key, alone.holder);
    expect({ ...(await itemOf(first)), pk: null }).toEqual({ ...(await itemOf(alone)), pk: null });
    for (const other of others) expect((await itemOf(other))?.job_id?.S).toBe(other.holder.jobId);
  });

  it('returns the holders of open windows, and replaces ended windows in one more call', async () => {
    const [held, ended, fresh, adopted] = ['a', 'b', 'c', 'd'].map((jobId) => windowOf(jobId));
    if (!held || !ended || !fresh || !adopted) throw new Error('There is no window.');
    const other = { jobId: 'other', owner: 'other', windowEndsAt: new Date(NOW + 1) };
    await dedup.open(held.key, other);
    await dedup.open(ended.key, { ...other, windowEndsAt: new Date(NOW) });
    await dedup.open(adopted.key, adopted.holder);
    await dedup.adopt(adopted.key, adopted.holder.owner, 'adopter');
    const calls = await callsOf(async () => {
      expect(await dedup.openAll([held, ended, fresh, adopted])).toEqual([
        { opened: false, holder: other },
        { opened: true },
        { opened: true },
        { opened: false, holder: { ...adopted.holder, owner: 'adopter' } },
      ]);
    });
    expect(calls).toEqual(['BatchExecuteStatement', 'BatchExecuteStatement']);
    const alone = windowOf('b');
    await dedup.open(alone.key, ended.holder);
    expect({ ...(await itemOf(ended)), pk: null }).toEqual({ ...(await itemOf(alone)), pk: null });
  });

  it('that the same submissions have already opened are their own, because the SDK retried the call', async () => {
    const windows = [windowOf('a'), windowOf('b')];
    await dedup.openAll(windows);
    expect(await dedup.openAll(windows)).toEqual([{ opened: true }, { opened: true }]);
  });

  it('opens a started job’s window only while the key names that job', async () => {
    const [over, replaced] = [windowOf('new-a'), windowOf('new-b')];
    const started = { jobId: 'started', owner: 'started', windowEndsAt: new Date(NOW + 9) };
    const next = { ...started, jobId: 'next' };
    await dedup.open(over.key, started);
    await dedup.open(replaced.key, next);
    const calls = await callsOf(async () => {
      expect(await dedup.openAll([over, replaced].map((window) => ({ ...window, over: 'started' })))).toEqual(
        [{ opened: true }, { opened: false, holder: next }],
      );
    });
    expect(calls).toEqual(['BatchExecuteStatement']);
  });

  it('tries again for a window whose item was deleted in between', async () => {
    const [deleted, held] = [windowOf('a'), windowOf('b')];
    const other = { jobId: 'other', owner: 'other', windowEndsAt: new Date(NOW + 1) };
    await dedup.open(deleted.key, other);
    await dedup.open(held.key, other);
    const calls: string[] = [];
    before = async (command) => {
      calls.push(command);
      if (calls.length !== 2) return;
      const Key = { pk: { S: `object#default#${deleted.key.objectId}` } };
      await client.send(new DeleteItemCommand({ TableName: TABLE, Key }));
    };
    expect(await dedup.openAll([deleted, held])).toEqual([
      { opened: true },
      { opened: false, holder: other },
    ]);
    expect(calls).toEqual(['BatchExecuteStatement', 'BatchExecuteStatement', 'PutItem']);
  });

  it('fails for a key that is too long, and opens the others', async () => {
    const [long, other] = [windowOf('a'), windowOf('b')];
    const results = await dedup.openAll([
      { ...long, key: { ...long.key, objectId: 'x'.repeat(2048) } },
      other,
    ]);
    expect(results).toMatchObject([
      {
        error: {
          name: 'StoreUnavailableError',
          store: 'dynamodb',
          applied: 'unknown',
          cause: {
            message: expect.stringMatching(/^ValidationError: .*hashkey has exceeded/) as unknown as string,
          },
        },
      },
      { opened: true },
    ]);
  });

  it('fails for the windows of a failed call, and opens those of the other calls', async () => {
    const windows = Array.from({ length: 30 }, (_, number) => windowOf(`job-${number}`));
    let calls = 0;
    before = () => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('gone')) : Promise.resolve();
    };
    const results = await dedup.openAll(windows);
    expect(results.slice(0, 25)).toMatchObject(
      windows
        .slice(0, 25)
        .map(() => ({ error: { name: 'StoreUnavailableError', cause: { message: 'gone' } } })),
    );
    expect(results.slice(25)).toEqual(windows.slice(25).map(() => ({ opened: true })));
  });

  it('fails for an item that is not a window', async () => {
    const [broken, other] = [windowOf('a'), windowOf('b')];
    const Item = {
      pk: { S: `object#default#${broken.key.objectId}` },
      window_ends_at: { N: String(NOW + 1) },
    };
    await client.send(new PutItemCommand({ TableName: TABLE, Item }));
    expect(await dedup.openAll([broken, other])).toMatchObject([
      {
        error: {
          message: expect.stringMatching(/without returning the item that holds it/) as unknown as string,
        },
      },
      { opened: true },
    ]);
  });
});

describe('releasing several windows', () => {
  it('closes the owners’ windows in batches, and keeps the windows of other owners', async () => {
    const windows = Array.from({ length: 30 }, (_, number) => windowOf(`job-${number}`));
    const [adopted, ...own] = windows;
    if (!adopted) throw new Error('There is no window.');
    await dedup.openAll(windows);
    await dedup.adopt(adopted.key, adopted.holder.owner, 'adopter');
    const owned = windows.map(({ key, holder }) => ({ key, owner: holder.owner }));
    const calls = await callsOf(async () => {
      expect(await dedup.releaseAll(owned)).toEqual([]);
      expect(await dedup.releaseAll(owned)).toEqual([]);
    });
    expect(calls).toEqual(calls.map(() => 'BatchExecuteStatement'));
    expect(calls).toHaveLength(4);
    expect((await itemOf(adopted))?.owner?.S).toBe('adopter');
    for (const window of own) expect(await itemOf(window)).toBeUndefined();
  });

  it('returns an error for each window that may still be open', async () => {
    before = () => Promise.reject(new Error('gone'));
    const owned = [windowOf('a'), windowOf('b')].map(({ key, holder }) => ({ key, owner: holder.owner }));
    expect(await dedup.releaseAll(owned)).toMatchObject(owned.map(() => ({ name: 'StoreUnavailableError' })));
  });
});
