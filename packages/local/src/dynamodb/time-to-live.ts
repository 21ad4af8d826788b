import { JsonError, type JsonObject, type JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { Item, Level } from './dynalite.ts';
import { keyNamesOf } from './key-names.ts';
import type { Tables } from './tables.ts';
import { validationError } from './validation-error.ts';

/** Manages tables' TTL settings, and deletes expired items. */
export interface TimeToLive {
  readonly operations: {
    readonly UpdateTimeToLive: JsonOperation;
    readonly DescribeTimeToLive: JsonOperation;
  };
  /** Deletes all expired items. Resolves with the number of deleted items. */
  sweep(): Promise<number>;
  /** Called when a table is deleted, so that a later table with the same name starts without TTL. */
  forget(table: string): Promise<void>;
}

// The key prefix for Errand's data. dynalite's own prefixes are `table~…` for tables and `item-…` for items.
const PREFIX = 'time-to-live~';
// AWS ignores times more than five years in the past, which are probably in the wrong unit.
const FIVE_YEARS_SECONDS = 5 * 365 * 24 * 60 * 60;

/**
 * Adds TTL, which dynalite lacks. As in AWS, an expired item is deleted some time after it expires, and can be read and written
 * until then.
 * @param now returns the current time, in milliseconds since the epoch
 */
export function createTimeToLive(tables: Tables, now: () => number): TimeToLive {
  const { level } = tables;

  async function UpdateTimeToLive(input: JsonObject): Promise<object> {
    const table = await existingTable(tables, input);
    const specification = input.TimeToLiveSpecification as JsonObject | undefined;
    const { AttributeName: attribute, Enabled: enabled } = specification ?? {};
    if (typeof attribute !== 'string' || attribute === '' || typeof enabled !== 'boolean') {
      throw validationError('TimeToLiveSpecification needs an AttributeName and Enabled.');
    }
    const current = await attributeOf(level, table);
    if (enabled === (current !== undefined)) {
      throw validationError(`TimeToLive is already ${enabled ? 'enabled' : 'disabled'}`);
    }
    if (enabled) await level.put(PREFIX + table, attribute);
    else await level.del(PREFIX + table);
    return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
  }

  async function DescribeTimeToLive(input: JsonObject): Promise<object> {
    const attribute = await attributeOf(level, await existingTable(tables, input));
    return {
      TimeToLiveDescription: attribute
        ? { TimeToLiveStatus: 'ENABLED', AttributeName: attribute }
        : { TimeToLiveStatus: 'DISABLED' },
    };
  }

  async function sweep(): Promise<number> {
    let deleted = 0;
    for await (const [key, attribute] of level.iterator({ gte: PREFIX, lt: `${PREFIX}\xff` })) {
      deleted += await sweepTable(tables, key.slice(PREFIX.length), String(attribute), now());
    }
    return deleted;
  }

  return {
    operations: { UpdateTimeToLive, DescribeTimeToLive },
    sweep,
    forget: (table) => level.del(PREFIX + table),
  };
}

async function sweepTable(tables: Tables, table: string, attribute: string, nowMs: number): Promise<number> {
  const seconds = Math.floor(nowMs / 1000);
  // A numeric range matches only numbers. As in AWS, an item therefore never expires if its expiry time is not a number.
  const expired = {
    TableName: table,
    ExpressionAttributeNames: { '#time': attribute },
    ExpressionAttributeValues: {
      ':floor': { N: String(seconds - FIVE_YEARS_SECONDS) },
      ':now': { N: String(seconds) },
    },
  };
  const condition = '#time BETWEEN :floor AND :now';
  const keyNames = await keyNamesOf(tables, table);
  let deleted = 0;
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = (await tables.execute('Scan', {
      ...expired,
      FilterExpression: condition,
      ...(ExclusiveStartKey && { ExclusiveStartKey }),
    })) as { Items: Item[]; LastEvaluatedKey?: Item };
    for (const item of page.Items) {
      const Key = Object.fromEntries(keyNames.map((name) => [name, item[name]]));
      // The condition is checked again, because the item's expiry time may have changed since the scan.
      const gone = await tables
        .execute('DeleteItem', { ...expired, Key, ConditionExpression: condition })
        .then(
          () => true,
          (error: unknown) => {
            if (isConditionFailed(error)) return false;
            throw error;
          },
        );
      if (gone) deleted += 1;
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return deleted;
}

async function existingTable(tables: Tables, { TableName }: JsonObject): Promise<string> {
  await tables.execute('DescribeTable', { TableName });
  return String(TableName);
}

async function attributeOf(level: Level, table: string): Promise<string | undefined> {
  return (await level.get(PREFIX + table)) as string | undefined;
}

function isConditionFailed(error: unknown): boolean {
  return error instanceof JsonError && error.type.endsWith('#ConditionalCheckFailedException');
}
