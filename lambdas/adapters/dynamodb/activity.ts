import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Activity, ActivityLog } from '../../job/activity.ts';
import { StoreUnavailableError } from '../../job/errors.ts';

/**
 * The activity item, which submissions update and the sweeper reads. The item's attributes are `active_at`, `settled_at`,
 * `due_at`, `oldest_end` and `history_due_at`, all of them in epoch milliseconds.
 */
const KEY = { pk: { S: 'activity' } };

/** The minimum interval between two writes of the mark by a function instance, in milliseconds. */
const MARK_INTERVAL_MS = 30_000;

/**
 * The maximum time between a mark and the last database write that relies on it, in milliseconds. The mark may be one
 * interval old when a request begins, and API Gateway allows a request to take 30 s. Another 5 s allow for clock skew.
 */
const MARK_COVERS_MS = MARK_INTERVAL_MS + 30_000 + 5_000;

/** Marks activity for the sweeper. A function instance writes the mark at most once every 30 s. */
export function createActivity(client: DynamoDBClient, tableName: string, now: () => Date): Activity {
  let markedAt = -Infinity;
  return {
    async mark() {
      const at = now().getTime();
      // If the clock was set back, the last mark is in the future, and a new one is needed.
      if (at >= markedAt && at - markedAt < MARK_INTERVAL_MS) return;
      await write(client, tableName, { active_at: at });
      markedAt = at;
    },
  };
}

/**
 * Reads the marks for the sweeper, and records the sweeper's findings. Only the sweeper records that there is no work,
 * and only after it has found no jobs left.
 */
export function createActivityLog(client: DynamoDBClient, tableName: string, now: () => Date): ActivityLog {
  return {
    async look() {
      try {
        const { Item: item } = await client.send(
          new GetItemCommand({ TableName: tableName, Key: KEY, ConsistentRead: true }),
        );
        const activeAt = Number(item?.active_at?.N ?? 0);
        const settledAt = Number(item?.settled_at?.N ?? 0);
        const dueAt = Number(item?.due_at?.N ?? Infinity);
        const oldestEnd = item?.oldest_end?.N;
        const historyDueAt = item?.history_due_at?.N;
        const moment = now().getTime();
        // If the last check is in the future, the clock was wrong at that time, and later marks may seem older than the
        // check.
        const isSettled = settledAt >= activeAt + MARK_COVERS_MS && settledAt <= moment;
        return {
          mayHaveWork: !isSettled || moment >= dueAt,
          oldestEnd: oldestEnd === undefined ? null : new Date(Number(oldestEnd)),
          historyDueAt: historyDueAt === undefined ? null : new Date(Number(historyDueAt)),
        };
      } catch (error) {
        throw new StoreUnavailableError('dynamodb', 'unknown', error);
      }
    },
    async settle(checkedAt, dueAt) {
      const settled = { settled_at: checkedAt.getTime() };
      if (dueAt) await write(client, tableName, { ...settled, due_at: dueAt.getTime() });
      else await write(client, tableName, settled, 'due_at');
    },
    async notePruned(oldestEnd) {
      await write(client, tableName, { oldest_end: oldestEnd.getTime() });
    },
    async noteRolledUp(dueAt) {
      await write(client, tableName, { history_due_at: dueAt.getTime() });
    },
  };
}

async function write(
  client: DynamoDBClient,
  table: string,
  times: Readonly<Record<string, number>>,
  removed?: string,
): Promise<void> {
  const names = Object.keys(times);
  const set = `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`;
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: KEY,
        UpdateExpression: removed === undefined ? set : `${set} REMOVE #${removed}`,
        ExpressionAttributeNames: Object.fromEntries(
          [...names, ...(removed === undefined ? [] : [removed])].map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(times).map(([name, at]) => [`:${name}`, { N: String(at) }]),
        ),
      }),
    );
  } catch (error) {
    throw new StoreUnavailableError('dynamodb', 'unknown', error);
  }
}
