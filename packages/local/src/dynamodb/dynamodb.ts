import { join } from 'node:path';
import { serveJson, type JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { operations, type OperationName } from './dynalite.ts';
import { createBatchExecuteStatement } from './partiql.ts';
import { openTables } from './tables.ts';
import { createTimeToLive } from './time-to-live.ts';

export interface DynamoDbOptions {
  /** The data folder, whose `dynamodb` subfolder contains the tables. */
  readonly dataDir: string;
  /** The region in the tables' ARNs. Defaults to us-east-1. */
  readonly region?: string;
  /** The clock for TTL, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** The interval between searches for expired items, in seconds. Defaults to 60. AWS takes up to a few days. */
  readonly sweepSeconds?: number;
}

export interface DynamoDb extends AwsService, DataStore {
  /** Deletes expired items now instead of in the next sweep. Resolves with the number of deleted items. */
  sweepExpiredItems(): Promise<number>;
}

/**
 * Starts the embedded DynamoDB, which stores dynalite's tables in LevelDB on disk, and adds features that dynalite lacks (see docs/decisions/0005). A
 * write reaches the operating system before its response is sent, so the write survives if this process is killed.
 *
 * @throws if the data folder is in use or unreadable; the message names the folder and the remedy
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const { dataDir, region = 'us-east-1', now = Date.now, sweepSeconds = 60 } = options;
  const tables = await openTables(join(dataDir, 'dynamodb'), region);
  const timeToLive = createTimeToLive(tables, now);

  const handle = serveJson({
    title: 'DynamoDB',
    operations: {
      ...Object.fromEntries(
        (Object.keys(operations) as OperationName[]).map((name): [string, JsonOperation] => [
          name,
          (input) => tables.execute(name, input),
        ]),
      ),
      ...timeToLive.operations,
      BatchExecuteStatement: createBatchExecuteStatement(tables),
      async DeleteTable(input) {
        const output = await tables.execute('DeleteTable', input);
        await timeToLive.forget(String(input.TableName));
        return output;
      },
    },
  });

  let sweeping: Promise<number> = Promise.resolve(0);
  function sweepExpiredItems(): Promise<number> {
    // Sweeps run one after another, so that two sweeps never count the same item. `end` waits for all sweeps.
    sweeping = sweeping.catch(() => 0).then(() => timeToLive.sweep());
    return sweeping;
  }
  const sweeper = setInterval(() => {
    // If a sweep fails, for example because a table is being deleted, the next sweep deletes the remaining items.
    sweepExpiredItems().catch(() => undefined);
  }, sweepSeconds * 1000).unref();

  return {
    name: 'dynamodb',
    handle,
    folder: 'dynamodb',
    isEmpty: () => tables.isEmpty(),
    sweepExpiredItems,
    async end() {
      clearInterval(sweeper);
      await sweeping.catch(() => undefined);
      await tables.end();
    },
  };
}
